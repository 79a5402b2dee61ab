"""The standard library goes through an editor unchanged."""

from __future__ import annotations

import ast
import random
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from loopscope.python_source.source import SourceError, decode, encode
from loopscope.rewriting.file_editor import FileEditor


def _sample() -> list[Path]:
    root = Path(sysconfig.get_path("stdlib"))
    files = [
        path
        for path in sorted(root.rglob("*.py"))
        if "site-packages" not in path.parts and path.stat().st_size < 40_000
    ]
    return random.Random(107).sample(files, min(150, len(files)))


@pytest.mark.parametrize("path", _sample(), ids=lambda path: path.name)
def test_standard_library_round_trip(path: Path) -> None:
    data = path.read_bytes()
    try:
        source = decode(data)
        tree = ast.parse(source.text)
    except (SourceError, SyntaxError):
        pytest.skip("broken on purpose")
    assert encode(source, source.text) == data
    editor = FileEditor(source.text, source.newline)
    assert editor.render() == source.text
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    names = [node.name for node in ast.walk(tree) if isinstance(node, kinds)]
    seen: list[str] = []

    def note(node: Any) -> Any:
        seen.append(node.name.value)
        return node

    for ordinal in range(len(names)):
        editor.edit_definition(ordinal, note)
    assert editor.render() == source.text
    assert sorted(seen) == sorted(names)
