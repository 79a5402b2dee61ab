"""What pytest collected: the part of a record that ``--collect-only`` makes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any

from loopscope.frozen import frozen


@frozen
class CollectedMark:
    """An asyncio mark, and the node that it is on."""

    node: str
    args: tuple[Any, ...]
    keywords: Mapping[str, Any]


@frozen
class CollectedFixture:
    """A fixture of an item, by the place of its definition.

    The one that wins comes first, those of its name that it overrides and asks for follow.
    """

    name: str
    path: str  # seen from the root; "" where it lies outside
    line: int
    base_id: str
    scope: str  # the word
    loop_scope: str  # that it names itself, or ""
    kind: str  # "async", "bound", "raw" or "", see the probe


@frozen
class CollectedTest:
    """A test as pytest sees it; its marks are the closest first, its fixtures in set-up order."""

    id: str
    path: str
    line: int
    is_async: bool
    on_loop: bool  # pytest-asyncio will run it
    asks: bool  # for event_loop, itself
    requests: bool  # event_loop, itself or by a fixture
    marks: tuple[CollectedMark, ...]
    fixtures: tuple[CollectedFixture, ...]


@frozen
class Collected:
    """The session, and its tests."""

    root: str
    ini: str
    mode: str
    defaults: Mapping[str, str]
    plugins: tuple[tuple[str, str], ...]
    tests: tuple[CollectedTest, ...] = field(default=())


class CollectedReader:
    """Reads the lines "session" and "item" of a record."""

    def __init__(self) -> None:
        self._session: Mapping[str, Any] | None = None
        self._tests: dict[str, CollectedTest] = {}

    def take(self, entry: Mapping[str, Any]) -> None:
        """Take a line; others are passed over."""
        if entry.get("kind") == "session":
            self._session = entry
        elif entry.get("kind") == "item":
            self._tests[entry["test"]] = CollectedTest(
                id=entry["test"],
                path=entry["path"],
                line=entry["line"],
                is_async=entry["async"],
                on_loop=entry["on_loop"],
                asks=entry["asks"],
                requests=entry["requests"],
                marks=tuple(
                    CollectedMark(mark["on"], tuple(mark["args"]), mark["keywords"])
                    for mark in entry["marks"]
                ),
                fixtures=tuple(CollectedFixture(*fixture) for fixture in entry["fixtures"]),
            )

    @property
    def found(self) -> Collected | None:
        """Return what was collected; None for the record of a run."""
        if self._session is None:
            return None
        return Collected(
            root=self._session["root"],
            ini=self._session["ini"],
            mode=self._session["mode"],
            defaults=self._session["defaults"],
            plugins=tuple((name, release) for name, release in self._session["plugins"]),
            tests=tuple(self._tests.values()),
        )
