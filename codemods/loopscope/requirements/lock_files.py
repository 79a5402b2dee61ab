"""Lock files of Poetry, uv, PDM and pipenv, and pylock.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loopscope.requirements.compatibility import PLUGIN
from loopscope.requirements.pin import Kind, Pin
from loopscope.requirements.source_text import SourceText

_TOML = re.compile(r'^name = "pytest[-_.]asyncio"\r?\nversion = "([^"]+)"', re.MULTILINE)
_JSON = re.compile(r'"pytest[-_.]asyncio"\s*:\s*\{[^{}]*?"version"\s*:\s*"==([^"]+)"')


def read_lock(source: SourceText) -> Iterator[Pin]:
    """Find the locked versions of pytest-asyncio itself, several where they differ by Python."""
    pattern = _JSON if source.path.endswith("Pipfile.lock") else _TOML
    for found in pattern.finditer(source.text):
        version = f"=={found[1]}"
        line = source.line(found.start())
        yield Pin(
            source.path, line, PLUGIN, version, Kind.LOCK, versions=(version,), start=found.start()
        )
