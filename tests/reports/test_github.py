from __future__ import annotations

from loopscope.reports.report_github import annotations_of, error_annotation
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

NOTE = Finding("a.py", 0, 0, "LS311", "policies are deprecated", Level.NOTE)
ACTION = Finding("b.py", 3, 5, "LS305", "100%: closes\r\nthe loop")
EDIT = EditRecord("LS102", 20, "test_a", "is made async", Safety.ASSUMPTION)
SUITE = Migration(
    "pkg", None, Status.MANUAL, (Change("c.py", b"1", b"2", (EDIT,)),), (NOTE, ACTION)
)


def test_actions_come_first_and_each_level_has_its_command() -> None:
    assert list(annotations_of(SUITE, ".", wrote=False)) == [
        "::error file=pkg/b.py,line=3,col=5,title=LS305 closed-loop::100%25: closes\\r\\nthe loop",
        "::notice file=pkg/a.py,title=LS311 loop-policies::policies are deprecated",
        "::warning file=pkg/c.py,line=20,title=LS102 event-loop-request"
        "::test_a: is made async [assumption]",
    ]


def test_what_was_written_needs_no_annotation() -> None:
    lines = list(annotations_of(SUITE, ".", wrote=True))
    assert [line.split()[0] for line in lines] == ["::error", "::notice"]


def test_a_file_name_cannot_end_its_property_or_its_line() -> None:
    error = FileError("a,title=x::y%0A\n::error::z.py", "broken", 2)
    assert error_annotation(error, "", ".") == (
        "::error file=a%2Ctitle=x%3A%3Ay%250A\\n%3A%3Aerror%3A%3Az.py,line=2,title=loopscope"
        "::broken"
    )
