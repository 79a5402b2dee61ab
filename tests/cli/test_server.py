"""``loopscope server``, asked by a real client over standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

from loopscope.cli.server import look
from tests import programs

pytestmark = pytest.mark.slow
Tree = Callable[[dict[str, str]], None]

SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "conftest.py": """\
        import asyncio

        import pytest


        @pytest.fixture(scope="session")
        def event_loop():
            loop = asyncio.new_event_loop()
            yield loop
            loop.close()


        @pytest.fixture(scope="session")
        async def database():
            return 1
        """,
    "test_a.py": """\
        import asyncio


        async def test_one(database):
            assert "\U0001f600"; asyncio.get_event_loop()


        async def test_closes(event_loop):
            event_loop.close()
        """,
}


class Editor:
    """A client that has files open."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.client = LanguageClient("test", "1")
        self._published: dict[str, list[lsp.Diagnostic]] = {}
        self._news = asyncio.Event()

        @self.client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: lsp.PublishDiagnosticsParams) -> None:
            self._published[params.uri] = list(params.diagnostics)
            self._news.set()

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    def document(self, name: str) -> lsp.TextDocumentIdentifier:
        return lsp.TextDocumentIdentifier(self.uri(name))

    async def start(self) -> None:
        await self.client.start_io(sys.executable, "-m", "loopscope", "server")
        capabilities = lsp.ClientCapabilities()
        await self.client.initialize_async(
            lsp.InitializeParams(capabilities, root_uri=self.root.as_uri())
        )
        self.client.initialized(lsp.InitializedParams())

    async def stop(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()

    async def open(self, name: str) -> list[lsp.Diagnostic]:
        text = (self.root / name).read_text(encoding="utf-8")
        item = lsp.TextDocumentItem(self.uri(name), "python", 1, text)
        self._published.pop(self.uri(name), None)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return await self.diagnostics(name)

    async def type(self, name: str, text: str) -> list[lsp.Diagnostic]:
        document = lsp.VersionedTextDocumentIdentifier(2, self.uri(name))
        change = lsp.TextDocumentContentChangeWholeDocument(text)
        self._published.pop(self.uri(name), None)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [change]))
        return await self.diagnostics(name)

    async def diagnostics(self, name: str) -> list[lsp.Diagnostic]:
        """Wait for those of this file: others may be told first, or again."""
        while self.uri(name) not in self._published:
            self._news.clear()
            await self._news.wait()
        return self._published[self.uri(name)]

    async def actions(self, name: str) -> list[lsp.CodeAction]:
        everywhere = lsp.Range(lsp.Position(0, 0), lsp.Position(0, 0))
        params = lsp.CodeActionParams(self.document(name), everywhere, lsp.CodeActionContext([]))
        found = await self.client.text_document_code_action_async(params)
        return [one for one in found or () if isinstance(one, lsp.CodeAction)]

    async def hover(self, name: str, row: int) -> str:
        params = lsp.HoverParams(self.document(name), lsp.Position(row, 0))
        found = await self.client.text_document_hover_async(params)
        return found.contents.value if found else ""


def edit(root: Path, steps: Callable[[Editor], Awaitable[Any]]) -> Any:
    """Do something with an editor, and end it."""

    async def run() -> Any:
        editor = Editor(root)
        await editor.start()
        try:
            return await steps(editor)
        finally:
            await editor.stop()

    return asyncio.run(asyncio.wait_for(run(), programs.LONG))


def apply(root: Path, action: lsp.CodeAction) -> None:
    """Make the edits of an action on disk, as an editor does."""
    assert action.edit is not None
    for one in action.edit.document_changes or ():
        assert isinstance(one, lsp.TextDocumentEdit)
        path = Path(one.text_document.uri.removeprefix("file://"))
        lines = path.read_text(encoding="utf-8").split("\n")
        for replaced in reversed(one.edits):
            assert isinstance(replaced, lsp.TextEdit)
            start, end = replaced.range.start, replaced.range.end
            before, after = lines[: start.line], lines[end.line :]
            assert start.character == 0
            rest = after[0].encode("utf-16-le")[2 * end.character :].decode("utf-16-le")
            lines = [*before, *(replaced.new_text + rest).split("\n"), *after[1:]]
        path.write_text("\n".join(lines), encoding="utf-8")


def test_diagnostics_are_findings_and_edits(tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)

    async def steps(editor: Editor) -> Any:
        return await editor.open("test_a.py")

    found = {(one.code, one.severity): one for one in edit(tmp_path, steps)}
    closes = found["LS305", lsp.DiagnosticSeverity.Warning]
    assert (closes.range.start.line, closes.range.start.character) == (8, 4)
    assert closes.range.end.character == len("    event_loop.close()")
    running = found["LS107", lsp.DiagnosticSeverity.Hint]
    assert running.message.startswith("would change: test_one: get_event_loop() becomes")
    assert {one.source for one in found.values()} == {"loopscope"}


def test_what_is_typed_counts_and_what_is_on_disk_stays(tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)
    broken = "async def test_one(:\n"
    mended = "async def test_one(database): ...\n"

    async def steps(editor: Editor) -> Any:
        await editor.open("test_a.py")
        return await editor.type("test_a.py", broken), await editor.type("test_a.py", mended)

    first, second = edit(tmp_path, steps)
    [error] = first
    assert (error.severity, error.range.start.line) == (lsp.DiagnosticSeverity.Error, 0)
    assert second == []
    assert "test_closes" in (tmp_path / "test_a.py").read_text(encoding="utf-8")


def test_an_action_makes_what_migrate_writes(tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)
    programs.run(
        [sys.executable, "-m", "loopscope", "migrate", "-q", "--exit-zero"],
        cwd=tmp_path, check=True, capture_output=True,
    )  # fmt: skip
    wanted = {name: (tmp_path / name).read_text(encoding="utf-8") for name in SUITE}
    tree(SUITE)

    async def steps(editor: Editor) -> Any:
        await editor.open("test_a.py")
        return await editor.actions("test_a.py")

    [action] = edit(tmp_path, steps)
    assert action.title == "loopscope: migrate the suite (3 files)"
    apply(tmp_path, action)
    assert {name: (tmp_path / name).read_text(encoding="utf-8") for name in SUITE} == wanted


def test_edits_that_are_right_by_themselves_are_an_action_of_their_own(
    tree: Tree, tmp_path: Path
) -> None:
    asks = "import asyncio\n\n\nasync def test_b():\n    asyncio.get_event_loop()"  # no line end
    tree({**SUITE, "test_b.py": asks})

    async def steps(editor: Editor) -> Any:
        await editor.open("test_b.py")
        return await editor.actions("test_b.py")

    found = edit(tmp_path, steps)
    assert [action.title for action in found] == [
        "loopscope: make the edits of this file", "loopscope: migrate the suite (4 files)",
    ]  # fmt: skip
    apply(tmp_path, found[0])
    assert (tmp_path / "test_b.py").read_text() == asks.replace("get_event", "get_running")


def test_hover_tells_the_loop_and_why(tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)

    async def steps(editor: Editor) -> Any:
        await editor.open("test_a.py")
        await editor.open("conftest.py")
        return [
            await editor.hover("test_a.py", 3),
            await editor.hover("test_a.py", 4),
            await editor.hover("conftest.py", 12),
            await editor.hover("conftest.py", 0),
        ]

    test, body, fixture, nothing = edit(tmp_path, steps)
    now, migrated = test.split("\n\n")
    assert now.startswith("**Now**: session loop, for 2 tests: override of event_loop, scope ses")
    assert migrated.startswith(
        "**Migrated**: session loop, for 2 tests: asyncio_default_test_loop"
    )
    assert body == nothing == ""
    assert fixture.startswith("**Now**: session loop, for 2 tests: ")


def test_table_that_cannot_be_used_is_said_where_one_types(tree: Tree, tmp_path: Path) -> None:
    tree({**SUITE, "pyproject.toml": "[tool.loopscope]\ntargt = 1\n"})
    found = look(str(tmp_path / "test_a.py"), {})
    assert found is not None
    [error] = found.migration.errors
    assert "has no key 'targt'" in error.message
    assert error.path == "test_a.py"


def test_file_of_no_suite_is_no_harm(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("event_loop")

    async def steps(editor: Editor) -> Any:
        item = lsp.TextDocumentItem(editor.uri("notes.txt"), "text", 1, "event_loop")
        editor.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
        return await editor.actions("notes.txt"), await editor.hover("notes.txt", 0)

    assert edit(tmp_path, steps) == ([], "")


def test_without_its_packages_it_says_how_to_get_them(tmp_path: Path) -> None:
    code = (
        "import sys\nsys.modules['pygls'] = None\nsys.argv = ['loopscope', 'server']\n"
        "from loopscope.cli.main import main\nmain()"
    )
    done = programs.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pygls is not installed: pip install 'loopscope[lsp]'" in done.stderr
