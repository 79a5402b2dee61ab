"""Which loops were really met: what the probe saw, and what the suite's comments say of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from loopscope.loop_map.model import LoopMap
from loopscope.types import Scope
from loopscope.verify.run_record import SuiteRun, TestRun

_TEST = re.compile(r"\s*(?:async )?def (test_\w+)\(")
_USE = re.compile(r"# (?:(?P<user>\w+) )?uses (?P<maker>\w+)$")


@dataclass(frozen=True, slots=True)
class Use:
    """What works only on the loop of the fixture ``maker``; ``user`` is "" for the test."""

    user: str
    maker: str

    def foreign(self, test: TestRun) -> bool:
        """Whether it is done on another loop in the test, as far as it got."""
        loops: dict[str, int | None] = dict(test.fixtures)
        here = loops.get(self.user) if self.user else test.loop
        maker = loops.get(self.maker)
        return here is not None and maker is not None and here != maker


def foreign_uses(files: Mapping[str, str], run: SuiteRun) -> list[str]:
    """List what tests, and their fixtures, use of another loop."""
    by_test, by_fixture = _uses(files)
    found = []
    for node, test in run.tests.items():
        for use in [*by_test[_name(node)], *by_fixture]:
            if use.foreign(test):
                found.append(f"{node}: {use.user or 'the test'} uses {use.maker} of another loop")
    return found


def foreign_values(bound: Collection[str], run: SuiteRun) -> list[str]:
    """List the values of another loop that tests, and their fixtures, get, used or not."""
    return [
        f"{node}: gets {name} of another loop"
        for node, test in run.tests.items()
        for name, loop in test.fixtures
        if name in bound and {test.loop, None, loop, *dict(test.fixtures).values()} != {loop, None}
    ]


def failed(run: SuiteRun) -> list[str]:
    """List the tests that are not green, each with its error."""
    return [
        f"{node}: {test.error}"
        for node, test in run.tests.items()
        if not {"failed", "error"}.isdisjoint(test.outcomes.values())
    ]


def _name(node: str) -> str:
    return node.partition("[")[0].rpartition("::")[2]


def _uses(files: Mapping[str, str]) -> tuple[Mapping[str, Sequence[Use]], Sequence[Use]]:
    by_test: dict[str, list[Use]] = defaultdict(list)
    by_fixture = []
    for text in files.values():
        test = ""
        for line in text.splitlines():
            if found := _TEST.match(line):
                test = found[1]
            if found := _USE.search(line):
                use = Use(found["user"] or "", found["maker"])
                if use.user:
                    by_fixture.append(use)
                else:
                    by_test[test].append(use)
    return by_test, by_fixture


# -- the loop map ---------------------------------------------------------------------------


def misread(loop_map: LoopMap, run: SuiteRun) -> list[str]:
    """List where the modern loop map differs from what the probe saw, test by test."""
    complaints = []
    pairs: dict[tuple[str, str], tuple[object, int]] = {}
    for node, test in run.tests.items():
        base, bracket, parameters = node.partition("[")
        loops = loop_map.get(base)
        mapped = dict(loops.fixtures) if loops else {}
        if loops and loops.own is not None:
            mapped[""] = loops.own
        seen: dict[str, int] = dict(test.fixtures)
        if test.loop is not None:
            seen[""] = test.loop
        ended = "error" not in test.outcomes.get("setup", "")
        for name in sorted(seen.keys() | (mapped.keys() if ended else set())):
            if name not in mapped or name not in seen:
                where = "the map has not" if name in seen else "pytest has not"
                complaints.append(f"{node}: {_what(name)} is on a loop, which {where}")
                continue
            loop = mapped[name]
            # Each parameter set of a test has function loops of its own.
            own = loop.scope is Scope.FUNCTION or loop.region == base
            pairs[node, name] = ((loop, bracket + parameters if own else ""), seen[name])
    return complaints + list(_unequal(pairs))


def _what(name: str) -> str:
    return f"the fixture {name}" if name else "it"


def _unequal(pairs: Mapping[tuple[str, str], tuple[object, int]]) -> Iterator[str]:
    """Compare two ways to say who shares a loop: there must be one loop of each for the other."""
    by_loop: dict[object, tuple[int, tuple[str, str]]] = {}
    by_serial: dict[int, tuple[object, tuple[str, str]]] = {}
    for (node, name), (loop, serial) in pairs.items():
        here = f"{node}: {_what(name)}"
        known_serial, first = by_loop.setdefault(loop, (serial, (node, name)))
        if known_serial != serial:
            yield f"{here} is not on the loop of {_entry(first)}, the map says that it is: {loop}"
        known_loop, first = by_serial.setdefault(serial, (loop, (node, name)))
        if known_loop != loop:
            yield (
                f"{here} is on the loop of {_entry(first)}, the map says that it is not:"
                f" {loop} and {known_loop}"
            )


def _entry(entry: tuple[str, str]) -> str:
    node, name = entry
    return f"{node} ({_what(name)})" if name else node
