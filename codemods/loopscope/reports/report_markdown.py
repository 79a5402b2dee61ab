"""A run as a comment for a pull request: the answer, what a person must do, then the rest folded.

Nothing that a suite is made of can end up as markup, a link or a mention of somebody: paths and
whatever a forge might turn into something else stand in code, and signs of Markdown are escaped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence

from loopscope.escape import visible
from loopscope.reports import ReportOptions, RunDocument, join, place_of
from loopscope.reports.summary import Summary, alike, by_group, counted
from loopscope.types import Change, Finding, Level, Migration

_LARGEST = 60_000  # characters; GitHub takes no comment of more than 65,536
_SIGNS = re.compile(r"([\\`*_\[\]#|~])")
# Mentions, references, links, emoji, mathematics.
_SPECIAL = re.compile(
    r"@|[#!&%~]\w|\$|:[\w+-]+:|://|\bwww\.|\bGH-\d|\b[0-9a-f]{7,40}\b", re.IGNORECASE
)


class MarkdownReport(RunDocument):
    """One comment when all is done; nothing else on standard output."""

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self._actions: list[str] = []
        self._notes: list[str] = []
        self._edits: dict[str, list[str]] = {}  # by the title of their part

    def add(self, migration: Migration) -> None:
        label = migration.label
        made = "made" if self.options.wrote else "that loopscope migrate makes"
        of = "" if label == "." else f" of {label}"
        for product, changes, findings in by_group(migration):
            for same in alike((label, finding) for finding in findings):
                found = [finding for _, finding in same]
                is_action = found[0].level is Level.ACTION
                line = _finding(label, found, product=product)
                (self._actions if is_action else self._notes).append(line)
            lines = [line for change in changes for line in _change(label, change)]
            if lines:
                part = "product code" if product else "the tests"
                self._edits[f"Edits {made} in {part}{of}"] = lines

    def render(self, summary: Summary) -> str:
        wrote = self.options.wrote
        errors = [
            f"- {code(join(label, error.path) + (f':{error.line}' if error.line else ''))}:"
            f" {plain(error.message)}"
            for label, error in self.errors
        ]
        text = f"### loopscope: {_answer(summary, wrote=wrote)}\n\n{summary.line(wrote=wrote)}\n"
        for title, lines in (("Not handled", errors), ("To do by hand", self._actions)):
            if lines:
                text += "\n".join(["", f"**{title}**", "", *_cut(lines, text), ""])
        left = 0
        for title, lines in ({"Notes": self._notes} | self._edits).items():
            if len(text) > _LARGEST:
                left += 1
            elif lines:
                text += _folded(f"{title} ({_number(lines)})", _cut(lines, text))
        rest = f"\nAnd {counted(left, 'more list')}: `loopscope check`\n" if left else ""
        return text + rest


def _answer(summary: Summary, *, wrote: bool) -> str:
    """Say in a few words what it comes to."""
    if not summary.suites and not summary.errors:
        return "no pytest suite found"
    parts = []
    if summary.errors:
        parts.append(counted(summary.errors, "error"))
    if summary.actions:
        parts.append(f"{counted(summary.actions, 'thing')} to do by hand")
    if summary.files:
        changed = "changed" if wrote else "to migrate"
        parts.append(f"{counted(summary.files, 'file')} {changed}")
    return ", ".join(parts) or "nothing to do"


def _finding(label: str, same: Sequence[Finding], *, product: bool) -> str:
    first, times = same[0], f" ({len(same)} times)" if len(same) > 1 else ""
    where = " (product code)" if product else ""
    place = code(place_of(label, first))
    return f"- {place}{where}: **{first.code}**{times} {plain(first.message)}"


def _change(label: str, change: Change) -> Iterator[str]:
    new = " (new)" if change.before is None else ""
    yield f"- {code(join(label, change.path))}{new}"
    for edit in sorted(change.edits, key=lambda edit: (edit.line, edit.code)):
        place = f"line {edit.line}: " if edit.line else ""
        yield f"  - {place}**{edit.code}** {plain(edit.text)}"


def _number(lines: Iterable[str]) -> int:
    """Count what is listed, without the names of files above edits."""
    lines = list(lines)
    nested = sum(line.startswith("  ") for line in lines)
    return nested or len(lines)


def _cut(lines: Sequence[str], before: str) -> list[str]:
    """Return the lines for which there is room after what is written before."""
    left = _LARGEST - len(before)
    kept: list[str] = []
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            return [*kept, f"- and {len(lines) - len(kept)} more lines: `loopscope check`"]
        kept.append(line)
    return kept


def _folded(title: str, lines: Iterable[str]) -> str:
    head = f"<details><summary>{html.escape(visible(title))}</summary>"
    return "\n".join(["", head, "", *lines, "", "</details>", ""])


def plain(text: str) -> str:
    """Write text that means itself."""
    return " ".join(
        code(word)
        if _SPECIAL.search(word)
        else _SIGNS.sub(r"\\\1", html.escape(word, quote=False))
        for word in visible(text).split(" ")
    )


def code(text: str) -> str:
    """Write text as code, whatever backticks it holds."""
    text = visible(text)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    blank = " " if text[:1] in "` " or text[-1:] in "` " else ""
    return f"{fence}{blank}{text}{blank}{fence}"


REPORT = MarkdownReport
