"""Node ids without their parameters."""

from __future__ import annotations

import pytest

from loopscope.verify.id_matching import bare_id


@pytest.mark.parametrize(
    ("test", "bare"),
    [
        ("test_x.py::test_a[1-b]", "test_x.py::test_a"),
        ("a[b]/test_x.py::test_a[c::d]", "a[b]/test_x.py::test_a"),
        ("a[b]/test_x.py::TestA::test_a", "a[b]/test_x.py::TestA::test_a"),
    ],
)
def test_bare_id(test: str, bare: str) -> None:
    assert bare_id(test) == bare
