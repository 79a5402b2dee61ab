from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopscope.reports.report_sarif import document, notification, results_of
from loopscope.types import (
    Change,
    EditRecord,
    FileError,
    Finding,
    Level,
    Migration,
    Safety,
    Status,
)
from tests.reports.sarif_schema import validate

EDIT = EditRecord("LS101", 7, "event_loop", "the override goes", Safety.ASSUMPTION)
RUNNING = EditRecord("LS107", 1, "pay", "get_event_loop() becomes get_running_loop()")
HOSTILE = "späte tests/100%/a#b?'\"\udcff\x1b\n[x](1).py"


def migration(*changes: Change, findings: tuple[Finding, ...] = ()) -> Migration:
    return Migration("pkg", None, Status.MANUAL, changes, findings)


def test_levels_tell_actions_notes_and_edits_apart() -> None:
    suite = migration(
        Change("a.py", b"1\n", b"2\n", (EDIT,)),
        findings=(
            Finding("a.py", 3, 5, "LS305", "closes"),
            Finding("b.py", 0, 0, "LS311", "old", Level.NOTE),
        ),
    )
    results = list(results_of(suite, ".", wrote=False))
    assert [result["level"] for result in results] == ["error", "note", "warning"]
    assert [result["locations"][0]["physicalLocation"].get("region") for result in results] == [
        {"startLine": 3, "startColumn": 5}, None, {"startLine": 7, "startColumn": 1},
    ]  # fmt: skip
    assert results[2]["message"]["text"] == "event_loop: the override goes [assumption]"


def test_what_was_written_is_no_result_any_more() -> None:
    suite = migration(Change("a.py", b"1\n", b"2\n", (RUNNING,)))
    assert list(results_of(suite, ".", wrote=True)) == []


def test_uris_are_percent_encoded_and_messages_hold_no_links(tmp_path: Path) -> None:
    finding = Finding(HOSTILE, 1, 1, "LS305", f"see {HOSTILE}")
    suite = Migration(str(tmp_path), None, Status.MANUAL, findings=(finding,))
    results = list(results_of(suite, str(tmp_path), wrote=False))
    [location] = results[0]["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {
        "uri": "sp%C3%A4te%20tests/100%25/a%23b%3F%27%22%FF%1B%0A%5Bx%5D%281%29.py",
        "uriBaseId": "SRCROOT",
    }
    assert results[0]["message"]["text"].endswith("a#b?'\"\\xff\\x1b\\n\\[x\\](1).py")
    errors = [notification(FileError(HOSTILE, "broken"), str(tmp_path), str(tmp_path))]
    validate(document(results, errors, str(tmp_path)))


def test_a_file_outside_of_the_base_has_an_absolute_uri(tmp_path: Path) -> None:
    finding = Finding("a.py", 1, 1, "LS305", "closes")
    suite = Migration(str(tmp_path / "suite"), None, Status.MANUAL, findings=(finding,))
    [result] = results_of(suite, str(tmp_path / "elsewhere"), wrote=False)
    [location] = result["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {
        "uri": (tmp_path / "suite" / "a.py").as_uri()
    }


# -- fixes ------------------------------------------------------------------------------


def apply(fix: dict[str, Any], text: str) -> str:
    """Make the replacements of a fix, by lines and columns, as an editor does."""
    [change] = fix["artifactChanges"]
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    for replacement in reversed(change["replacements"]):
        region = replacement["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        stop = starts[region["endLine"] - 1] + region["endColumn"] - 1
        assert start <= stop <= len(text)
        text = text[:start] + replacement["insertedContent"]["text"] + text[stop:]
    return text


TEXT = st.lists(st.sampled_from(["a\n", "b\n", "ü\r\n", "\n", "last"])).map("".join)


@settings(deadline=None)
@given(TEXT, TEXT)
def test_a_fix_makes_the_file_what_it_shall_be(before: str, after: str) -> None:
    suite = migration(Change("a.py", before.encode(), after.encode(), (RUNNING,)))
    [result] = results_of(suite, ".", wrote=False)
    if before == after:
        assert "fixes" not in result
        return
    [fix] = result["fixes"]
    assert apply(fix, before) == after


def test_edits_that_move_together_with_other_files_have_no_fix() -> None:
    one = Change("a.py", b"1\n", b"2\n", (EDIT,))
    other = Change("b.py", b"1\n", b"2\n", (RUNNING,))
    results = list(results_of(migration(one, other), ".", wrote=False))
    assert ["fixes" in result for result in results] == [False, True]
    fixed = list(results_of(migration(one), ".", wrote=False))
    assert "fixes" in fixed[0]
    validate(document(fixed, [], "."))


@pytest.mark.parametrize("before", [b"\xe4\n", b"1\n\xe4", None])
def test_new_files_and_files_that_are_not_utf8_have_no_fix(before: bytes | None) -> None:
    suite = migration(Change("a.py", before, b"\xe4 2\n", (RUNNING,)))
    [result] = results_of(suite, ".", wrote=False)
    assert "fixes" not in result
