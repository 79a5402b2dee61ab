"""Reports: one format is one module.

``report_NAME.py`` is ``--format NAME`` of check and migrate, ``map_NAME.py`` that of map, and
``verify_NAME.py`` that of verify: what there is to choose from follows from the files. Each holds
a class called ``REPORT``: a ``RunDocument``, or a ``VerifyDocument`` for verify.

Where a file lies, all formats say in one way: ``place_of`` for people, ``uri_from`` for programs.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar
from urllib.parse import quote

from loopscope.frozen import frozen
from loopscope.reports.summary import Summary
from loopscope.types import FileError, Finding, Migration

if TYPE_CHECKING:
    from loopscope.reports.map_text import Node
    from loopscope.types import Target
    from loopscope.verify.verification import Verification


def join(label: str, path: str) -> str:
    """Join a suite and a file of it, as the user spells them; "." or "" mean the suite itself."""
    if path in ("", "."):
        return label or "."
    return path if label in ("", ".") else f"{label}/{path}"


def place_of(label: str, finding: Finding) -> str:
    """Return where a finding is, as editors and terminals understand it."""
    numbers = [number for number in (finding.line, finding.column) if number]
    return ":".join([join(label, finding.path), *map(str, numbers)])


def path_from(base: str, label: str, path: str) -> str:
    """Return the path to a file of a suite, with forward slashes.

    Args:
        base: The directory that paths of the report are relative to.
        label: The suite's path: absolute, or relative to the current directory; "" for none.
        path: Relative to the suite; "." or "" mean the suite itself.

    Returns:
        A path relative to ``base``, or an absolute one where the file does not lie below it.
    """
    absolute = os.path.abspath(os.path.join(label, path))
    try:
        way = os.path.relpath(absolute, base)
    except ValueError:  # another drive
        way = ".."
    outside = way.split(os.sep)[0] == ".."
    return (absolute if outside else way).replace(os.sep, "/")


def uri_from(base: str, label: str, path: str) -> str:
    """Return the path as a URI reference: all bytes but plain letters are percent-encoded."""
    way = path_from(base, label, path)
    return Path(way).as_uri() if os.path.isabs(way) else quote(os.fsencode(way))


def directory_uri(base: str) -> str:
    """Return a directory as a URI that references can be resolved against."""
    return Path(os.path.abspath(base)).as_uri().rstrip("/") + "/"


def base_directory() -> str:
    """Return the directory that programs look up the paths of a report from.

    GitHub and GitLab take them from the top of the checkout, also where a step runs below it.
    """
    working = os.getcwd()
    for name in ("GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
        checkout = os.environ.get(name)
        if checkout and f"{working}/".startswith(f"{checkout.rstrip('/')}/"):
            return checkout
    return working


ResultT = TypeVar("ResultT")
# A line is a sequence of (text, style); a style is a word of rich, or "".
Line = tuple[tuple[str, str], ...]


class Screen(Protocol):
    """What a report is printed on."""

    def lines(self, lines: Iterable[Line]) -> None: ...

    def text(self, text: str, style: str = "") -> None: ...

    def tree(self, node: Node) -> None: ...

    def raw(self, text: str) -> None: ...


class Report(Protocol):
    """What a run tells; ``suite`` is called while the progress bar is away."""

    def suite(self, migration: Migration) -> None: ...

    def error(self, error: FileError) -> None: ...

    def finish(self, summary: Summary, commands: Sequence[str]) -> None: ...


@frozen
class ReportOptions:
    """What a report is made for; ``wrote`` says that the changes are on disk."""

    target: Target
    out: Screen
    err: Screen
    wrote: bool = False
    quiet: bool = False
    verbose: bool = False
    statistics: bool = False  # count edits and findings by rule, too
    changes: bool = False  # of loop maps only what differs


def formats(kind: str) -> tuple[str, ...]:
    """Return the formats of ``report``, ``map`` or ``verify``; none of their modules is imported.

    The one for people comes first, then the shortest name.
    """
    start = f"{kind}_"
    modules = (module.name for module in pkgutil.iter_modules(__path__))
    names = [name.removeprefix(start) for name in modules if name.startswith(start)]
    return tuple(sorted(names, key=lambda name: (name != "text", len(name), name)))


def make_report(kind: str, name: str, options: ReportOptions) -> Report:
    """Make a new report of the format ``name``, one of ``formats(kind)``."""
    report: Report = _format(kind, name)(options)
    return report


def make_verify_report(name: str, options: ReportOptions) -> VerifyDocument:
    """Make a new report of the format ``name``, one of ``formats("verify")``."""
    report: VerifyDocument = _format("verify", name)(options)
    return report


def _format(kind: str, name: str) -> Any:
    return importlib.import_module(f"{__name__}.{kind}_{name}").REPORT


class Document(Generic[ResultT]):
    """What all reports have in common: errors are printed and kept, the end is written."""

    def __init__(self, options: ReportOptions) -> None:
        self.options = options
        self.errors: list[tuple[str, FileError]] = []  # with the label of the suite, or ""

    def add(self, result: ResultT) -> None:
        """Take a suite, without its errors."""
        raise NotImplementedError

    def error(self, error: FileError, label: str = "") -> None:
        """Keep what could not be handled, and say so at once."""
        self.errors.append((label, error))
        self.print_error(error, label)

    def print_error(self, error: FileError, label: str) -> None:
        """Say on standard error what could not be handled."""
        self.options.err.lines(error_lines(error, label))


class RunDocument(Document[Migration]):
    """A report on a run; formats say what they add of a suite, and what they write at the end."""

    errors_first: ClassVar[bool] = False  # those of a suite, before what is said of it

    def suite(self, migration: Migration) -> None:
        """Take one suite."""
        if not self.errors_first:
            self.add(migration)
        for error in migration.errors:
            self.error(error, migration.label)
        if self.errors_first:
            self.add(migration)

    def finish(self, summary: Summary, commands: Sequence[str]) -> None:
        """Write what is to be said at the end; ``commands`` apply the patches that were made."""
        self.options.out.raw(self.render(summary))

    def render(self, summary: Summary) -> str:
        """Return the whole text of a format that is written at the end."""
        raise NotImplementedError


class VerifyDocument(Document["Verification"]):
    """A report on runs before and after; ``found`` are those of all suites so far."""

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self.found: list[Verification] = []

    def add(self, result: Verification) -> None:
        self.found.append(result)

    def finish(self) -> None:
        """Write what is to be said at the end."""
        self.options.out.raw(self.render())

    def render(self) -> str:
        """Return the whole text of a format that is written at the end."""
        raise NotImplementedError


def error_lines(error: FileError, label: str = "") -> Iterator[Line]:
    """One error: where, what happened."""
    place = join(label, error.path)
    line = f":{error.line}" if error.line else ""
    yield (("error: ", "bold red"), (f"{place}{line}", "bold"), (f": {error.message}", ""))
