"""Every case gives its result, and nothing is left for a second run."""

from __future__ import annotations

from pathlib import Path

import pytest

from .case_file import SUITES, read_case, run

CASES = sorted(SUITES.glob("*.txt"))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in CASES])
def test_a_case_gives_its_result(path: Path) -> None:
    case = read_case(path.read_text(encoding="utf-8"))
    result = run(case)
    assert result == case.result
    assert "a second run" not in result
