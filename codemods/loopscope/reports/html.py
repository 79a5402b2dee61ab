"""A run as one HTML page for looking: nothing is loaded from elsewhere, nothing in it is obeyed.

The page is put together by Jinja2 with autoescape from the templates beside this file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from loopscope.escape import visible
from loopscope.reports.guide_html import guide_pages
from loopscope.reports.loop_map_html import boxes
from loopscope.reports.paths import join
from loopscope.reports.side_by_side import rows
from loopscope.reports.summary import Summary
from loopscope.reports.templating import environment, own, policy, tiles
from loopscope.reports.text import status_word
from loopscope.rewriting.hunks import Hunk, hunks
from loopscope.rules.registry import find_rule
from loopscope.types import Change, FileError, Level, Migration, Safety, Target
from loopscope.version import __version__

# A page with more hunks starts with its suites and files closed.
_OPEN_HUNKS = 60


class HtmlReport:
    """Collects a run, suite by suite.

    Args:
        target: The pytest-asyncio that the run was for.
        wrote: The changes are on disk.
    """

    def __init__(self, target: Target, *, wrote: bool) -> None:
        self._target, self._wrote = target, wrote
        self._suites: list[Migration] = []
        self._current: list[str] = []
        self._errors: list[dict[str, str]] = []

    def add(self, migration: Migration) -> None:
        """Take one suite."""
        for error in migration.errors:
            self.error(error, migration.label)
        if migration.changes or migration.findings:
            self._suites.append(migration)
        elif not migration.errors:
            self._current.append(migration.label)

    def error(self, error: FileError, label: str = "") -> None:
        """Take a file that could not be handled; ``label`` is the path of its suite."""
        line = f":{error.line}" if error.line else ""
        self._errors.append({"place": join(label, error.path) + line, "message": error.message})

    def render(self, summary: Summary) -> bytes:
        """Render the page, in UTF-8.

        Raises:
            GuidesMissing: This installation lacks the guides, which are a part of the page.
            OSError: One of them cannot be read.
        """
        templates = environment()
        shown = [_Shown(migration, wrote=self._wrote) for migration in self._suites]
        open_all = (
            sum(len(file["hunks"]) for suite in shown for file in suite.files) <= _OPEN_HUNKS
        )
        rules = _rules(shown)
        template = templates.get_template("suite.html")
        style, script = own("page.css"), own("page.js")
        page = templates.get_template("page.html").render(
            policy=policy(style, script),
            style=style,
            script=script,
            line=summary.line(wrote=self._wrote).rstrip("."),
            wrote=self._wrote,
            target=self._target,
            version=__version__,
            tiles=tiles(_numbers(summary, self._suites, self._wrote)),
            rules=rules,
            guides=guide_pages(f"rules/{rule['code']}" for rule in rules),
            errors=self._errors,
            current=self._current,
            suites=[
                Markup(template.render(suite.values(), wrote=self._wrote, open=open_all))
                for suite in shown
            ],
        )
        return page.encode("utf-8", "backslashreplace")


class _Shown:
    """One suite in the words of its template."""

    def __init__(self, migration: Migration, *, wrote: bool) -> None:
        self._migration, self._wrote = migration, wrote
        self.files = [_file(change) for change in migration.changes]

    @property
    def codes(self) -> Iterator[str]:
        """The rule behind each edit and each finding."""
        yield from (finding.code for finding in self._migration.findings)
        yield from (edit.code for change in self._migration.changes for edit in change.edits)

    def values(self) -> dict[str, Any]:
        migration = self._migration
        return {
            "label": migration.label,
            "name": visible(migration.label),
            "status": migration.status.value,
            "status_word": status_word(migration.status, wrote=self._wrote),
            "config": migration.config,
            "requires": migration.requires,
            "facts": _facts(migration),
            "findings": list(_findings(migration)),
            "maps": boxes(migration.maps) if migration.maps else {},
            "files": self.files,
        }


def _facts(migration: Migration) -> str:
    actions = sum(finding.level is Level.ACTION for finding in migration.findings)
    parts = []
    if migration.changes:
        parts.append(f"{len(migration.changes)} file{'s' * (len(migration.changes) != 1)}")
    if actions:
        parts.append(f"{actions} to do by hand")
    parts.append(f"loops {migration.loops_before} \N{RIGHTWARDS ARROW} {migration.loops_after}")
    return " \N{MIDDLE DOT} ".join(parts)


def _findings(migration: Migration) -> Iterator[dict[str, str]]:
    """List the findings, those on which a person must act first."""
    for finding in sorted(migration.findings, key=lambda found: found.level is Level.NOTE):
        numbers = [str(number) for number in (finding.line, finding.column) if number]
        yield {
            "level": finding.level.value,
            "code": finding.code,
            "place": ":".join([finding.path, *numbers]),
            "message": finding.message,
        }


def _file(change: Change) -> dict[str, Any]:
    found = hunks(change)
    return {
        "path": change.path,
        "new": change.before is None,
        "added": sum(line.startswith(b"+") for hunk in found for line in hunk.lines),
        "removed": sum(line.startswith(b"-") for hunk in found for line in hunk.lines),
        "hunks": [_hunk(hunk) for hunk in found],
    }


def _hunk(hunk: Hunk) -> dict[str, Any]:
    edits = [
        {
            "code": edit.code,
            "definition": edit.definition,
            "message": edit.message,
            "assumption": edit.safety is Safety.ASSUMPTION,
        }
        for edit in hunk.edits
    ]
    codes = list(dict.fromkeys(edit.code for edit in hunk.edits))
    return {"codes": codes, "edits": edits, "rows": rows(hunk)}


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
