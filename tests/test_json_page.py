"""docs/json.md shows the keys that the documents have."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from loopscope.cli.main import cli

PAGE = (Path(__file__).parents[1] / "docs" / "json.md").read_text(encoding="utf-8")
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def keys(value: object, place: str = "") -> set[str]:
    """Every key with the keys above it; lists count as their elements, ``after`` as ``before``."""
    if isinstance(value, list):
        return {key for item in value for key in keys(item, place)}
    if not isinstance(value, dict):
        return set()
    return {
        name
        for key, item in value.items()
        for name in (f"{place}.{key}", *keys(item, f"{place}.{key}".replace(".after", ".before")))
    }


@pytest.mark.parametrize(
    ("command", "example"), list(zip(("check", "map"), EXAMPLES, strict=True))
)
def test_the_example_has_the_keys_of_a_real_document(
    command: str, example: object, tmp_path: Path
) -> None:
    suite = tmp_path / "test_a.py"
    (tmp_path / "pytest.ini").write_text("[pytest]\nasyncio_mode = auto\n")
    suite.write_text(
        "import asyncio, pytest\n"
        "loop = asyncio.get_event_loop()\n"
        "@pytest.fixture\nasync def one(): ...\n"
        "async def test_a(one): ...\n"
    )
    (tmp_path / "test_broken.py").write_text("def event_loop(:\n")
    result = CliRunner().invoke(cli, [command, str(tmp_path), "--format", "json"])
    assert keys(json.loads(result.stdout)) == keys(example)
