"""Ask about each hunk of a migration, in the loop of Bowler.

Bowler shows a hunk, asks, and takes or leaves it; where the next one is, and what else can be
answered, is said here. Its own way to apply what was accepted works on text and rewrites line
ends, so a review only says which hunks to take; they are put together from the very bytes.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import tempfile
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from loopscope.escape import visible, visible_line
from loopscope.output.hunk_choices import Choices, Item
from loopscope.output.hunk_editing import edit
from loopscope.output.patch import NO_NEWLINE, names, way_to
from loopscope.rewriting.hunks import Hunk
from loopscope.types import Change, EditRecord, Finding, Level

_ANSWERS = {
    "y": "take this hunk",
    "n": "leave this hunk out",
    "a": "take this hunk and all later ones of this file",
    "d": "leave out this hunk and all later ones of this file",
    "A": "take this hunk and all later ones of all files",
    "r": "take this hunk and all of its rules that are open",
    "S": "take this hunk and all that are safe: that rest on no assumption",
    "k": "go back to the hunk before",
    "j": "go to the next hunk, and leave this one open",
    "g": "go to a hunk: g 12; g alone lists the files",
    "/": "go to the next hunk that holds a text: /TEXT; / alone searches again",
    "s": "split this hunk into smaller ones",
    "e": "edit this hunk, in the program that EDITOR names, and take it",
    "q": "quit: leave out what is open; what was taken is kept",
    "?": "this help",
}
_FINAL = {
    "y": "go on with what was taken",
    "n": "leave all of this suite as it is",
    "k": "go back to the hunks",
}


@dataclass(slots=True)
class Reviewer:
    """Asks on standard output and reads answers from standard input, for one suite at a time.

    An end of the input means "quit".
    """

    color: bool = False  # of what Bowler prints
    wrap: Callable[[str], Iterable[str]] = field(default=lambda text: (text,))
    declined: int = 0  # hunks
    stopped: bool = False  # the user has quit
    _ended: bool = False  # so has the input
    _taken: bool = False  # the hunk that is shown has been
    _all: bool = False
    _answer: str = ""  # the last one, as it was typed
    _wanted: str = ""  # the text that was searched for

    def review(
        self,
        label: str,
        changes: Collection[Change],
        *,
        product: Collection[str] = (),
        findings: Collection[Finding] = (),
        recheck: Callable[[tuple[Change, ...]], Iterable[Finding]] = lambda _: (),
    ) -> tuple[Change, ...]:
        """Ask the user about each hunk of the suite at ``label`` and return those accepted.

        Args:
            label: The suite.
            changes: Its changes.
            product: The files of product code, of which that is said.
            findings: Those of the suite; the actions of a file are shown beside its hunks.
            recheck: What is wrong where only a part is taken; it is said before anything is done.
        """
        choices = Choices(changes)
        with self._tool() as tool:
            if self._all:
                for item in choices.items:
                    item.taken = True
            while not self._all:
                while not choices.decided:
                    self._show(tool, choices, label, product, findings)
                    self._obey(choices)
                if self._confirm(choices, recheck):
                    break
        accepted = choices.accepted()
        self.declined += sum(not item.taken for item in choices.items)
        return accepted

    def _show(
        self,
        tool: Any,
        choices: Choices,
        label: str,
        product: Collection[str],
        findings: Collection[Finding],
    ) -> None:
        item, files = choices.item, choices.changes
        path = way_to(label) + item.change.path
        group = ", product code" if item.change.path in product else ""
        of = "" if label == "." else f" of {label}"
        place = (
            f"hunk {choices.at + 1} of {len(choices.items)},"
            f" file {files.index(item.change) + 1} of {len(files)}{of}{group}"
        )
        self._taken = item.taken is True
        state = {None: "", True: " (taken)", False: " (left out)"}[item.taken]
        texts = [place + state, *map(_reason, item.hunk.edits), *_actions(choices, findings)]
        # Bowler takes the first two lines for the names.
        above = [visible_line(line) for line in names(path, item.change)]
        wrapped = [row for text in texts for row in self.wrap(visible(text))]
        tool.process_hunks(visible(path), [[*above, *wrapped, *_lines(item.hunk)]])

    def _obey(self, choices: Choices) -> None:
        """Do what was answered; what it says is printed."""
        letter, rest = self._answer[:1], self._answer[1:].strip()
        said = self._decide(choices, letter)
        if said is None:
            said = self._go(choices, letter, rest)
        if said is None:
            self._help()
        elif said:
            _say(said)

    def _decide(self, choices: Choices, letter: str) -> str | None:
        """Take or leave hunks; return what there is to say, or None for another answer."""
        item = choices.item
        if letter in ("y", "n"):
            choices.decide(letter == "y")
        elif letter in ("a", "d"):
            choices.decide_rest(letter == "a", lambda one: one.change is item.change, later=True)
        elif letter == "A":
            self._all = True
            choices.decide_rest(True, lambda _: True, later=True)
        elif letter == "r":
            count = choices.decide_rest(True, lambda one: one.codes <= item.codes, later=False)
            return f"{count} taken: those of {', '.join(sorted(item.codes))}."
        elif letter == "S":
            count = choices.decide_rest(True, lambda one: one.safe, later=False)
            return f"{count} taken: this one, and those that are safe."
        elif letter == "q":
            self.stopped = True
            choices.leave_rest()
        elif letter == "e":
            edited, problem = edit(item.hunk)
            if edited is not None:
                item.hunk = edited
                choices.decide(True)
            return problem
        else:
            return None
        return ""

    def _go(self, choices: Choices, letter: str, rest: str) -> str | None:
        """Go to another hunk, or split this one; return what ``_decide`` does."""
        last = len(choices.items)
        if letter in ("k", "j"):
            there = choices.step(-1 if letter == "k" else 1)
            end = "first" if letter == "k" else "last"
            return "" if there else f"This is the {end} hunk."
        if letter == "g":
            if not rest:
                return "\n".join(_files(choices))
            there = rest.isdecimal() and choices.go_to(int(rest))
            return "" if there else f"There are hunks 1 to {last}."
        if letter == "/":
            self._wanted = rest or self._wanted
            there = choices.search(self._wanted)
            return "" if there else f"No hunk holds {self._wanted!r}."
        if letter == "s":
            number = choices.split()
            return f"It is {number} hunks now." if number > 1 else "Its lines belong together."
        return None

    def _help(self) -> None:
        import click

        if self._answer != "?":
            _say(f"There is no answer {self._answer.strip()!r}.")
        for letter, meaning in _ANSWERS.items():
            click.secho(f"{letter} - {meaning}", bold=True)

    def _confirm(
        self, choices: Choices, recheck: Callable[[tuple[Change, ...]], Iterable[Finding]]
    ) -> bool:
        """Sum it up and ask once; whether that is the end of it."""
        changes = choices.accepted()
        taken = sum(bool(item.taken) for item in choices.items)
        if not changes:
            return True
        left = len(choices.items) - taken
        out = f", {left} left out" if left else ""
        _say(f"{taken} of {len(choices.items)} hunks are taken{out}:")
        for change in choices.changes:
            count = sum(item.change is change for item in choices.items)
            _say(f"  {change.path}: {choices.taken(change)} of {count}")
        whole = [one.after for one in changes] == [one.after for one in choices.changes]
        for finding in () if whole else recheck(changes):
            place = f"{finding.path}:{finding.line}"
            for row in self.wrap(visible(f"{place}: {finding.code} {finding.message}")):
                _say(row)
        while not self._ended:
            answer = self._read(f"Go on with them [{','.join(_FINAL)}; Enter: y]? ")
            if not self._ended and answer.lower() in ("", "y"):
                return True
            if answer.lower() == "n":
                self._take_nothing(choices)
                return True
            if answer.lower() == "k":
                self.stopped = self._all = False
                choices.item.taken = None
                return False
            for letter, meaning in _FINAL.items():
                _say(f"{letter} - {meaning}")
        if sys.stdin.isatty():  # a pipe holds all the answers that there will be
            _say("Without an answer nothing is taken.")
            self._take_nothing(choices)
        return True

    @staticmethod
    def _take_nothing(choices: Choices) -> None:
        for item in choices.items:
            item.taken = False

    @contextlib.contextmanager
    def _tool(self) -> Iterator[Any]:
        """Bowler's tool with its two ends replaced: who answers, and what an answer does."""
        import click

        tool = _bowler()
        context = click.get_current_context(silent=True)
        if context is not None:
            context.color = self.color

        class Tool(tool.BowlerTool):  # type: ignore[misc, name-defined]
            """Asks; the files are not its business."""

            def apply_hunks(self, accepted_hunks: str, filename: str) -> None:
                return

        usual = tool.prompt_user
        tool.prompt_user = self._ask  # it knows few answers
        try:
            yield Tool([])
        finally:
            tool.prompt_user = usual

    def _ask(self, question: str, options: str, default: str = "") -> str:
        """Read an answer; Bowler goes on with any, and ``_obey`` with the right one."""
        default = "y" if self._taken else default  # who comes back to it leaves it so by Enter
        answer = self._read(f"{question} [{','.join(_ANSWERS)}; Enter: {default}]? ")
        lower = answer.lower()
        self._answer = lower if len(answer) == 1 and answer not in _ANSWERS else answer
        if not answer:
            self._answer = "q" if self._ended else default
        elif len(answer) > 1 and answer[0] not in "/g":
            self._answer = f" {answer}"  # no letter that is an answer
        return "n"

    def _read(self, prompt: str) -> str:
        import click

        try:
            answer = input(prompt).strip()
        except EOFError:
            click.echo()
            self._ended = True
            return ""
        if not sys.stdin.isatty():  # which would have shown it
            click.echo(visible(answer))
        return answer


def _say(text: str) -> None:
    import click

    for line in text.split("\n"):
        click.echo(visible(line))


def _files(choices: Choices) -> Iterator[str]:
    """Yield the files with the numbers of their hunks."""
    for change in choices.changes:
        numbers = [n for n, item in enumerate(choices.items, 1) if item.change is change]
        last = f"-{numbers[-1]}" if len(numbers) > 1 else ""
        if numbers:
            yield f"{numbers[0]}{last}  {change.path}"


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
    yield hunk.header
    for line in hunk.lines:
        yield line[:1].decode() + visible_line(line[1:])
        if not line.endswith(b"\n"):
            yield visible_line(NO_NEWLINE)


def _reason(record: EditRecord) -> str:
    place = f"line {record.line}, " if record.line else ""
    subject = f" ({place}{record.subject})" if record.definition else ""
    return f"{record.code}{subject}: {record.message}{record.trust}"


def _actions(choices: Choices, findings: Collection[Finding]) -> Iterator[str]:
    """Say what is to be done by hand: in the lines of a hunk, or elsewhere in its file."""
    item = choices.item
    own: list[Item] = [one for one in choices.items if one.change is item.change]
    for finding in findings:
        if finding.path != item.change.path or finding.level is not Level.ACTION:
            continue
        places = [one for one in own if finding.line - 1 in one.hunk.old]
        if item in places or (not places and item is own[0]):
            yield f"to do by hand, line {finding.line}: {finding.code} {finding.message}"
