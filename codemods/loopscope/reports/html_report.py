"""A run as one HTML page for looking: nothing is loaded from elsewhere, nothing in it is obeyed.

The page is put together by Jinja2 with autoescape from the templates beside this file.
"""

from __future__ import annotations

import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from loopscope import __version__
from loopscope.escape import visible
from loopscope.frozen import frozen
from loopscope.guides import text, title
from loopscope.reports import ReportOptions, RunDocument, join, path_from
from loopscope.reports.html_loop_map import boxes
from loopscope.reports.html_templates import environment, own, policy, rows, tiles
from loopscope.reports.summary import Summary, by_group, status_word
from loopscope.rewriting.hunks import Hunk, hunks
from loopscope.rules.registry import find_rule
from loopscope.types import Change, FileError, Finding, Level, Migration, Safety

if TYPE_CHECKING:
    from markdown_it.token import Token

# A page with more hunks starts with its suites and files closed.
_OPEN_HUNKS = 60


class HtmlReport(RunDocument):
    """Collects a run, suite by suite, for a page that is written beside another report."""

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self._suites: list[Migration] = []
        self._current: list[str] = []

    def add(self, migration: Migration) -> None:
        if migration.changes or migration.findings:
            self._suites.append(migration)
        elif not migration.errors:
            self._current.append(migration.label)

    def print_error(self, error: FileError, label: str) -> None:
        """Leave it to the other report."""

    def render(self, summary: Summary) -> str:
        """Return the page.

        Raises:
            GuidesMissing: This installation lacks the guides, which are a part of the page.
            OSError: One of them cannot be read.
        """
        wrote, templates = self.options.wrote, environment()
        shown = [
            _Shown(migration, f"s{number}", wrote=wrote)
            for number, migration in enumerate(self._suites, 1)
        ]
        open_all = (
            sum(len(file["hunks"]) for suite in shown for file in suite.files) <= _OPEN_HUNKS
        )
        rules = _rules(shown)
        rows_of = [suite.row() for suite in shown]
        template = templates.get_template("suite.html")
        style, script = own("page.css"), own("page.js")
        return templates.get_template("page.html").render(
            policy=policy(style, script),
            style=style,
            script=script,
            line=summary.line(wrote=wrote).rstrip("."),
            wrote=wrote,
            target=self.options.target,
            version=__version__,
            tiles=tiles(_numbers(summary, self._suites, wrote)),
            rules=rules,
            statuses=sorted({(row["status"], row["status_word"]) for row in rows_of}),
            guides=guide_pages(f"rules/{rule['code']}" for rule in rules),
            errors=[_error(error, label) for label, error in self.errors],
            current=list(map(name_of, self._current)),
            table=rows_of if len(rows_of) > 1 else [],
            suites=[
                Markup(template.render(suite.values(), wrote=wrote, open=open_all))
                for suite in shown
            ],
        )


def _error(error: FileError, label: str) -> dict[str, str]:
    line = f":{error.line}" if error.line else ""
    return {
        "place": join(name_of(label) if label else label, error.path) + line,
        "message": error.message,
    }


class _Shown:
    """One suite in the words of its template."""

    def __init__(self, migration: Migration, id_: str, *, wrote: bool) -> None:
        self._migration, self._id, self._wrote = migration, id_, wrote
        self._name = name_of(migration.label)
        self._status = status_word(migration.status, wrote=wrote)
        self.groups: list[dict[str, Any]] = [
            {
                "product": product,
                "findings": list(_findings(findings)),
                "files": [_file(change) for change in changes],
            }
            for product, changes, findings in by_group(migration)
        ]
        self.files = [file for group in self.groups for file in group["files"]]

    @property
    def codes(self) -> Iterator[str]:
        """The rule behind each edit and each finding."""
        yield from (finding.code for finding in self._migration.findings)
        yield from (edit.code for change in self._migration.changes for edit in change.edits)

    def values(self) -> dict[str, Any]:
        migration = self._migration
        return {
            "id": self._id,
            "label": self._name,
            "name": visible(self._name),
            "status": migration.status.value,
            "status_word": self._status,
            "config": migration.config,
            "requires": migration.requires,
            "facts": _facts(migration),
            "maps": boxes(migration.maps) if migration.maps else {},
            "groups": self.groups,
        }

    def row(self) -> dict[str, object]:
        """Return the line of the table of suites."""
        migration = self._migration
        actions = sum(finding.level is Level.ACTION for finding in migration.findings)
        return {
            "id": self._id,
            "label": self._name,
            "status": migration.status.value,
            "status_word": self._status,
            "numbers": {
                "files": len(migration.changes),
                "edits": sum(len(change.edits) for change in migration.changes),
                "by hand": actions,
                "notes": len(migration.findings) - actions,
            },
        }


def name_of(label: str) -> str:
    """Name a suite for somebody who is elsewhere: by its path from here, or by its folder."""
    path = path_from(os.getcwd(), label, "") if os.path.isabs(label) else label
    if path == "." or os.path.isabs(path):
        return os.path.basename(os.path.abspath(path)) or path
    return path


def _facts(migration: Migration) -> str:
    actions = sum(finding.level is Level.ACTION for finding in migration.findings)
    parts = []
    if migration.changes:
        parts.append(f"{len(migration.changes)} file{'s' * (len(migration.changes) != 1)}")
    if actions:
        parts.append(f"{actions} to do by hand")
    parts.append(f"loops {migration.loops_before} \N{RIGHTWARDS ARROW} {migration.loops_after}")
    return " \N{MIDDLE DOT} ".join(parts)


def _findings(findings: Sequence[Finding]) -> Iterator[dict[str, str]]:
    """List the findings, those on which a person must act first."""
    for finding in sorted(findings, key=lambda found: found.level is Level.NOTE):
        numbers = [str(number) for number in (finding.line, finding.column) if number]
        yield {
            "level": finding.level.value,
            "code": finding.code,
            "place": ":".join([finding.path, *numbers]),
            "names": visible(f"{finding.path} {finding.message}"),
            "message": finding.message,
        }


def _file(change: Change) -> dict[str, Any]:
    found = hunks(change)
    return {
        "path": change.path,
        "new": change.before is None,
        "added": sum(line.startswith(b"+") for hunk in found for line in hunk.lines),
        "removed": sum(line.startswith(b"-") for hunk in found for line in hunk.lines),
        "hunks": [_hunk(hunk, change.path) for hunk in found],
    }


def _hunk(hunk: Hunk, path: str) -> dict[str, Any]:
    edits = [
        {
            "code": edit.code,
            "definition": edit.subject,
            "message": edit.message,
            "assumption": edit.safety is Safety.ASSUMPTION,
        }
        for edit in hunk.edits
    ]
    codes = list(dict.fromkeys(edit.code for edit in hunk.edits))
    names = visible(" ".join((path, *(edit.definition for edit in hunk.edits))))
    trusts = any(edit["assumption"] for edit in edits)
    return {
        "codes": codes, "edits": edits, "rows": rows(hunk), "names": names, "assumption": trusts
    }  # fmt: skip


# -- the rest of the page ---------------------------------------------------------------


def _numbers(
    summary: Summary, suites: Sequence[Migration], wrote: bool
) -> tuple[tuple[str, object, str], ...]:
    before = sum(migration.loops_before for migration in suites)
    after = sum(migration.loops_after for migration in suites)
    return (
        ("suites", summary.suites, ""),
        ("files changed" if wrote else "files would change", summary.files, ""),
        ("edits", summary.edits, ""),
        ("on an assumption", summary.assumptions, "warn"),
        ("hunks left out", summary.declined, "warn"),
        ("left to do by hand", summary.actions, "warn" if summary.actions else "good"),
        ("notes", summary.notes, ""),
        ("errors", summary.errors, "bad"),
        ("loops before, after", f"{before} \N{RIGHTWARDS ARROW} {after}", ""),
    )


def _rules(shown: Sequence[_Shown]) -> list[dict[str, object]]:
    """List the rules that the page names, and how often."""
    counts = Counter(code for suite in shown for code in suite.codes)
    rules = ((find_rule(code), count) for code, count in sorted(counts.items()))
    return [{"code": rule.code, "name": rule.name, "count": n} for rule, n in rules if rule]


@frozen
class GuidePage:
    """One guide; ``links`` are the names of the guides that it links to."""

    name: str  # "rules/LS105" or "get-running-loop"
    title: str
    html: Markup
    links: tuple[str, ...]

    @property
    def id(self) -> str:
        """Its anchor."""
        return anchor(self.name)


def anchor(name: str) -> str:
    """Where a guide stands in a page: ``LS105`` for a rule's, else ``guide-NAME``."""
    folder, _, last = name.rpartition("/")
    return last if folder else f"guide-{last}"


def guide_pages(names: Iterable[str]) -> list[GuidePage]:
    """Render the guides of these names, and all that they link to; rules come first.

    Raises:
        GuidesMissing: This installation has none.
        OSError: One of them cannot be read.
    """
    found: dict[str, GuidePage] = {}
    waiting = sorted(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = guide_page(name)
            waiting += found[name].links
    return sorted(found.values(), key=lambda page: ("/" not in page.name, page.title))


@cache
def guide_page(name: str) -> GuidePage:
    """One guide, without its title, and with links that lead to places of the same page."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = _below_title(parser.parse(text(name)))
    links: dict[str, None] = {}
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                _point(child, posixpath.dirname(name), links)
    html = parser.renderer.render(tokens, parser.options, {})
    return GuidePage(name, title(name), Markup(html), tuple(links))


def _below_title(tokens: list[Token]) -> list[Token]:
    """Render the rest of the page, its sections one level below those of the report."""
    if tokens and tokens[0].tag == "h1":
        tokens = tokens[3:]  # opening, words, closing
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return tokens


def _point(link: Token, folder: str, links: dict[str, None]) -> None:
    """Turn a link to ``../other.md#section`` into one to the place of that guide."""
    path = str(link.attrs["href"]).partition("#")[0]
    if path.endswith(".md"):
        name = posixpath.normpath(posixpath.join(folder, path)).removesuffix(".md")
        links[name] = None
        link.attrs["href"] = f"#{anchor(name)}"
