"""Which open action stands behind a difference."""

from __future__ import annotations

import pytest

from loopscope.types import Finding, Level
from loopscope.verify.difference import Cause, Difference
from loopscope.verify.open_actions import open_actions, tied
from loopscope.verify.run_record import SuiteRun, TestRun

_TESTS = b"""
import pytest


@pytest.fixture(name="db")
def make_db(): ...


def helper(): ...


class TestA:
    def test_one(self, db): ...

    def test_two(self): ...
"""
_CONFTEST = b"def cache(): ...\n"
_FILES = {"a/test_a.py": _TESTS, "a/conftest.py": _CONFTEST, "b/conftest.py": _CONFTEST}
_GUESS = "too narrow (LS104, LS105)"


def _run(*used: str) -> SuiteRun:
    return SuiteRun(0, {"a/test_a.py::TestA::test_one[x]": TestRun({"call": "passed"}, used=used)})


def _why(*findings: Finding, used: tuple[str, ...] = ("db",)) -> str:
    one = Difference(Cause.OTHER, "a/test_a.py::TestA::test_one[x]", "is gone", _GUESS)
    [found] = tied([one], open_actions(findings, _FILES), _run(*used))
    return found.why


def _at(path: str, line: int, code: str = "LS102", level: Level = Level.ACTION) -> Finding:
    return Finding(path, line, 1, code, "message", level)


@pytest.mark.parametrize(
    ("path", "line", "concerns"),
    [
        ("a/test_a.py", 13, True),  # the test itself
        ("a/test_a.py", 15, False),  # another test
        ("a/test_a.py", 5, True),  # a fixture that it uses, by its decorator and other name
        ("a/test_a.py", 9, False),  # a function of which nothing is known
        ("a/test_a.py", 2, True),  # the module
        ("a/conftest.py", 1, False),  # a fixture that it does not use
        ("b/conftest.py", 1, False),  # another folder
        ("pytest.ini", 1, True),
    ],
)
def test_an_action_is_about_the_tests_that_see_it(path: str, line: int, concerns: bool) -> None:
    assert _why(_at(path, line)) == (f"LS102 at {path}:{line} is open" if concerns else _GUESS)


def test_a_fixture_of_a_conftest_above_counts_where_it_is_used() -> None:
    assert _why(_at("a/conftest.py", 1), used=("cache",)) == "LS102 at a/conftest.py:1 is open"
    assert _why(_at("b/conftest.py", 1), used=("cache",)) == _GUESS


def test_a_note_is_no_action() -> None:
    assert _why(_at("a/test_a.py", 13, level=Level.NOTE)) == _GUESS


def test_the_action_of_a_rule_that_the_error_speaks_of_comes_first() -> None:
    here = [_at("a/test_a.py", 13, code) for code in ("LS102", "LS104", "LS318")]
    assert _why(*here) == "LS104 at a/test_a.py:13 is open"
    several = [_at("a/test_a.py", 13, "LS104"), _at("a/test_a.py", 5, "LS105")]
    assert _why(*several) == "LS104 at a/test_a.py:13, LS105 at a/test_a.py:5 are open"
    assert _why(*several[:1], *several[:1]) == "LS104 at a/test_a.py:13 is open"
