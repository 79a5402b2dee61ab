"""Plugins whose fixtures run on a loop of their own choice, whatever the configuration says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loopscope.requirements import is_pin_file
from loopscope.types import Scope


@dataclass(frozen=True, slots=True)
class PluginLoops:
    """A plugin with the names of its async fixtures, and the loop scope that all of them have."""

    package: str
    fixtures: frozenset[str]
    loop_scope: Scope


PLUGIN_LOOPS = (
    PluginLoops(
        "pytest-playwright-asyncio",
        frozenset(
            {"playwright", "browser_type", "launch_browser", "browser", "new_context", "context",
             "page"}
        ),
        Scope.SESSION,
    ),
)  # fmt: skip


def used_plugins(files: Mapping[str, bytes]) -> Iterator[PluginLoops]:
    """Yield the plugins that a project declares; ``files`` are its files with their contents."""
    declaring = [data for path, data in files.items() if is_pin_file(path)]
    for plugin in PLUGIN_LOOPS:
        name = re.escape(plugin.package.encode()).replace(rb"\-", rb"[-_.]")
        if any(re.search(rb"(?i)\b" + name + rb"(?![-\w])", data) for data in declaring):
            yield plugin
