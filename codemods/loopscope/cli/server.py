"""``loopscope server``: a language server over standard input and output, for editors.

What is open counts as it is in the editor, all else as it is on disk. Diagnostics are the findings
and edits of a suite, code actions make its edits, a hover tells the loop of a test or fixture and
why. Like ``check``, it runs nothing of a suite.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path

from loopscope import __version__
from loopscope.cli.request import Request
from loopscope.config.tool_settings import SettingsError
from loopscope.discovery.load import load_suites
from loopscope.execution.jobs import migrate_one
from loopscope.frozen import frozen
from loopscope.loop_map.report_model import LoopFixture, LoopPicture, LoopTest
from loopscope.memo import remember
from loopscope.rewriting.hunks import place_of_edit, replacements
from loopscope.types import Change, FileError, Level, Migration, Status, Suite

_PAUSE = 0.2  # seconds without a key before a suite is looked at again
_ALONE = "LS107"  # an edit of this rule is right by itself
_SEVERITIES = {
    Level.ACTION: lsp.DiagnosticSeverity.Warning, Level.NOTE: lsp.DiagnosticSeverity.Information,
}  # fmt: skip


@frozen
class Found:
    """A suite with what loopscope says of it; ``root`` is absolute."""

    root: str
    files: dict[str, bytes]
    migration: Migration


def look(path: str, opened: dict[str, str]) -> Found | None:
    """Look at the suite of a file.

    Args:
        path: The file, absolute.
        opened: The text of every open file by its absolute path.

    Returns:
        What was found; None for a file that belongs to no suite.
    """
    from loopscope.cli.commands import map_

    with map_.make_context("map", ["--", path], help_option_names=["-h", "--help"]) as context:
        try:
            request = replace(Request.from_click(context, "map"), maps=True)
            for suite in load_suites([Path(path)]):
                if isinstance(suite, Suite):
                    return _migrated(request, suite, opened)
        except (SettingsError, click.UsageError) as error:
            root, name = os.path.split(path)
            failed = (FileError(name, str(error)),)
            return Found(root, {}, Migration(root, None, Status.ERROR, errors=failed))
    return None


def _migrated(request: Request, suite: Suite, opened: dict[str, str]) -> Found:
    root = os.path.abspath(suite.label)
    files = dict(suite.files)
    for path, text in opened.items():
        way = os.path.relpath(path, root).replace(os.sep, "/")
        if way in files or (way.endswith(".py") and not way.startswith("../")):
            files[way] = text.encode("utf-8", "surrogateescape")
    whole, options = request.for_suite(replace(suite, files=files, editable=None))
    options = replace(options, loop_maps=True)
    return Found(root, dict(whole.files), migrate_one(whole, options))


# -- what is said of a file --------------------------------------------------------------


def diagnostics(found: Found, path: str) -> Iterator[lsp.Diagnostic]:
    """Say what there is to do in a file of a suite, given by its path from the root."""
    lines = found.files.get(path, b"").decode("utf-8", "replace").split("\n")
    for error in found.migration.errors:
        if error.path == path:
            yield _diagnostic(lines, error.line, 0, error.message, lsp.DiagnosticSeverity.Error)
    for finding in found.migration.findings:
        if finding.path == path:
            severity = _SEVERITIES[finding.level]
            place = finding.line, finding.column
            yield _diagnostic(lines, *place, finding.message, severity, finding.code)
    for change in found.migration.changes:
        for edit in change.edits if change.path == path else ():
            place = place_of_edit(change, edit)
            hint = lsp.DiagnosticSeverity.Hint
            yield _diagnostic(lines, *place, f"would change: {edit.text}", hint, edit.code)


def _diagnostic(
    lines: list[str],
    line: int,
    column: int,
    message: str,
    severity: lsp.DiagnosticSeverity,
    code: str | None = None,
) -> lsp.Diagnostic:
    text = lines[line - 1] if 0 < line <= len(lines) else ""
    row = max(line - 1, 0)
    start = _utf16(text[: max(column - 1, 0)])
    where = lsp.Range(lsp.Position(row, start), lsp.Position(row, max(_utf16(text), start)))
    return lsp.Diagnostic(where, message, severity, code=code, source="loopscope")


def _utf16(text: str) -> int:
    """Count columns as the protocol does."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


# -- edits -------------------------------------------------------------------------------


def actions(found: Found, path: str) -> Iterator[lsp.CodeAction]:
    """Offer the edits of the suite, and those of one file where they are right by themselves."""
    changes = found.migration.changes
    own = [change for change in changes if change.path == path]
    alone = bool(own) and all(edit.code == _ALONE for edit in own[0].edits)
    if alone and len(changes) > 1:
        yield _action("loopscope: make the edits of this file", found, own)
    if changes:
        files = "1 file" if len(changes) == 1 else f"{len(changes)} files"
        yield _action(f"loopscope: migrate the suite ({files})", found, changes)


def _action(title: str, found: Found, changes: Iterable[Change]) -> lsp.CodeAction:
    made: list[Any] = []
    for change in changes:
        uri = from_fs_path(os.path.join(found.root, change.path)) or ""
        if change.before is None:
            made.append(lsp.CreateFile(uri))
        edits = [_text_edit(change, one) for one in replacements(change)]
        document = lsp.OptionalVersionedTextDocumentIdentifier(uri)
        made.append(lsp.TextDocumentEdit(document, edits))
    edit = lsp.WorkspaceEdit(document_changes=made)
    return lsp.CodeAction(title, kind=lsp.CodeActionKind.QuickFix, edit=edit)


def _text_edit(change: Change, one: Any) -> lsp.TextEdit:
    (start, _), (stop, column) = one.start, one.end
    character = 0
    if column > 1:  # the last line, which has no line end
        character = _utf16((change.before or b"").decode("utf-8").split("\n")[stop - 1])
    where = lsp.Range(lsp.Position(start - 1, 0), lsp.Position(stop - 1, character))
    return lsp.TextEdit(where, one.text)


# -- loops -------------------------------------------------------------------------------


def hover(found: Found, path: str, row: int) -> str | None:
    """Tell the loop of the test or fixture whose head is at a row, from 0 on; None elsewhere."""
    maps = found.migration.maps
    lines = found.files.get(path, b"").decode("utf-8", "replace").split("\n")
    while row < len(lines) and lines[row].lstrip().startswith("@"):
        row += 1  # from a decorator to the definition
    line = row + 1
    if maps is None:
        return None
    texts = [*_loops_at(maps.before, path, line)]
    if maps.after is not None:
        names = _names_at(maps.before, path, line)
        after = [text for name in names for text in _loops_of(maps.after, name)]
        texts = [f"**Now**: {text}" for text in texts]
        texts += [f"**Migrated**: {text}" for text in dict.fromkeys(after)]
    return "\n\n".join(dict.fromkeys(texts)) or None


def _names_at(picture: LoopPicture, path: str, line: int) -> list[str]:
    """Return ids of tests and names of fixtures that are defined at a place."""
    tests = [t.id for o in picture.loops for t in o.tests if (t.path, t.line) == (path, line)]
    fixtures = [
        f.name for o in picture.loops for f in o.fixtures if (f.path, f.line) == (path, line)
    ]
    return [*dict.fromkeys(tests), *dict.fromkeys(fixtures)]


def _loops_at(picture: LoopPicture, path: str, line: int) -> Iterator[str]:
    for name in _names_at(picture, path, line):
        yield from _loops_of(picture, name)


def _loops_of(picture: LoopPicture, name: str) -> Iterator[str]:
    """Tell the loops of a test, by its id, or of a fixture, by its name."""
    for loop in picture.loops:
        members: list[LoopTest | LoopFixture] = [
            *(test for test in loop.tests if test.id == name),
            *(fixture for fixture in loop.fixtures if fixture.name == name),
        ]
        for member in members:
            of = f" of {loop.region}" if loop.region else ""
            kind = f" ({loop.kind})" if loop.kind else ""
            tests = len(loop.tests)
            shared = "1 test" if tests == 1 else f"{tests} tests"
            yield f"{loop.scope} loop{kind}{of}, for {shared}: {member.reason}"


# -- the server --------------------------------------------------------------------------


class _Editor:
    """What an editor has open, and what was found of it."""

    def __init__(self, server: LanguageServer) -> None:
        self._server = server
        self._found: dict[str, Found] = {}  # by the path of a file that is open
        self._asked: dict[str, int] = {}  # how often each was asked for

    async def refresh(self, uri: str, pause: float = 0.0) -> None:
        """Look at the suite of a file, unless another key is typed, and publish what is found."""
        path = to_fs_path(uri) or ""
        number = self._asked[path] = self._asked.get(path, 0) + 1
        await asyncio.sleep(pause)
        if self._asked[path] != number:
            return
        documents = self._server.workspace.text_documents.values()
        texts = {document.path: document.source for document in documents}
        result = await asyncio.to_thread(look, path, texts)
        if self._asked[path] != number or result is None:
            return
        for other in texts:
            way = _way(result, other)
            if not way.startswith("../"):
                self._found[other] = result
                given = list(diagnostics(result, way))
                self._server.text_document_publish_diagnostics(
                    lsp.PublishDiagnosticsParams(from_fs_path(other) or "", given)
                )

    def forget(self, uri: str) -> None:
        """Take note that a file is another now, or closed."""
        self._found.pop(to_fs_path(uri) or "", None)

    async def current(self, uri: str) -> tuple[Found | None, str]:
        """Return what is found of the suite of a file, and the path of the file in it."""
        path = to_fs_path(uri) or ""
        if path not in self._found:
            await self.refresh(uri)
        result = self._found.get(path)
        return result, _way(result, path) if result else ""


def _way(found: Found, path: str) -> str:
    return os.path.relpath(path, found.root).replace(os.sep, "/")


def make_server() -> LanguageServer:
    """Make a server that has not started."""
    remember()
    server = LanguageServer("loopscope", __version__)
    editor = _Editor(server)

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    async def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        await editor.refresh(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    async def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        editor.forget(params.text_document.uri)
        await editor.refresh(params.text_document.uri, _PAUSE)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    async def did_save(params: lsp.DidSaveTextDocumentParams) -> None:
        await editor.refresh(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        editor.forget(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION)
    async def code_action(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        found, way = await editor.current(params.text_document.uri)
        return list(actions(found, way)) if found else []

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def on_hover(params: lsp.HoverParams) -> lsp.Hover | None:
        found, way = await editor.current(params.text_document.uri)
        text = hover(found, way, params.position.line) if found else None
        return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, text)) if text else None

    return server
