"""Choose the tests of a mutant: those that run one of its lines, its own ones first.

This is a plugin of pytest, too: under coverage it tells which test runs, and where ``CHOSEN``
lists tests it runs only these, in that order.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from coverage import Coverage, CoverageData

import loopscope

CHOSEN = Path("chosen-tests.json")
# Lines alone, whatever pyproject.toml says: branches are twenty times as much to keep and read.
MEASURE = f"coverage run --rcfile={os.devnull} --source=codemods -m pytest"
_AT_IMPORT = ""  # the context of lines that run while no test does


class Covering:
    """Which tests run which lines of the package, as a run with ``MEASURE`` has found.

    A line that runs at import may count for every test; it belongs to those that run it, too, or
    to all where none does.
    """

    def __init__(self, data: CoverageData) -> None:
        """Read what a run in the current folder has left."""
        root = Path.cwd()
        self._lines: dict[str, dict[int, list[str]]] = {}
        size: Counter[str] = Counter()
        for file in data.measured_files():
            lines = {
                line: sorted(test for test in tests if test != _AT_IMPORT)
                for line, tests in data.contexts_by_lineno(file).items()
            }
            self._lines[str(Path(file).relative_to(root))] = lines
            size.update(test for tests in lines.values() for test in tests)
        self._size = size

    def tests(self, path: Path, first: int, last: int) -> list[str]:
        """List the ids of the tests that run one of the lines, all of them where none is known.

        Those come first whose file is named after the module, or after its rule.
        """
        lines = self._lines.get(str(path), {})
        found = {test for line in range(first, last + 1) for test in lines.get(line, ())}
        tests = self._shortest_first(found) if found else self.all()
        rule = re.search(r"ls\d+", str(path))
        name = rule[0] if rule is not None else path.stem
        return sorted(tests, key=lambda test: name not in test.partition("::")[0])

    def all(self) -> list[str]:
        """List the ids of all tests that run a line of the package."""
        return self._shortest_first(self._size)

    def _shortest_first(self, tests: Iterable[str]) -> list[str]:
        return sorted(tests, key=lambda test: (self._size[test], test))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Say which test runs the lines from here on."""
    running = Coverage.current()
    if running is not None:
        running.switch_context(item.nodeid)
    yield
    if running is not None:
        running.switch_context(_AT_IMPORT)


def pytest_collection_finish() -> None:
    """Import every module: else what runs at import belongs to the first test of all."""
    if Coverage.current() is not None:
        for module in pkgutil.walk_packages(loopscope.__path__, "loopscope."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the chosen tests."""
    if not CHOSEN.exists():
        return
    by_id = {item.nodeid: item for item in items}
    names = json.loads(CHOSEN.read_text(encoding="utf-8"))
    items[:] = [by_id.pop(name) for name in names if name in by_id]
    config.hook.pytest_deselected(items=list(by_id.values()))
