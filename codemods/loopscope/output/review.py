"""Ask about each hunk of a migration, in the loop of Bowler.

Only the loop and its looks are Bowler's. Its own way to apply what was accepted works on text
and rewrites line ends, so a review only says which hunks to take; they are put together from
the very bytes.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import tempfile
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loopscope.escape import visible, visible_line
from loopscope.output.patch import NO_NEWLINE, names, way_to
from loopscope.rewriting.hunks import Hunk, accept, hunks
from loopscope.types import Change, EditRecord

_ANSWERS = {
    "y": "take this hunk",
    "n": "leave this hunk out",
    "a": "take this hunk and all others of this file",
    "d": "leave out this hunk and all others of this file",
    "q": "quit: leave out this hunk and all others; what was taken is kept",
    "A": "take this hunk and all others of all files",
    "?": "this help",
}


@dataclass(slots=True)
class Reviewer:
    """Asks on standard output and reads answers from standard input, for one suite at a time.

    An end of the input means "quit".
    """

    color: bool = False  # of what Bowler prints
    declined: int = 0  # hunks
    stopped: bool = False  # the user has quit
    _all: bool = False
    _headers: set[str] = field(default_factory=set)

    def review(
        self, label: str, changes: Collection[Change], product: Collection[str] = ()
    ) -> tuple[Change, ...]:
        """Ask the user about each hunk of the suite at ``label`` and return those accepted.

        ``product`` are the files of product code, of which that is said.
        """
        taken = []
        with self._tool() as tool:
            shown = [(change, hunks(change)) for change in changes]
            total, before = sum(len(found) for _, found in shown), 0
            of = "" if label == "." else f" of {label}"
            for number, (change, found) in enumerate(shown, 1):
                group = ", product code" if change.path in product else ""
                file = f"file {number} of {len(shown)}{of}{group}"
                numbers = range(before + 1, before + len(found) + 1)
                places = [f"hunk {n} of {total}, {file}" for n in numbers]
                before += len(found)
                chosen = [] if self.stopped else self._ask(tool, label, change, found, places)
                self.declined += len(found) - len(chosen)
                accepted = accept(change, chosen)
                if accepted is not None:
                    taken.append(accepted)
        return tuple(taken)

    def _ask(
        self, tool: Any, label: str, change: Change, found: list[Hunk], places: list[str]
    ) -> list[Hunk]:
        path = way_to(label) + change.path
        above = [visible_line(line) for line in names(path, change)]
        self._headers.clear()
        tool.interactive, tool.write = not self._all, self._all
        try:
            # Bowler takes the first two lines for the names.
            texts = [
                [*above, visible(place), *_lines(hunk)]
                for hunk, place in zip(found, places, strict=True)
            ]
            tool.process_hunks(visible(path), texts)
        except _bowler().BowlerQuit:
            self.stopped = True
        return [hunk for hunk in found if hunk.header in self._headers]

    @contextlib.contextmanager
    def _tool(self) -> Iterator[Any]:
        """Bowler's tool with its two ends replaced: who answers, and what an answer does."""
        import click

        tool = _bowler()
        context = click.get_current_context(silent=True)
        if context is not None:
            context.color = self.color
        headers = self._headers

        class Tool(tool.BowlerTool):  # type: ignore[misc, name-defined]
            """Takes note of the hunks instead of applying them."""

            def apply_hunks(self, accepted_hunks: str, filename: str) -> None:
                # Lines of a file have a sign in front, so only headers start like this.
                lines = accepted_hunks.split("\n")
                headers.update(line for line in lines if line.startswith("@@ "))

        usual = tool.prompt_user
        tool.prompt_user = self._answer  # it knows no "A"
        try:
            yield Tool([])
        finally:
            tool.prompt_user = usual

    def _answer(self, question: str, options: str, default: str = "") -> str:
        """One answer in the words that Bowler's loop understands."""
        import click

        while True:
            try:
                answer = input(f"{question} [{','.join(_ANSWERS)}; Enter: {default}]? ").strip()
            except EOFError:
                click.echo()
                return "q"
            if not sys.stdin.isatty():  # which would have shown it
                click.echo(visible(answer))
            if answer == "A":
                self._all = True
                return "a"
            if answer.lower() in options and len(answer) == 1:
                return answer.lower()
            if not answer:
                return default
            if answer != "?":
                click.echo(f"There is no answer {answer!r}.")
            for letter, meaning in _ANSWERS.items():
                click.secho(f"{letter} - {meaning}", bold=True)


def _bowler() -> Any:
    """Bowler's module with the loop.

    Its parser, of which nothing is used, would leave files in the user's home, and warn of what
    newer Pythons think of it.
    """
    if "bowler.tool" not in sys.modules:
        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import fissix  # type: ignore[import-untyped]

            fissix.CACHE_DIR = Path(folder)
            importlib.import_module("bowler.tool")
    return sys.modules["bowler.tool"]


def _lines(hunk: Hunk) -> Iterator[str]:
    for edit in hunk.edits:
        yield _reason(edit)
    yield hunk.header
    for line in hunk.lines:
        yield line[:1].decode() + visible_line(line[1:])
        if not line.endswith(b"\n"):
            yield visible_line(NO_NEWLINE)


def _reason(edit: EditRecord) -> str:
    place = f"line {edit.line}, " if edit.line else ""
    subject = f" ({place}{edit.subject})" if edit.definition else ""
    return visible(f"{edit.code}{subject}: {edit.message}{edit.trust}")
