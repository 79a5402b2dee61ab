from __future__ import annotations

import html
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from loopscope.reports.html_templates import rows, seen
from loopscope.rewriting.hunks import hunks, split_lines
from loopscope.types import Change

LINES = st.lists(
    st.sampled_from([b"a\n", b"b = 1\n", b"b = 2\n", b"<i>&\n", b"\n", b"end"])
).map(b"".join)  # fmt: skip


def change(before: bytes, after: bytes) -> Change:
    return Change("a.py", before, after, ())


def shown(before: bytes, after: bytes) -> list[tuple[str, str]]:
    [hunk] = hunks(change(before, after))
    return [
        (str(row.old.text) if row.old else "-", str(row.new.text) if row.new else "-")
        for row in rows(hunk)
    ]


def plain(text: str) -> str:
    return html.unescape(re.sub("</?mark>", "", text))


@settings(deadline=None)
@given(LINES, LINES)
def test_both_sides_have_every_line_once_with_its_number(before: bytes, after: bytes) -> None:
    for hunk in hunks(change(before, after)):
        found = list(rows(hunk))
        for side, lines, where in (
            ([row.old for row in found], split_lines(before), hunk.old),
            ([row.new for row in found], split_lines(after), hunk.new),
        ):
            cells = [cell for cell in side if cell is not None]
            assert [cell.number for cell in cells] == [n + 1 for n in where]
            expected = lines[where.start : where.stop]
            assert [plain(cell.text) for cell in cells] == [
                line.decode().removesuffix("\n") for line in expected
            ]
            assert [cell.ended for cell in cells] == [line.endswith(b"\n") for line in expected]
        assert all(row.old and row.new for row in found if row.same)
        assert not any(row.old is None and row.new is None for row in found)


def test_what_differs_in_lines_that_are_alike_is_marked() -> None:
    assert shown(b"x = get_event_loop()\n", b"x = get_running_loop()\n") == [
        ("x = get_<mark>event</mark>_loop()", "x = get_<mark>running</mark>_loop()")
    ]


def test_lines_that_are_not_alike_are_not_marked() -> None:
    assert shown(b"abc\n", b"xyz\n") == [("abc", "xyz")]


def test_a_changed_line_stands_beside_the_removed_line_that_it_was() -> None:
    before = b"def event_loop():\n    yield\n@fixture(scope=1)\n"
    assert shown(before, b"@fixture(scope=1, loop_scope=1)\n") == [
        ("def event_loop():", "-"),
        ("    yield", "-"),
        ("@fixture(scope=1)", "@fixture(scope=1<mark>, loop_scope=1</mark>)"),
    ]


def test_a_line_that_only_loses_its_end_is_shown_without_a_mark() -> None:
    [hunk] = hunks(change(b"a\n", b"a"))
    [row] = rows(hunk)
    assert row.old is not None
    assert row.new is not None
    assert (row.old.ended, row.new.ended) == (True, False)


def test_tabs_stay_and_escapes_are_told_from_backslashes() -> None:
    assert seen("\t\\x1b \x1b\u061c<") == ('\t\\x1b <i class="esc">\\x1b\\u061c</i>&lt;')
