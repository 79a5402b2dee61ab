"""Whatever a run asks of the disk before it has its suites is asked in ``observed`` alone."""

from __future__ import annotations

import ast
import builtins
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import loopscope
from loopscope import observed
from loopscope.cli.options import table_options
from loopscope.config.tool_settings import SettingsLookup
from loopscope.discovery.load import load_suites
from loopscope.types import Suite

HOUSE = Path(loopscope.__file__).parent
# All that makes a result, up to what puts it together. ``installable`` is for ``verify``.
FOLDERS = (
    "discovery", "config", "requirements", "python_source", "analysis", "loop_map", "planning",
    "rules", "rewriting",
)  # fmt: skip
FILES = [
    *(path for folder in FOLDERS for path in sorted((HOUSE / folder).rglob("*.py"))),
    *(HOUSE / name for name in ("pipeline.py", "pipeline_check.py", "cli/work.py")),
]
NOT_ALLOWED = frozenset({
    "access", "exists", "expanduser", "fwalk", "getmtime", "getsize", "is_dir", "is_file",
    "is_symlink", "isdir", "isfile", "islink", "ismount", "iterdir", "lexists", "listdir", "lstat",
    "read_bytes", "read_text", "readlink", "realpath", "resolve", "rglob", "samefile", "scandir",
    "stat",
})  # fmt: skip
MODULES = ("glob", "io", "loopscope.disk", "loopscope.processes", "shutil", "subprocess")


def asked(tree: ast.AST) -> Iterator[str]:
    """Yield what in a module may ask the disk; functions of other objects are called alike."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id == "open":
                yield "open"
        elif isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            if owner in ("os", "os.path", "Path") and node.attr in (*NOT_ALLOWED, "open", "walk"):
                yield f"{owner}.{node.attr}"
            elif node.attr in NOT_ALLOWED - {"resolve"}:
                yield node.attr
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            names = {f"{node.module}.{name.name}" for name in node.names}
            yield from names - {"glob.escape"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_no_module_asks_the_disk_by_itself(path: Path) -> None:
    if path.name != "installable.py":
        assert not list(asked(ast.parse(path.read_bytes())))


@pytest.mark.parametrize(
    "text",
    ["os.path.exists(a)", "open(a)", "Path(a).read_text()", "a.is_file()", "os.walk(a)",
     "import subprocess", "from loopscope.disk import read_regular", "map(os.path.isfile, a)"],
)  # fmt: skip
def test_what_asks_the_disk_is_seen(text: str) -> None:
    assert list(asked(ast.parse(text)))


# -- the same while it runs ---------------------------------------------------------------

TREE = {
    ".git/info/exclude": "x.py\n",
    ".gitignore": "/ignored/\n",
    "conftest.py": "from helper import *\n",
    "uv.lock": 'name = "pytest-asyncio"\nversion = "0.21"\n',
    ".github/workflows/ci.yml": "run: pip install pytest-asyncio\n",
    "one/pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--confcutdir=..'\n"
    "[tool.loopscope]\nexclude = ['left_out.py']\n",
    "one/conftest.py": "import pytest\nfrom two.support import fixtures\n"
    "@pytest.fixture\ndef event_loop(): ...\n",
    "one/test_one.py": "async def test_one(event_loop): ...\n",
    "one/left_out.py": "import asyncio\nasyncio.get_event_loop()\n",
    "one/test_doc.txt": ">>> getfixture('event_loop')\n",
    "one/tests/pytest.ini": "[pytest]\n",
    "one/tests/test_below.py": "def test_below(): ...\n",
    "two/pytest.ini": "[pytest]\npythonpath = ../one\n",
    "two/support/__init__.py": "",
    "two/support/fixtures.py": "import pytest\n@pytest.fixture\ndef db(event_loop): ...\n",
    "two/test_two.py": "import asyncio\nfrom conftest import event_loop\n",
    "three/setup.py": "",
    "three/tests/test_three.py": "def test_three(): ...\n",
    "venv/pyvenv.cfg": "",
}  # fmt: skip
ASKING = ("stat", "lstat", "scandir", "listdir", "open", "readlink", "access")


def planted(root: Path) -> Path:
    for name, text in TREE.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (root / "one" / "test_link.py").symlink_to("../two/test_two.py")
    (root / "one" / "test_near.py").symlink_to("test_one.py")
    (root / "one" / "test_broken.py").symlink_to("nowhere.py")
    return root


def test_no_question_goes_past_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = planted(tmp_path / "tree")
    past: list[str] = []

    def watched(name: str, usual: Callable[..., Any]) -> Callable[..., Any]:
        def ask(path: Any, *arguments: Any, **options: Any) -> Any:
            if isinstance(path, (str, os.PathLike)) and str(path).startswith(str(tmp_path)):
                frame, seen = sys._getframe(1), False
                while frame is not None and not seen:
                    seen = frame.f_code.co_filename == observed.__file__
                    frame = frame.f_back  # type: ignore[assignment]
                if not seen:
                    past.append(f"{name} {path}")
            return usual(path, *arguments, **options)

        return ask

    for name in ASKING:
        monkeypatch.setattr(os, name, watched(name, getattr(os, name)))
    monkeypatch.setattr(builtins, "open", watched("open", open))
    record = observed.Record()
    with record.kept():
        found = [item for item in load_suites([root]) if isinstance(item, Suite)]
        tables = [SettingsLookup().near(suite.label, table_options()) for suite in found]
    monkeypatch.undo()
    assert not past
    assert sum(bool(suite.files) for suite in found) == 2
    assert any(table.values for table in tables)
    assert observed.still_true(record.questions())
    assert record.is_whole


def test_a_table_that_click_looks_something_up_for_is_not_recorded(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.loopscope]\nbaseline = 'known.json'\n")
    record = observed.Record()
    with record.kept():
        SettingsLookup().near(str(tmp_path), table_options())
    assert not record.is_whole
