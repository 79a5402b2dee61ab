"""Comma-separated rows (arguments, parameters, list elements, imported names) under edit.

LibCST keeps the white space of a list in several places, different ones for each kind of
list. A ``CommaList`` holds it in one shape: what opens the list, a comma after each item but the
last, an optional trailing comma, and what closes the list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import libcst as cst

_NONE = cst.SimpleWhitespace("")
Space = cst.BaseParenthesizableWhitespace


@dataclass(slots=True)
class CommaList:
    """The items of a list and the white space between them; changed in place."""

    opening: Space
    items: list[Any]
    commas: list[cst.Comma]
    trailing: cst.Comma | None
    closing: Space

    @classmethod
    def of(
        cls,
        items: Sequence[Any],
        opening: Space = _NONE,
        closing: Space | None = None,
        tail: str = "",
    ) -> CommaList:
        """Read a list.

        ``tail`` is the field in which an item keeps the white space after it, if it has one;
        ``closing`` is the white space before the closing bracket, where that holds it.
        """
        ws = closing or _NONE
        items = list(items)
        commas = [item.comma for item in items]
        trailing: cst.Comma | None = None
        if items:
            last = items[-1]
            if tail and hasattr(last, tail) and not _empty(getattr(last, tail)):
                ws = getattr(last, tail)
                items[-1] = last.with_changes(**{tail: _NONE})
            if isinstance(last.comma, cst.Comma):
                trailing = last.comma.with_changes(whitespace_after=_NONE)
                if not _empty(last.comma.whitespace_after):
                    ws = last.comma.whitespace_after
        return cls(opening, items, commas[:-1], trailing, ws)

    def printed(self, tail: str = "") -> list[Any]:
        """Return the items with commas; with ``tail`` the last one holds the closing space."""
        done = [
            item.with_changes(comma=comma)
            for item, comma in zip(self.items, self.commas, strict=False)
        ]
        if self.items:
            last = self.items[-1].with_changes(comma=self.trailing or cst.MaybeSentinel.DEFAULT)
            if tail and hasattr(last, tail):
                last = last.with_changes(**{tail: self.closing})
            elif tail and not _empty(self.closing):  # a bare slash has no such field
                comma = self.trailing or cst.Comma()
                last = last.with_changes(comma=comma.with_changes(whitespace_after=self.closing))
            done.append(last)
        return done

    def insert(self, index: int, item: Any) -> None:
        """Put ``item`` at ``index``, laid out as the other items are."""
        if not self.items:
            self.items.append(item)
            return
        if index >= len(self.items):
            self._append(item)
            return
        self.items.insert(index, item)
        self.commas.insert(index, self._comma())

    def remove(self, index: int) -> None:
        """Take an item out, with the comment at the end of its line."""
        del self.items[index]
        if not self.items:
            self.opening = self.closing = _NONE
            self.trailing = None
        elif index == len(self.items):
            before = self.commas.pop().whitespace_after
            self.closing = _close(before, self.closing)
        elif index == 0:
            after = self.commas.pop(0).whitespace_after
            self.opening = _join(self.opening, after, first=True)
        else:
            after = self.commas.pop(index).whitespace_after
            comma = self.commas[index - 1]
            space = _join(comma.whitespace_after, after, first=False)
            self.commas[index - 1] = comma.with_changes(whitespace_after=space)

    def _append(self, item: Any) -> None:
        comma = self._comma()
        space, closing = comma.whitespace_after, self.closing
        if isinstance(space, cst.ParenthesizedWhitespace) and isinstance(
            closing, cst.ParenthesizedWhitespace
        ):
            # The comment behind the item that was the last stays on its line.
            space = space.with_changes(first_line=closing.first_line)
            plain = closing.first_line.with_changes(comment=None, whitespace=_NONE)
            self.closing = closing.with_changes(first_line=plain)
        self.commas.append(comma.with_changes(whitespace_after=space))
        self.items.append(item)

    def _comma(self) -> cst.Comma:
        """Return a comma spaced as the others of this list, without comments."""
        space: Space = cst.SimpleWhitespace(" ")
        if self.commas:
            space = self.commas[-1].whitespace_after
        elif isinstance(self.opening, cst.ParenthesizedWhitespace):
            space = self.opening
        if isinstance(space, cst.ParenthesizedWhitespace):
            first = space.first_line.with_changes(comment=None, whitespace=_NONE)
            space = space.with_changes(first_line=first, empty_lines=[])
        return cst.Comma(whitespace_after=space)


def display_list(value: cst.List | cst.Tuple) -> CommaList:
    """Return the elements of a list or tuple."""
    if isinstance(value, cst.List):
        opening, closing = value.lbracket.whitespace_after, value.rbracket.whitespace_before
    elif value.lpar:
        opening, closing = value.lpar[-1].whitespace_after, value.rpar[0].whitespace_before
    else:
        return CommaList.of(value.elements)
    return CommaList.of(value.elements, opening, closing)


def with_display_list(value: cst.List | cst.Tuple, comma_list: CommaList) -> cst.List | cst.Tuple:
    """Return the list or tuple with other elements."""
    if isinstance(value, cst.Tuple) and len(comma_list.items) == 1 and comma_list.trailing is None:
        comma_list.trailing = cst.Comma()
    value = value.with_changes(elements=comma_list.printed())
    if isinstance(value, cst.List):
        return value.with_changes(
            lbracket=value.lbracket.with_changes(whitespace_after=comma_list.opening),
            rbracket=value.rbracket.with_changes(whitespace_before=comma_list.closing),
        )
    if not value.lpar:
        return value
    left = value.lpar[-1].with_changes(whitespace_after=comma_list.opening)
    right = value.rpar[0].with_changes(whitespace_before=comma_list.closing)
    return value.with_changes(lpar=[*value.lpar[:-1], left], rpar=[right, *value.rpar[1:]])


def import_list(statement: cst.Import | cst.ImportFrom) -> CommaList:
    """Return the imported names; ``statement`` is no star import."""
    names = () if isinstance(statement.names, cst.ImportStar) else statement.names
    if isinstance(statement, cst.ImportFrom) and statement.lpar and statement.rpar:
        return CommaList.of(
            names, statement.lpar.whitespace_after, statement.rpar.whitespace_before
        )
    return CommaList.of(names)


def with_import_list(
    statement: cst.Import | cst.ImportFrom, comma_list: CommaList
) -> cst.Import | cst.ImportFrom:
    """Return the import with other names."""
    statement = statement.with_changes(names=comma_list.printed())
    if not isinstance(statement, cst.ImportFrom) or not (statement.lpar and statement.rpar):
        return statement
    return statement.with_changes(
        lpar=statement.lpar.with_changes(whitespace_after=comma_list.opening),
        rpar=statement.rpar.with_changes(whitespace_before=comma_list.closing),
    )


def _empty(space: Space) -> bool:
    return isinstance(space, cst.SimpleWhitespace) and not space.value


def _join(before: Space, after: Space, *, first: bool) -> Space:
    """Merge the two spaces around a removed item."""
    if not isinstance(after, cst.ParenthesizedWhitespace):
        return before
    if not isinstance(before, cst.ParenthesizedWhitespace):
        return before if first else after
    return after.with_changes(first_line=before.first_line)


def _close(before: Space, closing: Space) -> Space:
    """Return the space before the closing bracket when the last item is removed."""
    if not isinstance(before, cst.ParenthesizedWhitespace):
        return closing
    if isinstance(closing, cst.ParenthesizedWhitespace):
        return closing.with_changes(first_line=before.first_line)
    return before if before.first_line.comment else closing
