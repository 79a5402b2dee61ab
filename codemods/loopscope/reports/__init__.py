"""Reports: one format is one module.

``report_NAME.py`` is ``--format NAME`` of check and migrate, ``map_NAME.py`` that of map, and
``verify_NAME.py`` that of verify: what there is to choose from follows from the files. The first
two hold a subclass of ``Document`` called ``REPORT``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from loopscope.reports.map_text import Node
    from loopscope.reports.summary import Summary
    from loopscope.types import FileError, Migration, Target

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


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a report is made for; ``wrote`` says that the changes are on disk."""

    target: Target
    out: Screen
    err: Screen
    wrote: bool = False
    quiet: bool = False
    verbose: bool = False


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
    module = importlib.import_module(f"{__name__}.{kind}_{name}")
    report: Report = module.REPORT(options)
    return report
