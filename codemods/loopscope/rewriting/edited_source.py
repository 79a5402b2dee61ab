"""The source of one Python file after its edits, with the imports that it needs then (LS108)."""

from __future__ import annotations

import re
from collections.abc import Iterable

import libcst as cst

from loopscope.python_source.source import Source, SourceError, decode, encode
from loopscope.python_source.syntax_tree import parse
from loopscope.rewriting.add_imports import add_imports, imported_in_time
from loopscope.rewriting.edits import Edit
from loopscope.rewriting.file_editor import FileEditor
from loopscope.rewriting.remove_imports import drop_names, drop_unused
from loopscope.rewriting.used_names import used_names

_LONE = re.compile(r"(?<!\r)\n")  # a line end of the new code


class RewriteError(ValueError):
    """An edit that did not come out as valid Python; the message says which file part."""


def rewrite(
    data: bytes, edits: Iterable[Edit], imported: frozenset[str], longest: int = 0
) -> bytes:
    """Return the bytes of a file after the edits.

    ``imported`` are the names that other files of the suite import from this one: they stay.
    ``longest`` is the length that the project allows a line, 0 where it is not known.

    Raises:
        RewriteError: the result would be no valid Python, or cannot be encoded.
    """
    source = decode(data)
    edits = list(edits)
    try:
        editor = FileEditor(source.text, source.newline, longest)
        for edit in edits:
            edit.add_to(editor)
        text = _imports(source.text, editor.render(), edits, imported, source.newline)
        text = _line_ends(source, text)
        parse(text)
        return encode(source, text)
    except (RecursionError, MemoryError) as error:
        raise RewriteError(
            "a statement to be changed is nested too deeply, or is too large; left as it was"
        ) from error
    except (SyntaxError, cst.ParserSyntaxError, SourceError) as error:
        raise RewriteError(
            f"the edited file would not be valid Python ({error}); it is left as it was"
        ) from error


def _line_ends(source: Source, text: str) -> str:
    """Give strings and continued lines that were moved the line ends of the file again."""
    if source.newline == "\n" or _LONE.search(source.text):
        return text
    return _LONE.sub(source.newline, text)


def _too_late(before: str, after: str) -> list[str]:
    """List the modules that new code uses above their import, further down in the file."""
    late = [m for m in ("pytest", "pytest_asyncio") if imported_in_time(parse(after), m) is False]
    return [module for module in late if imported_in_time(parse(before), module) is not False]


def _imports(
    before: str, after: str, edits: list[Edit], keep: frozenset[str], newline: str
) -> str:
    """Add what the new code needs (LS108), drop what only removed code used."""
    modules = [module for edit in edits for module, name in edit.needs if name is None]
    modules += _too_late(before, after)
    names = [(module, name) for edit in edits for module, name in edit.needs if name is not None]
    if modules or names:
        after = add_imports(
            after, list(dict.fromkeys(modules)), list(dict.fromkeys(names)), newline
        )
    gone = used_names(before) - used_names(after)
    after = drop_unused(after, gone, keep, newline) if gone else after
    forgotten = {name for edit in edits for name in edit.forget}
    # These are gone where they came from: importing them would fail, whatever `noqa` says.
    return drop_names(after, forgotten, None, newline) if forgotten else after
