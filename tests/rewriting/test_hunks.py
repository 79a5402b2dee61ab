from __future__ import annotations

from itertools import product

import pytest

from loopscope.rewriting.hunks import accept, hunks
from loopscope.types import Change, EditRecord

GAP = b"x\n" * 9


def change(before: bytes | None, after: bytes, *edits: EditRecord) -> Change:
    return Change("test_a.py", before, after, edits)


def edit(line: int, definition: str = "f") -> EditRecord:
    return EditRecord("LS102", line, definition, "why")


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_every_choice_of_hunks_gives_the_bytes_between(newline: bytes, end: bytes) -> None:
    def file(*parts: bytes) -> bytes:
        return (b"\xef\xbb\xbf# \xff\n" + GAP.join(parts)).replace(b"\n", newline) + end

    old, new = (b"a\n", b"b\n", b"c\n", b"d"), (b"", b"B\n\x0cB\n", b"c\nC\n", b"D")
    found = hunks(change(file(*old), file(*new)))
    assert len(found) == 4
    for choice in product([True, False], repeat=4):
        chosen = [hunk for hunk, take in zip(found, choice, strict=True) if take]
        accepted = accept(change(file(*old), file(*new)), chosen)
        parts = (n if take else o for o, n, take in zip(old, new, choice, strict=True))
        assert (accepted.after if accepted else file(*old)) == file(*parts)


def test_new_file_is_one_hunk() -> None:
    new = change(None, b"[pytest]\n")
    [hunk] = hunks(new)
    assert hunk.header == "@@ -0,0 +1 @@"
    assert accept(new, [hunk]) == new
    assert accept(new, []) is None


def test_edit_stands_behind_the_hunk_that_covers_its_line() -> None:
    first, last = edit(1), edit(11)
    found = hunks(change(b"a\n" + GAP + b"b\n", b"A\n" + GAP + b"B\n", last, first))
    assert [hunk.edits for hunk in found] == [(first,), (last,)]
    accepted = accept(change(b"a\n" + GAP + b"b\n", b"A\n" + GAP + b"B\n", last, first), found[:1])
    assert accepted is not None
    assert accepted.edits == (first,)


def test_hunk_far_from_every_edit_has_the_nearest() -> None:
    only = edit(11)
    found = hunks(change(b"a\n" + GAP + b"b\n", b"import a\n" + GAP + b"B\n", only))
    assert [hunk.edits for hunk in found] == [(only,), (only,)]


def test_option_stands_behind_the_hunk_that_names_it() -> None:
    option, pin = edit(0, "asyncio_mode"), edit(1, "pytest-asyncio")
    before, after = b"a\n" + GAP + b"b\n", b"A\n" + GAP + b"asyncio_mode = auto\n"
    found = hunks(change(before, after, option, pin))
    assert [hunk.edits for hunk in found] == [(pin,), (option,)]


def test_emptied_file() -> None:
    emptied = change(b"a\nb\n", b"")
    [hunk] = hunks(emptied)
    assert hunk.header == "@@ -1,2 +0,0 @@"
    assert accept(emptied, [hunk]) == emptied
