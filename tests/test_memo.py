"""What a server remembers of files: nothing but time depends on it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loopscope import memo
from loopscope.pipeline import migrate
from loopscope.types import Migration, Options, Suite
from tests.cases.case_file import SUITES, read_case
from tests.suites_in_memory import suite_of


@pytest.fixture(autouse=True)
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "_kept", None)


class Made:
    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> int:
        self.count += 1
        return self.count


def test_nothing_is_kept_unless_it_is_asked_for() -> None:
    make = Made()
    assert [memo.once("facts", "a.py", 1, make), memo.once("facts", "a.py", 1, make)] == [1, 2]


def test_equal_inputs_of_a_file_give_the_last_result() -> None:
    memo.remember()
    make = Made()
    asked = [
        ("facts", "a.py", 1),
        ("facts", "a.py", 1),
        ("edited", "a.py", 1),
        ("facts", "b.py", 1),
    ]
    assert [memo.once(*one, make) for one in asked] == [1, 1, 2, 3]
    assert memo.once("facts", "a.py", 2, make) == 4
    assert memo.once("facts", "a.py", 1, make) == 5  # only the last one is kept


def test_what_is_raised_is_not_kept() -> None:
    memo.remember()

    def fail() -> int:
        raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        memo.once("facts", "a.py", 1, fail)
    assert memo.once("facts", "a.py", 1, Made()) == 1


def test_the_oldest_results_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memo, "_MOST", 2)
    memo.remember()
    make = Made()
    for path in ("a", "b", "a", "c"):  # a was asked for later than b
        memo.once("facts", path, 1, make)
    assert memo.once("facts", "a", 1, make) == 1
    assert memo.once("facts", "b", 1, make) == 4


def test_a_suite_comes_out_the_same_whatever_was_looked_at_before() -> None:
    """The suites have files of the same names: what one has said is no answer for another."""
    suites = [
        suite_of(read_case(path.read_text()).files) for path in sorted(SUITES.iterdir())[::8]
    ]
    suites = [one for suite in suites for one in (suite, _without_a_file(suite))]
    expected = [_migrated(suite) for suite in suites]
    memo.remember()
    assert [_migrated(suite) for suite in suites] == expected
    assert [_migrated(suite) for suite in suites for _ in range(2)][::2] == expected


def _without_a_file(suite: Suite) -> Suite:
    """Other files mean other things then."""
    first = min((path for path in suite.files if path.endswith(".py")), default="")
    files = {path: data for path, data in suite.files.items() if path != first}
    return replace(suite, files=files)


def _migrated(suite: Suite) -> Migration:
    return replace(migrate(suite, Options()), seconds=0.0)
