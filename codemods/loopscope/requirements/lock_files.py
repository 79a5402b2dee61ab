"""Lock files: only the version of pytest-asyncio itself is read, and nothing is written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loopscope.requirements.compatibility import PLUGIN
from loopscope.requirements.pin import Kind, Pin
from loopscope.requirements.source_text import Page

_TOML = re.compile(r'^name = "pytest[-_.]asyncio"\r?\nversion = "([^"]+)"', re.MULTILINE)
_JSON = re.compile(r'"pytest[-_.]asyncio"\s*:\s*\{[^{}]*?"version"\s*:\s*"==([^"]+)"')


def read(page: Page) -> Iterator[Pin]:
    """The locked versions (several where they differ by Python)."""
    pattern = _JSON if page.path.endswith("Pipfile.lock") else _TOML
    for found in pattern.finditer(page.text):
        version = f"=={found[1]}"
        line = page.line(found.start())
        yield Pin(
            page.path, line, PLUGIN, version, Kind.LOCK, versions=(version,), start=found.start()
        )
