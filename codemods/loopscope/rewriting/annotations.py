"""``--annotate``: a comment at each place where a person must act.

``# loopscope: LS101 reason`` stands above the definition (or statement) that a finding is
about. A comment that is still there is a finding of the next run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from loopscope.analysis.file.facts import FileFacts
from loopscope.frozen import frozen
from loopscope.rewriting.edits import Edit
from loopscope.types import Finding, Level

if TYPE_CHECKING:
    from loopscope.rewriting.file_editor import FileEditor

_LONGEST = 99


@frozen
class Annotation(Edit):
    """Puts a comment above a definition, or above a simple statement."""

    ordinal: int | None

    def add_to(self, editor: FileEditor) -> None:
        if self.ordinal is not None:
            editor.edit_definition(self.ordinal, self.apply)
        else:
            editor.edit_statement(self.line, self.apply)

    def apply(self, node: Any) -> Any:
        import libcst as cst

        text = f"# loopscope: {self.code} {self.message}"
        if len(text) > _LONGEST:
            text = text[: _LONGEST - 3].rstrip() + "..."
        lines = [*node.leading_lines, cst.EmptyLine(comment=cst.Comment(text))]
        return node.with_changes(leading_lines=lines)


def comments_for(
    files: Mapping[str, FileFacts], findings: Iterable[Finding]
) -> Iterator[Annotation]:
    """Write a comment for each finding on which a person must act, one a place and code."""
    places = _Places(files)
    done: set[tuple[str, int | None, int, str]] = set()
    for finding in findings:
        facts = files.get(finding.path)
        if finding.level is not Level.ACTION or facts is None or finding.line < 1:
            continue
        if finding.line in facts.annotations:
            continue  # it is about such a comment
        ordinal, line = places.of(finding.path, finding.line)
        key = (finding.path, ordinal, line if ordinal is None else 0, finding.code)
        if key in done or _present(facts, line, finding.code):
            continue
        done.add(key)
        yield Annotation(finding.code, finding.path, line, "", finding.message, ordinal=ordinal)


def left_over(files: Mapping[str, FileFacts], findings: Iterable[Finding]) -> Iterator[Finding]:
    """Comments of an earlier run at places of which no other finding speaks any more."""
    places = _Places(files)
    known = {
        (finding.path, places.of(finding.path, finding.line)[1], finding.code)
        for finding in findings
        if finding.path in files
    }
    for path, facts in files.items():
        for line, code in facts.annotations.items():
            below = places.of(path, line + 1)[1]
            if (path, below, code) not in known:
                message = "a comment of --annotate is still here: do what it says and delete it"
                yield Finding(path, line, 1, code, message, Level.ACTION)


class _Places:
    """The definitions that cover lines."""

    def __init__(self, files: Mapping[str, FileFacts]) -> None:
        self._files = files
        self._known: dict[str, dict[int, tuple[int, int]]] = {}

    def of(self, path: str, line: int) -> tuple[int | None, int]:
        """Find the definition that covers a line, and its first line; else the line itself."""
        if path not in self._known:
            self._known[path] = {
                covered: (function.ordinal, function.first_line)
                for function in reversed(self._files[path].functions)
                for covered in range(function.first_line, function.end_line + 1)
            }
        return self._known[path].get(line, (None, line))


def _present(facts: FileFacts, line: int, code: str) -> bool:
    above = line - 1
    while above in facts.annotations:
        if facts.annotations[above] == code:
            return True
        above -= 1
    return False
