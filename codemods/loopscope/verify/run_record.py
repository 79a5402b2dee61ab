"""The record of the probe, as values: read when it is whole, and followed while it grows."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from loopscope.analysis.suite.trace import TracedFunction
from loopscope.disk import open_regular
from loopscope.frozen import frozen
from loopscope.types import Scope
from loopscope.verify.collected import Collected, CollectedReader


@frozen
class TestRun:
    """One test: how each phase ended, and the serial numbers of the loops that it met."""

    __test__ = False

    outcomes: Mapping[str, str]
    loop: int | None = None  # ran the test's own coroutine
    event_loop: int | None = None  # was the value of a fixture named event_loop
    fixtures: tuple[tuple[str, int], ...] = ()  # async fixtures, with the loop they were made on
    error: str = ""
    seconds: float = 0.0
    process: str = ""  # "" or the name of the xdist worker that ran it
    used: tuple[str, ...] = ()  # every fixture by name, also those asked for while running
    took: bool = False  # its sync code, or that of a fixture, asked for the current loop
    around: int | None = None  # the loop on which pytest-asyncio set up a sync fixture of it
    given: bool = False  # it got event_loop for its mark or by autouse, nobody asked for it
    settings: tuple[str, ...] | None = None  # what was set on its loop; None: not known
    closed: tuple[str, ...] = ()  # fixtures made on a loop that was closed when it used them

    @property
    def home(self) -> int | None:
        """The loop that the test lives on; None for a test that has nothing to do with loops.

        A sync test has no coroutine: the loop that it drives by hand counts, or else the one
        that its async fixtures were made on. One that is given a loop, below an asyncio mark by
        the old pytest-asyncio or by autouse, has it where its code asked for the current one.
        """
        if self.loop is not None:
            return self.loop
        if self._uses_event_loop:
            return self.event_loop
        return self.fixtures[0][1] if self.fixtures else None

    @property
    def _uses_event_loop(self) -> bool:
        return self.event_loop is not None and (self.took or not self.given)

    @property
    def failed(self) -> bool:
        """Whether it failed, or had an error in its set-up or teardown."""
        return not {"failed", "error"}.isdisjoint(self.outcomes.values())

    @property
    def strays(self) -> dict[str, int]:
        """The async fixtures, and event_loop, that are on another loop than the test."""
        used = list(self.fixtures)
        if self.event_loop is not None and self._uses_event_loop:
            used.append(("event_loop", self.event_loop))
        return {name: loop for name, loop in used if loop != self.home}


@frozen(order=True)
class Warned:
    """A warning that concerns asyncio."""

    test: str  # "" where it was given outside of a test
    category: str
    message: str


@frozen
class SuiteRun:
    """One run of a suite."""

    exit_code: int | None  # None: pytest did not come to its end
    tests: Mapping[str, TestRun]
    collect_errors: Mapping[str, str] = field(default_factory=dict)
    warnings: frozenset[Warned] = frozenset()
    python: str = ""
    pytest: str = ""
    pytest_asyncio: str = ""  # "" where it is not installed
    unfinished: tuple[str, ...] = ()  # tests that had begun when the run was cut off
    functions: tuple[TracedFunction, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)  # path -> sha256
    kinds: Mapping[int, str] = field(default_factory=dict)  # loop -> its class
    order: tuple[str, ...] = ()  # what was to run, as it was collected; empty: not known
    ended: str = ""  # how, in words, where it did not end as runs do
    output: str = ""  # the end of what pytest printed
    format: int = 1  # of the record
    collected: Collected | None = None  # what pytest collected, where it ran nothing

    @property
    def loops(self) -> int:
        """Count the separate loops of the tests."""
        return len({test.home for test in self.tests.values()} - {None})

    @property
    def passed(self) -> int:
        """Count the tests that did what they were to do, xfail included."""
        good = {"passed", "xfailed", "xpassed"}
        return sum(test.outcomes.get("call") in good for test in self.tests.values())

    @property
    def never_ran(self) -> tuple[str, ...]:
        """List the tests that were to run and had not begun when the run ended."""
        return tuple(sorted(set(self.order) - self.tests.keys() - set(self.unfinished)))

    @property
    def failed(self) -> int:
        """Count the tests that failed, or had an error in their set-up or teardown."""
        return sum(test.failed for test in self.tests.values())


def parse(lines: Iterable[str]) -> SuiteRun:
    """Parse the lines of all processes of a run, each process's in their order.

    A line that was cut off is passed over.

    Raises:
        ValueError: No line says that a run has begun.
    """
    reader = _Reader()
    for line in lines:
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(entry, dict):
            reader.take(entry)
    return reader.run()


class _Reader:
    def __init__(self) -> None:
        self._start: Mapping[str, Any] | None = None
        self._exit: int | None = None
        self._begun: dict[str, None] = {}
        self._tests: dict[str, TestRun] = {}
        self._errors: dict[str, str] = {}
        self._warnings: set[Warned] = set()
        self._serials: dict[tuple[str, int], int] = {}
        self._functions: dict[tuple[str, int, str, str], TracedFunction] = {}
        self._digests: dict[str, str] = {}
        self._kinds: dict[int, str] = {}
        self._order: dict[str, None] = {}
        self._collected = CollectedReader()

    def take(self, entry: Mapping[str, Any]) -> None:
        kind, main = entry.get("kind"), not entry.get("process")
        if kind == "start":
            self._start = entry if main or self._start is None else self._start
        elif kind == "begin":
            self._begun[entry["test"]] = None
        elif kind == "loop":
            self._kinds[self._number(entry["process"], entry["loop"])] = entry["class"]
        elif kind == "items":
            self._order.update(dict.fromkeys(entry["tests"]))
        elif kind == "test":
            self._test(entry)
        elif kind == "collect":
            self._errors[entry["node"]] = entry["error"]
        elif kind == "warning":
            self._warnings.add(Warned(entry["test"], entry["category"], entry["message"]))
        elif kind == "function":
            self._function(entry)
        elif kind == "file":
            self._digests[entry["path"]] = entry["sha256"]
        elif kind == "end" and main:
            self._exit = entry["exit"]
        else:
            self._collected.take(entry)

    def _test(self, entry: Mapping[str, Any]) -> None:
        """Of several attempts the last counts.

        The controller of xdist reports every test too, but has seen none of its loops.
        """
        name, process = entry["test"], entry["process"]
        known = self._tests.get(name)
        run = TestRun(
            outcomes=entry["outcomes"],
            loop=self._serial(process, entry["loop"]),
            event_loop=self._serial(process, entry["event_loop"]),
            fixtures=tuple(
                (fixture, self._number(process, loop)) for fixture, loop in entry["fixtures"]
            ),
            error=entry["error"],
            seconds=entry["seconds"],
            process=process,
            used=tuple(entry["used"]),
            took=entry.get("took", False),
            around=self._serial(process, entry.get("around")),
            given=entry.get("given", False),
            settings=None if entry.get("set") is None else tuple(entry["set"]),
            closed=tuple(entry.get("closed", ())),
        )
        if process or known is None or not known.process:
            self._tests[name] = run

    def _function(self, entry: Mapping[str, Any]) -> None:
        """Several processes may have met the same function: each knows a part."""
        place = (entry["path"], entry["line"], entry["module"], entry["fixture"])
        known = self._functions.get(place)
        asks = (*(known.requested if known else ()), *entry["asks"])
        self._functions[place] = TracedFunction(
            path=entry["path"],
            line=entry["line"],
            module=entry["module"],
            fixture=entry["fixture"],
            base_id=entry["holder"],
            scope=Scope.parse(entry["scope"]) or (known.scope if known else Scope.FUNCTION),
            is_async=entry["async"],
            arguments=tuple(entry["arguments"]),
            requested=tuple(dict.fromkeys(asks)),
            on_loop=entry["on_loop"] or (known is not None and known.on_loop),
        )

    def _serial(self, process: str, serial: int | None) -> int | None:
        return None if serial is None else self._number(process, serial)

    def _number(self, process: str, serial: int) -> int:
        return self._serials.setdefault((process, serial), len(self._serials))

    def run(self) -> SuiteRun:
        if self._start is None:
            raise ValueError("this is no record of the probe")
        return SuiteRun(
            exit_code=self._exit,
            tests=self._tests,
            collect_errors=self._errors,
            warnings=frozenset(self._warnings),
            python=self._start["python"],
            pytest=self._start["pytest"],
            pytest_asyncio=self._start["asyncio"],
            unfinished=tuple(name for name in self._begun if name not in self._tests),
            functions=tuple(self._functions.values()),
            digests=self._digests,
            kinds=self._kinds,
            order=tuple(self._order),
            format=self._start.get("format", 1),
            collected=self._collected.found,
        )


class RunProgress:
    """Reads a record while it grows; it may not be there yet."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._begin()

    def _begin(self) -> None:
        self._read = 0
        self._rest = b""  # the beginning of a line that is still being written
        self._done: set[str] = set()
        self._total = 0

    def look(self) -> tuple[int, int]:
        """Count the tests that have ended, and all tests; 0 until that is known."""
        for line in self._new_lines(self._record):
            if line.startswith(b'{"kind": "test"'):
                self._done |= {_field(line, "test")} - {""}
            elif line.startswith(b'{"kind": "collected"'):
                self._total = int(_field(line, "tests") or 0)
        if not self._total:  # under xdist the workers collect, all of them the same
            self._total = _collected(self._record.with_name(f"{self._record.name}.gw0"))
        return len(self._done), self._total

    def _new_lines(self, path: Path) -> list[bytes]:
        try:
            with open_regular(str(path)) as file:
                if os.fstat(file.fileno()).st_size < self._read:  # begun anew
                    self._begin()
                file.seek(self._read)
                data = file.read()
        except OSError:
            return []
        self._read += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        return lines


def _collected(path: Path) -> int:
    try:
        with open_regular(str(path)) as file:
            head = file.read(1 << 16).split(b"\n")
    except OSError:
        return 0
    lines = (line for line in head[:-1] if line.startswith(b'{"kind": "collected"'))
    return int(_field(next(lines, b""), "tests") or 0)


def _field(line: bytes, name: str) -> str:
    try:
        return str(json.loads(line)[name])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
