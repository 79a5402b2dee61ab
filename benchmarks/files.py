"""Which files of a tree the work is about."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from benchmarks.floors import ALL


def what_matters(tree: Path) -> tuple[list[str], list[str]]:
    """List the Python files that a migration must parse, and those that it changes.

    The loops of a suite are those of all its tests: its test modules and conftests must be
    parsed, and what else has a trace of event loops.
    """
    from loopscope import Migration, Options, Suite, load_suites, migrate

    traces = re.compile(ALL)
    matter: list[str] = []
    change: list[str] = []
    for suite in load_suites([tree]):
        if not isinstance(suite, Suite) or not suite.files:
            continue
        matter += (
            f"{suite.label}/{path}"
            for path, data in suite.files.items()
            if path.endswith(".py") and ("/tests/" in f"/{path}" or traces.search(data))
        )
        done: Migration = migrate(suite, Options())
        change += (f"{suite.label}/{c.path}" for c in done.changes if c.path.endswith(".py"))
    return matter, change


def written(path: Path, lines: Iterable[str]) -> Path:
    """Write a file with these lines."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def lines_in(tree: Path, files: Iterable[str]) -> int:
    """How many lines the files have together."""
    return sum((tree / file).read_bytes().count(b"\n") for file in files)
