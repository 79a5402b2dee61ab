"""Runs to make pages of, and the page that a run gives."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from loopscope.cli.console import Screen
from loopscope.reports import ReportOptions
from loopscope.reports.html_report import HtmlReport
from loopscope.reports.summary import Summary
from loopscope.types import FileError, Migration, Target
from tests.suites_in_memory import AUTO, migrate_files

CONFTEST = """\
import asyncio
import pytest


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
async def connection():
    yield 1
"""
TESTS = """\
import asyncio


async def test_one(connection):
    asyncio.get_event_loop()


def test_sync(connection):
    pass


async def test_closes(event_loop):
    event_loop.close()
"""
SHOP = {"pytest.ini": AUTO, "conftest.py": CONFTEST, "test_shop.py": TESTS}
# In the names of files and suites, and in what they hold.
HOSTILE = "\"'><img src=x onerror=alert(1)></script><script>alert(2)</script>{{7*7}}\u202e\x1b[1m"


def suite(label: str, **files: str) -> Migration:
    """Migrate the shop, of which ``files`` replace some."""
    return replace(migrate_files({**SHOP, **files}, loop_maps=True), label=label)


def hostile_suite() -> Migration:
    """One in which whatever can be chosen by others is an attack."""
    comment = f"# {HOSTILE}\n".replace("\x1b", "\x0c")  # no source may hold an escape character
    found = suite(HOSTILE, **{"conftest.py": comment + CONFTEST + comment})
    [change, *others] = found.changes
    edits = tuple(replace(edit, definition=HOSTILE, message=HOSTILE) for edit in change.edits)
    change = replace(change, path=HOSTILE, edits=edits)
    findings = tuple(replace(finding, path=HOSTILE, message=HOSTILE) for finding in found.findings)
    error = FileError(HOSTILE, HOSTILE)
    return replace(
        found, config=HOSTILE, changes=(change, *others), findings=findings, errors=(error,)
    )


def options(*, wrote: bool = False) -> ReportOptions:
    screen = Screen(sys.stdout)
    return ReportOptions(Target(1, 5), screen, screen, wrote=wrote)


def page_of(migrations: Iterable[Migration], *, wrote: bool = False) -> str:
    page = HtmlReport(options(wrote=wrote))
    summary = Summary()
    for migration in migrations:
        page.suite(migration)
        summary.add(migration)
    return page.render(summary)


def page_file(folder: Path, migrations: Iterable[Migration]) -> str:
    """Return the address of a page that has been written."""
    path = folder / "report.html"
    path.write_text(page_of(migrations), encoding="utf-8", newline="\n")
    return path.as_uri()
