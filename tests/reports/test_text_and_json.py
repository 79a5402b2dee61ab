from __future__ import annotations

import json
from dataclasses import replace

import pytest

from loopscope.reports import error_lines
from loopscope.reports.report_json import document, error_entry, suite_entry
from loopscope.reports.report_text import Told, report_lines
from loopscope.reports.summary import Summary
from loopscope.rewriting.hunks import place_of_edit
from loopscope.types import (
    Change,
    EditRecord,
    FileError,
    Finding,
    Level,
    Migration,
    Safety,
    Status,
    Target,
)

EDIT = EditRecord("LS101", 7, "event_loop", "the override goes")
RISKY = EditRecord("LS102", 20, "test_a", "is made async", Safety.ASSUMPTION)
ACTION = Finding("tests/test_a.py", 3, 5, "LS303", "asks for a loop in sync code")
NOTE = Finding("tests/test_b.py", 0, 0, "LS311", "policies are deprecated", Level.NOTE)
CHANGED = Migration(
    "pkg", "pytest.ini", Status.MANUAL,
    (Change("conftest.py", b"a", b"b", (RISKY, EDIT)), Change("new.ini", None, b"", ())),
    (ACTION, NOTE), (), 2, 1, "pytest-asyncio>=1.1", 7,
)  # fmt: skip
CURRENT = Migration(".", None, Status.CURRENT)


def text(migration: Migration, *, verbose: bool = False) -> list[str]:
    lines = report_lines([Told.of(migration)], verbose=verbose)
    return ["".join(part for part, _ in line) for line in lines]


def test_text_says_what_is_left_then_what_to_judge_then_what_else_there_is() -> None:
    more = "(-v shows every edit, loopscope rules CODE says what a rule does and why)"
    assert text(CHANGED) == [
        "left to do by hand:",
        "pkg/tests/test_a.py:3:5: LS303 action: asks for a loop in sync code",
        "",
        "done on an assumption:",
        "pkg/conftest.py:20:1: LS102 test_a: is made async [assumption]",
        "",
        "notes:",
        "pkg/tests/test_b.py: LS311 note: policies are deprecated",
        "",
        more,
        "",
    ]
    assert text(CHANGED, verbose=True)[:2] == text(CHANGED)[:2]
    assert text(CHANGED, verbose=True)[6:] == [
        "pkg (pytest.ini): manual",
        "  runs on ",
        "  loops: 2 -> 1, requires pytest-asyncio>=1.1",
        "pkg/conftest.py:7:1: LS101 event_loop: the override goes",
        "pkg/conftest.py:20:1: LS102 test_a: is made async [assumption]",
        "",
        more.replace("-v shows every edit, ", ""),
        "",
    ]


def test_column_of_an_edit_is_where_its_line_begins_and_an_option_is_where_the_file_changes() -> (
    None
):
    before = b"[pytest]\nasyncio_mode = auto\n  x = 1\n"
    option = EditRecord("LS201", 0, "loop_scope", "all", value="session")
    inside = EditRecord("LS101", 3, "x", "goes")
    change = Change(
        "pytest.ini", before, before.replace(b"auto\n", b"auto\ny = 1\n"), (option, inside)
    )
    assert [place_of_edit(change, edit) for edit in change.edits] == [(3, 1), (3, 3)]
    assert place_of_edit(replace(change, before=None), option) == (0, 0)


def test_notes_that_say_the_same_are_one_line_with_their_number_and_places() -> None:
    notes = [replace(NOTE, path="tests/test_b.py", line=line, column=1) for line in range(1, 8)]
    other = replace(NOTE, message="another")
    actions = [replace(ACTION, line=line) for line in (1, 2)]
    found = replace(CURRENT, findings=(*actions, *notes, other))
    places = ", ".join(f"tests/test_b.py:{line}:1" for line in range(2, 8))
    assert text(found, verbose=True)[:7] == [
        "left to do by hand:",
        "tests/test_a.py:1:5: LS303 action: asks for a loop in sync code",
        "tests/test_a.py:2:5: LS303 action: asks for a loop in sync code",
        "",
        "notes:",
        "tests/test_b.py:1:1: LS311 note (7 times): policies are deprecated",
        f"    also at {places}",
    ]
    assert text(found, verbose=True)[7] == "tests/test_b.py: LS311 note: another"
    assert text(found)[6] == (
        "    also at tests/test_b.py:2:1, tests/test_b.py:3:1, tests/test_b.py:4:1,"
        " tests/test_b.py:5:1 and 2 more (-v shows them)"
    )


def test_notes_of_several_suites_that_say_the_same_are_one_line() -> None:
    suites = [Told.of(replace(CURRENT, label=label, findings=(NOTE,))) for label in "ab"]
    lines = ["".join(part for part, _ in line) for line in report_lines(suites)]
    assert lines[1:3] == [
        "a/tests/test_b.py: LS311 note (2 times): policies are deprecated",
        "    also at b/tests/test_b.py",
    ]


def test_suite_that_is_up_to_date_is_shown_only_when_verbose() -> None:
    assert text(CURRENT) == []
    assert text(CURRENT, verbose=True) == [". (no pytest configuration): up to date", ""]


@pytest.mark.parametrize(
    ("error", "label", "expected"),
    [
        (FileError("a.py", "broken", 3), "pkg", "error: pkg/a.py:3: broken"),
        (FileError("a.py", "broken"), ".", "error: a.py: broken"),
        (FileError(".", "broken"), "pkg", "error: pkg: broken"),
        (FileError("nowhere", "missing"), "", "error: nowhere: missing"),
    ],
)
def test_error_names_the_place_from_the_current_directory(
    error: FileError, label: str, expected: str
) -> None:
    [line] = error_lines(error, label)
    assert "".join(part for part, _ in line) == expected


def test_json_keys_and_their_order() -> None:
    errors = [error_entry(FileError("bad.py", "broken", 3))]
    found = json.loads(document({"target": str(Target(1, 5))}, [suite_entry(CHANGED)], errors))
    assert json.dumps(found) == json.dumps({
        "loopscope": "1.0.0",
        "target": "1.5",
        "suites": [{
            "root": "pkg",
            "config": "pytest.ini",
            "status": "manual",
            "changes": [
                {"path": "conftest.py", "edits": [
                    {"code": "LS102", "line": 20, "column": 1, "definition": "test_a",
                     "message": "is made async", "reason": "", "safety": "assumption"},
                    {"code": "LS101", "line": 7, "column": 1, "definition": "event_loop",
                     "message": "the override goes", "reason": "", "safety": "safe"},
                ], "replacements": [
                    {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 2},
                     "text": "b"},
                ]},
                {"path": "new.ini", "edits": [], "replacements": []},
            ],
            "findings": [
                {"code": "LS303", "level": "action", "path": "tests/test_a.py", "line": 3,
                 "column": 5, "message": "asks for a loop in sync code",
                 "guide": "migration_guides/rules/LS303.md"},
                {"code": "LS311", "level": "note", "path": "tests/test_b.py", "line": 0,
                 "column": 0, "message": "policies are deprecated",
                 "guide": "migration_guides/rules/LS311.md"},
            ],
            "product": [],
            "loops": {"before": 2, "after": 1},
            "runs_on": "",
            "requires": "pytest-asyncio>=1.1",
            "mentions": {"claimed": 7, "unread": 0},
        }],
        "errors": [{"path": "bad.py", "message": "line 3: broken"}],
    })  # fmt: skip


def summary(**counts: int) -> Summary:
    return Summary(suites=1, **counts)


@pytest.mark.parametrize(
    ("counts", "wrote", "strict", "code"),
    [
        (summary(), False, False, 0),
        (summary(files=1), False, False, 1),
        (summary(files=1), True, False, 0),
        (summary(actions=1), False, False, 1),
        (summary(files=1, actions=1), True, False, 1),
        (summary(notes=1), False, False, 0),
        (summary(notes=1), True, True, 1),
        (summary(errors=1, actions=1), True, False, 2),
    ],
)
def test_exit_code(counts: Summary, wrote: bool, strict: bool, code: int) -> None:
    assert counts.exit_code(wrote=wrote, strict=strict) == code


def test_summary_line_counts_over_suites() -> None:
    counts = Summary()
    for migration in (CHANGED, CURRENT):
        counts.add(migration)
    assert counts.line(wrote=False) == (
        "2 suites, 2 files would change (2 edits, 1 on an assumption), 1 left to do by hand,"
        " 1 note."
    )


def test_summary_line_without_anything() -> None:
    assert Summary().line(wrote=True) == "No pytest suite found."
    assert Summary(suites=1).line(wrote=True) == "1 suite, nothing to change."


def test_summary_line_of_a_suite_that_was_refused() -> None:
    refused = Summary()
    refused.add(replace(CURRENT, errors=(FileError("a.py", "cannot be read"),)))
    assert not refused.partly_done
    assert refused.line(wrote=False) == "1 suite, not handled in full, 1 error."
    assert refused.line(wrote=True) == "1 suite, nothing changed, 1 error."
    refused.add(CURRENT)
    assert refused.partly_done
    assert refused.line(wrote=True) == "2 suites, nothing changed, 1 error."


def test_option_is_shown_with_its_value() -> None:
    edit = EditRecord("LS201", 0, "asyncio_debug", "all loops were", value="true")
    change = Change("pytest.ini", b"a", b"b", (edit,))
    assert text(replace(CHANGED, changes=(change,)), verbose=True)[9] == (
        "pkg/pytest.ini:1:1: LS201 asyncio_debug = true: all loops were"
    )
