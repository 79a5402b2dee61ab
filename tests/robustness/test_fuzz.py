"""A few examples of each property; ``python -m tests.robustness.fuzz`` draws any number."""

from __future__ import annotations

import pytest

from loopscope.types import Options

from .fuzz import trial
from .invariants import Broken, check
from .properties import PROPERTIES, TEST


@pytest.mark.parametrize("name", PROPERTIES)
def test_property_holds(name: str) -> None:
    assert trial(name, 0, 25) is None


def test_code_that_is_run_is_seen() -> None:
    ran = b'import asyncio\n__import__("builtins").loopscope_ran_this = True\n' + TEST
    check({"pytest.ini": b"[pytest]\nasyncio_mode = auto\n", "test_a.py": ran}, {}, Options())
    exec(ran)
    with pytest.raises(Broken, match="code of the suite was run"):
        check({"pytest.ini": b"", "test_a.py": ran}, {}, Options())


def test_neutral_part_that_is_lost_is_seen() -> None:
    files = {"pytest.ini": b"[pytest]\nasyncio_mode = auto\n", "test_a.py": TEST}
    with pytest.raises(Broken, match="lost or moved"):
        check(files, {"test_a.py": [b"event_loop"]}, Options())


def test_file_that_cannot_be_read_is_seen() -> None:
    with pytest.raises(Broken, match=r"test_a.py:2: "):
        check({"pytest.ini": b"[pytest]\n", "test_a.py": TEST + b"event_loop ("}, {}, Options())
