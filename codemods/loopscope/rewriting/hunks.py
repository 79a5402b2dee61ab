"""A change as hunks: the pieces that diffs show and that a review takes or leaves one by one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from loopscope.frozen import frozen
from loopscope.types import Change, EditRecord

if TYPE_CHECKING:
    from difflib import SequenceMatcher


@frozen
class Hunk:
    """Lines that change together, with up to three unchanged lines before and after them.

    The ranges are 0-based and half open. ``lines`` start with a blank, ``-`` or ``+`` and keep
    their line ends; ``edits`` are those behind the hunk, in the order of their lines.
    """

    old: range
    new: range
    lines: tuple[bytes, ...]
    edits: tuple[EditRecord, ...] = ()

    @property
    def header(self) -> str:
        """The line with the ranges, ``@@ -1,3 +1,4 @@``; no two hunks of a file share one."""
        return f"@@ -{_range(self.old)} +{_range(self.new)} @@"

    @property
    def result(self) -> list[bytes]:
        """The lines that stand there afterwards."""
        return [line[1:] for line in self.lines if not line.startswith(b"-")]


def split_lines(data: bytes) -> list[bytes]:
    """Lines as git counts them: only a line feed ends one."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def hunks(change: Change) -> list[Hunk]:
    """Split a change into its hunks, in order; every edit belongs to at least one of them."""
    before, after = split_lines(change.before or b""), split_lines(change.after)
    found = []
    for group in _compared(before, after).get_grouped_opcodes():
        old, new = range(group[0][1], group[-1][2]), range(group[0][3], group[-1][4])
        lines: list[bytes] = []
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                lines += (b" " + line for line in before[i1:i2])
            else:
                lines += (b"-" + line for line in before[i1:i2])
                lines += (b"+" + line for line in after[j1:j2])
        found.append(Hunk(old, new, tuple(lines)))
    return _with_edits(found, change.edits)


def _compared(before: list[bytes], after: list[bytes]) -> SequenceMatcher[bytes]:
    from difflib import SequenceMatcher  # most runs change nothing

    return SequenceMatcher(None, before, after)


def accept(change: Change, chosen: Collection[Hunk]) -> Change | None:
    """Return the change with only the chosen ones of its hunks, or None where none is chosen."""
    if not chosen:
        return None
    lines = split_lines(change.before or b"")
    for hunk in sorted(chosen, key=lambda hunk: hunk.old.start, reverse=True):
        lines[hunk.old.start : hunk.old.stop] = hunk.result
    behind = {edit for hunk in chosen for edit in hunk.edits}
    edits = tuple(edit for edit in change.edits if edit in behind)
    return replace(change, after=b"".join(lines), edits=edits)


def split(hunk: Hunk) -> list[Hunk]:
    """Split a hunk at the unchanged lines inside of it; its ranges stay side by side."""
    parts: list[list[bytes]] = [[]]
    for line in hunk.lines:
        was_kept = bool(parts[-1]) and parts[-1][-1].startswith(b" ")
        is_second = any(not old.startswith(b" ") for old in parts[-1])
        if was_kept and is_second and not line.startswith(b" "):
            parts.append([])
        parts[-1].append(line)
    found, old, new = [], hunk.old.start, hunk.new.start
    for lines in parts:
        before = sum(not line.startswith(b"+") for line in lines)
        after = sum(not line.startswith(b"-") for line in lines)
        found.append(Hunk(range(old, old + before), range(new, new + after), tuple(lines)))
        old, new = old + before, new + after
    return _with_edits(found, hunk.edits)


def rewritten(hunk: Hunk, lines: Sequence[bytes]) -> Hunk:
    """Return the hunk with other lines; those that were in the file have to be the same.

    Raises:
        ValueError: A line that was in the file is another now, or is missing.
    """
    was = [line[1:] for line in hunk.lines if not line.startswith(b"+")]
    now = [line[1:] for line in lines if not line.startswith(b"+")]
    if was != now:
        pairs = enumerate(zip(was, now, strict=False), 1)
        number = next(
            (n for n, (one, other) in pairs if one != other), min(len(was), len(now)) + 1
        )
        raise ValueError(f"line {hunk.old.start + number} of the file is not there as it was")
    size = sum(not line.startswith(b"-") for line in lines)
    new = range(hunk.new.start, hunk.new.start + size)
    return replace(hunk, new=new, lines=tuple(lines))


@frozen
class Replacement:
    """Text that takes the place of whole lines; lines and columns are 1-based.

    The end is exclusive: it is the start of the line after them, unless the last line of the file
    has no line end. Columns count characters, not bytes.
    """

    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def replacements(change: Change) -> list[Replacement]:
    """Return what makes a file new; nothing where it is not UTF-8."""
    before, after = split_lines(change.before or b""), split_lines(change.after)
    found = []
    for tag, i1, i2, j1, j2 in _compared(before, after).get_opcodes():
        if tag == "equal":
            continue
        try:
            text = b"".join(after[j1:j2]).decode("utf-8")
            end = (i2 + 1, 1)
            if i1 < i2 and not before[i2 - 1].endswith(b"\n"):
                end = (i2, len(before[i2 - 1].decode("utf-8")) + 1)
        except UnicodeDecodeError:
            return []
        found.append(Replacement((i1 + 1, 1), end, text))
    return found


def column_of(change: Change, line: int) -> int:
    """Return the 1-based column, in characters, at which the text of an old line begins."""
    lines = _lines(change.before or b"")
    text = lines[line - 1] if 0 < line <= len(lines) else b""
    return len(text) - len(text.lstrip(b" \t\f")) + 1


@lru_cache(maxsize=1)  # for all edits of a file
def _lines(data: bytes) -> list[bytes]:
    return data.split(b"\n")


def place_of_edit(change: Change, edit: EditRecord) -> tuple[int, int]:
    """Return the line and column of an edit in the file as it was.

    One that has no line of its own, as that of an option, is where its hunk changes the file; in
    a new file there is no place.
    """
    if edit.line:
        return edit.line, column_of(change, edit.line)
    if change.before is None:
        return 0, 0
    for hunk in hunks(change):
        if edit in hunk.edits:
            kept = next((n for n, line in enumerate(hunk.lines) if line[:1] != b" "), 0)
            return hunk.old.start + kept + 1, 1
    return 1, 1


def _with_edits(found: Sequence[Hunk], edits: Sequence[EditRecord]) -> list[Hunk]:
    """Assign each edit to the hunk that covers its line, else to the nearest one.

    A hunk that would have none (a new import, the far end of a long function) belongs to the
    nearest edit.
    """
    behind: list[list[EditRecord]] = [[] for _ in found]
    stops = [hunk.old.stop for hunk in found]
    for edit in dict.fromkeys(edits) if found else ():
        near = range(len(found))
        if edit.line:  # the hunks are in order
            at = bisect_left(stops, edit.line)
            near = near[max(at - 1, 0) : at + 1]
        behind[min(near, key=lambda number: _distance(found[number], edit))].append(edit)
    lined = sorted((edit for edit in edits if edit.line), key=_line)
    others = [edit for edit in edits if not edit.line]
    result = []
    for hunk, own in zip(found, behind, strict=True):
        if not own and edits:
            at = bisect_left(lined, hunk.old.start + 1, key=_line)
            above = lined[bisect_left(lined, lined[at - 1].line, key=_line) :][:1] if at else []
            near_edits = [*above, *lined[at : at + 1], *others]
            own = [min(near_edits, key=lambda edit: _distance(hunk, edit))]
        in_order = sorted(own, key=lambda edit: (edit.line, edit.code))
        result.append(replace(hunk, edits=tuple(in_order)))
    return result


def _line(edit: EditRecord) -> int:
    return edit.line


def _distance(hunk: Hunk, edit: EditRecord) -> int:
    """Count the lines between an edit and the lines that a hunk covers."""
    if edit.line:
        return max(hunk.old.start + 1 - edit.line, edit.line - hunk.old.stop, 0)
    name = edit.definition.encode()  # an option, whose line is not known
    changed = any(name in line for line in hunk.lines if not line.startswith(b" "))
    return 0 if changed else hunk.old.start + 1


def _range(lines: range) -> str:
    if len(lines) == 1:
        return str(lines.start + 1)
    return f"{lines.start + bool(lines)},{len(lines)}"
