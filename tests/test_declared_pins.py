"""The search for declarations that loopscope misses."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.declared_pins import Hit, main, verdict
from tests.programs import LONG

DOCUMENT: dict[str, Any] = {
    "suites": [
        {"root": ".", "status": "manual", "requires": "pytest-asyncio>=1.1",
         "changes": [{"path": "a.txt", "edits": [{"code": "LS202", "line": 2},
                                                 {"code": "LS101", "line": 3}]}],
         "findings": [{"level": "action", "path": "uv.lock", "line": 7},
                      {"level": "note", "path": "a.txt", "line": 4}]},
        {"root": "sub", "status": "changed", "requires": "pytest-asyncio==1.5.0",
         "changes": [{"path": "../b.txt", "edits": [{"code": "LS202", "line": 1}]}],
         "findings": [{"level": "action", "path": "tox.ini", "line": 5}]},
        {"root": "odd", "status": "error", "requires": "", "changes": [], "findings": []},
    ],
    "errors": [{"path": "setup.cfg", "message": ""}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("path", "line", "text", "expected"),
    [
        ("a.txt", 2, "pytest-asyncio<1", "edited"),
        ("a.txt", 3, "pytest-asyncio<1", "missed"),
        ("a.txt", 4, "pytest-asyncio<1", "missed"),
        ("a.txt", 5, "  # pytest-asyncio<1", "no declaration"),
        ("a.txt", 6, "pytest-asyncio>=1.1", "right"),
        ("a.txt", 6, "x==9 pytest-asyncio>=1.0", "missed"),
        ("sub/a.txt", 6, "pytest_asyncio ==1.4.0", "missed"),
        ("sub/a.txt", 6, "pytest_asyncio = '^1.5.0'", "right"),
        ("b.txt", 1, "pytest-asyncio<1", "edited"),
        ("sub/tox.ini", 5, "pytest-asyncio<1", "action"),
        ("uv.lock", 20, "pytest-asyncio==1", "action"),
        ("poetry.lock", 20, 'pytest-asyncio = ">=0.17"', "no declaration"),
        ("poetry.lock", 20, "pytest-asyncio==0.21", "missed"),
        ("odd/setup.cfg", 3, "pytest-asyncio<1", "unread"),
    ],
)
def test_what_a_report_makes_of_a_place(path: str, line: int, text: str, expected: str) -> None:
    assert verdict(Hit(path, line, text), DOCUMENT) == expected


@pytest.mark.slow
def test_a_repository(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "pytest-asyncio==0.21.1\n",
        "CHANGELOG.md": "pytest-asyncio==0.21.1\n",
        "poetry.lock": '[[package]]\nname = "pytest-asyncio"\nversion = "0.21.1"\n',
        "notes.txt": "pytest-asyncio==0.21.1\n",
        "test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(event_loop):\n"
        "    pass\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True, timeout=LONG)
    result = CliRunner().invoke(main, ["--again", str(tmp_path)])
    said = [line.split()[0] for line in result.output.splitlines()]
    assert said == ["missed", "edited", "1"], result.output
    assert result.output.endswith("1 edited, 1 missed\n")
    assert result.exit_code == 1
