"""Lock files of Poetry, uv, PDM, pipenv, pixi and conda-lock, and pylock.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from loopscope.requirements.compatibility import PLUGIN
from loopscope.requirements.pin import Kind, Pin
from loopscope.requirements.source_text import SourceText

_TOML = re.compile(r'^name = "pytest[-_.]asyncio"\r?\nversion = "([^"]+)"', re.MULTILINE)
_JSON = re.compile(r'"pytest[-_.]asyncio"\s*:\s*\{[^{}]*?"version"\s*:\s*"==([^"]+)"')
_YAML = re.compile(
    r"\bname: pytest[-_.]asyncio\r?\n\s+version: [\"']?(\d[\w.]*)"
    r"|/pytest[-_.]asyncio-(\d[\w.]*)-\w+\.(?:conda|tar\.bz2|whl)"
)


def read_lock(source: SourceText) -> Iterator[Pin]:
    """Find the locked versions of pytest-asyncio itself, several where they differ by Python."""
    pattern = _TOML
    if source.path.endswith("Pipfile.lock"):
        pattern = _JSON
    elif source.path.endswith(("pixi.lock", ".yml", ".yaml")):
        pattern = _YAML
    met: set[str] = set()
    for found in pattern.finditer(source.text):
        version = f"=={found[found.lastindex or 1]}"
        if version in met:
            continue  # for another platform
        met.add(version)
        line = source.line(found.start())
        yield Pin(
            source.path, line, PLUGIN, version, Kind.LOCK, versions=(version,), start=found.start()
        )
