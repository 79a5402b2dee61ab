"""The needs of each release, by its own metadata: the one place to add a new pytest-asyncio."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from loopscope.config.declaring_names import is_pin_file
from loopscope.frozen import frozen
from loopscope.types import Scope

Version = tuple[int, ...]

PLUGIN = "pytest-asyncio"


@frozen
class Release:
    """One pytest-asyncio series, and its newest patch release as an exact pin names it."""

    series: tuple[int, int]
    exact: str
    python: tuple[int, int]  # the oldest that it runs on
    pytest: tuple[int, int]  # the oldest that it runs on
    pytest_below: int | None = None  # the pytest that it does not run on any more


RELEASES: tuple[Release, ...] = (
    Release((0, 24), "0.24.0", (3, 8), (8, 2), 9),
    Release((0, 25), "0.25.3", (3, 9), (8, 2), 9),
    Release((0, 26), "0.26.0", (3, 9), (8, 2), 9),
    Release((1, 0), "1.0.0", (3, 9), (8, 2), 9),
    Release((1, 1), "1.1.1", (3, 9), (8, 2), 9),
    Release((1, 2), "1.2.0", (3, 9), (8, 2), 9),
    Release((1, 3), "1.3.0", (3, 10), (8, 2), 10),
    Release((1, 4), "1.4.1", (3, 10), (8, 4), 10),
    Release((1, 5), "1.5.0", (3, 10), (8, 4)),
)

# The newest patch release of each pytest that a release above names as its oldest.
PYTEST_EXACT = {(8, 2): "8.2.2", (8, 4): "8.4.2"}


@frozen
class Companion:
    """A plugin that must move along: ``below`` is the first release that works, if one does.

    An exact pin moves to ``exact``; a plugin without one is left to a person. Both need the
    releases of other packages in ``needs``, from there on.
    """

    below: Version | None
    since: tuple[int, int]  # the pytest-asyncio from which on it matters
    reason: str
    exact: str = ""
    needs: tuple[tuple[str, Version], ...] = ()


_ASKS = "asks for the event_loop fixture, which pytest-asyncio 1.0 dropped"
COMPANIONS = {
    "pytest-aiohttp": Companion((1, 1), (1, 0), _ASKS, "1.1.0", (("aiohttp", (3, 11)),)),
    "aresponses": Companion((3, 0), (1, 0), _ASKS, "3.0.0", (("aiohttp", (3, 7)),)),
    "pytest-homeassistant-custom-component": Companion(
        (0, 13, 110), (0, 24), "pins pytest-asyncio 0.23 or older itself"
    ),
    "pytest-operator": Companion(
        None, (0, 24), "overrides event_loop and requires pytest-asyncio below 0.23"
    ),
    "pytest-async-sqlalchemy": Companion(None, (1, 0), _ASKS),
    "pytest-aiomoto": Companion(None, (1, 0), _ASKS),
    "pytest-lazy-fixture": Companion(
        None, (0, 24), "does not run on pytest 8 (pytest-lazy-fixtures takes its place)"
    ),
    "pytest-asyncio-network-simulator": Companion(None, (1, 0), "requires pytest-asyncio below 1"),
}


@frozen
class PluginLoops:
    """A plugin with the names of its fixtures that belong to a loop.

    ``loop_scope`` is what they name, None where they leave it to the default for fixtures;
    ``scope`` is that of the widest that does.
    """

    package: str
    fixtures: frozenset[str]
    loop_scope: Scope | None
    scope: Scope = Scope.FUNCTION


# Read in the sources of pytest-playwright-asyncio 0.10.0 and pytest-aiohttp 1.1.1, and run.
PLUGIN_LOOPS = (
    PluginLoops(
        "pytest-playwright-asyncio",
        frozenset(
            {"playwright", "browser_type", "launch_browser", "browser", "new_context", "context",
             "page"}
        ),
        Scope.SESSION,
        Scope.SESSION,
    ),
    PluginLoops(
        "pytest-aiohttp",
        frozenset({"aiohttp_client", "aiohttp_server", "aiohttp_raw_server"}),
        None,
    ),
)  # fmt: skip


def used_plugins(files: Mapping[str, bytes]) -> Iterator[PluginLoops]:
    """Yield the plugins that a project declares; ``files`` are its files with their contents."""
    declaring = [data for path, data in files.items() if is_pin_file(path)]
    for plugin in PLUGIN_LOOPS:
        name = re.escape(plugin.package.encode()).replace(rb"\-", rb"[-_.]")
        if any(re.search(rb"(?i)\b" + name + rb"(?![-\w])", data) for data in declaring):
            yield plugin


# Plugins that run async tests, and have a fixture of the name event_loop. Read in the sources of
# aiomisc 18.0.37, aiomisc-pytest 2.0.0 (older releases of aiomisc are the plugin) and
# pytest-qasync 0.0.1.
WITH_EVENT_LOOP = frozenset({"aiomisc", "aiomisc-pytest", "pytest-qasync"})

_NEEDED = {name for companion in COMPANIONS.values() for name, _ in companion.needs}
WATCHED = frozenset({PLUGIN, "pytest", *WITH_EVENT_LOOP, *COMPANIONS, *_NEEDED})


def release_of(version: Version) -> Release:
    """Find the series that ``version`` belongs to, or the nearest one below it."""
    found = [release for release in RELEASES if release.series <= tuple(version[:2])]
    return found[-1] if found else RELEASES[0]
