"""Choose the tests of a mutant: those that run one of its lines, the shortest ones first.

This is a plugin of pytest, too: it runs only the tests that ``CHOSEN`` lists, in that order.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import CoverageData

CHOSEN = Path("chosen-tests.json")
MEASURE = "--cov=loopscope --cov-context=test --cov-report="
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
                line: sorted({_test(context) for context in contexts if context != _AT_IMPORT})
                for line, contexts in data.contexts_by_lineno(file).items()
            }
            self._lines[str(Path(file).relative_to(root))] = lines
            size.update(test for tests in lines.values() for test in tests)
        self._size = size

    def tests(self, path: Path, first: int, last: int) -> list[str]:
        """List the ids of the tests that run one of the lines, all of them where none is known."""
        lines = self._lines.get(str(path), {})
        found = {test for line in range(first, last + 1) for test in lines.get(line, ())}
        return sorted(found or self._size, key=lambda test: (self._size[test], test))


def _test(context: str) -> str:
    return context.rpartition("|")[0]


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the chosen tests."""
    by_id = {item.nodeid: item for item in items}
    chosen = list(_chosen(by_id))
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def _chosen(by_id: dict[str, pytest.Item]) -> Iterator[pytest.Item]:
    for name in json.loads(CHOSEN.read_text(encoding="utf-8")):
        if name in by_id:
            yield by_id[name]
