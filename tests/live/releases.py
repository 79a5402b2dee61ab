"""Environments with the releases of pytest-asyncio that guides and error texts speak of."""

from __future__ import annotations

from .environments import LEGACY, MODERN, Environment

RELEASES = {
    "0.21": LEGACY,
    "0.23": Environment("guides-0.23", ("pytest<8", "pytest-asyncio==0.23.8")),
    "1.5": MODERN,
}
# The same for suites that need more than pytest and pytest-asyncio.
WITH_LIBRARIES = {
    "0.21": Environment("guides-0.21", (*LEGACY.requirements, "uvloop")),
    "0.26": Environment("guides-0.26", ("pytest<9", "pytest-asyncio==0.26.0", "uvloop")),
    "1.5": Environment("guides-1.5", (*MODERN.requirements, "anyio", "trio", "uvloop")),
}
