"""The rules as LibCST codemods, run by LibCST's own tool."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests import programs

pytestmark = pytest.mark.slow

MODULE = dedent("""\
    import asyncio
    import pytest


    @pytest.fixture
    async def one():
        return asyncio.get_event_loop()


    @pytest.mark.asyncio(scope="module")
    async def test_a(one): ...
""")
OVERRIDE = dedent("""\


    @pytest.fixture
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
""")


def codemod(command: str, path: Path) -> subprocess.CompletedProcess[str]:
    """``-x`` means a class by its full name, ``--no-format`` that Black is not needed."""
    tool = [sys.executable, "-m", "libcst.tool", "codemod", "-x", f"loopscope.libcst.{command}"]
    return programs.run(
        [*tool, "--no-format", "-j", "1", str(path)],
        capture_output=True,
        text=True,
        cwd=path.parent,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "old", "new"),
    [
        ("RunningLoop", "asyncio.get_event_loop()", "asyncio.get_running_loop()"),
        (
            "AsyncFixtureDecorator",
            "import pytest\n\n\n@pytest.fixture\n",
            "import pytest\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture\n",
        ),
        ("MarkScope", '(scope="module")', '(loop_scope="module")'),
    ],
)
def test_command_does_its_rule_and_no_other(
    command: str, old: str, new: str, tmp_path: Path
) -> None:
    path = tmp_path / "test_a.py"
    path.write_text(MODULE)
    done = codemod(command, path)
    assert done.returncode == 0, done.stderr
    assert path.read_text() == MODULE.replace(old, new)


def test_line_ends_and_encoding_stay(tmp_path: Path) -> None:
    path = tmp_path / "test_a.py"
    head = "# coding: latin-1\n# \N{LATIN SMALL LETTER E WITH ACUTE}\n"
    before = (head + MODULE).replace("\n", "\r\n").encode("latin-1")
    path.write_bytes(before)
    assert codemod("RunningLoop", path).returncode == 0
    assert path.read_bytes() == before.replace(b"get_event_loop", b"get_running_loop")


def test_finding_is_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "helper.py"
    path.write_text("import asyncio\n\n\ndef loop():\n    return asyncio.get_event_loop()\n")
    done = codemod("RunningLoop", path)
    assert "WARNING: line 5: LS303 get_event_loop() in a sync function" in done.stderr
    assert "1 warnings were generated" in done.stderr


def test_marks_of_a_file_with_an_override_are_left_to_migrate(tmp_path: Path) -> None:
    path = tmp_path / "test_a.py"
    path.write_text(MODULE + OVERRIDE)
    done = codemod("MarkScope", path)
    assert path.read_text() == MODULE + OVERRIDE
    assert "line 15: overrides event_loop" in done.stderr
    assert "run loopscope migrate" in done.stderr
