"""A small legacy suite on disk, and the command line as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests import programs

CONFTEST = b"""\
import asyncio

import pytest


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
TEST = b"async def test_a(event_loop):\n    pass\n"
MIGRATED = b"async def test_a():\n    pass\n"
SUITE = {
    "pytest.ini": b"[pytest]\nasyncio_mode = auto\n",
    "conftest.py": CONFTEST,
    "test_a.py": TEST,
}

# Root may read and write everything, whatever the modes say: without these it may not.
WITHOUT_PRIVILEGES = """\
import ctypes, os
if os.geteuid() == 0:
    libc = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    for number in (0, 1, 2):  # effective, permitted, inheritable
        sets[number] &= ~0b111  # CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    assert libc.capset(header, sets) == 0
"""


@dataclass(frozen=True)
class Result:
    """What a run left behind."""

    code: int
    out: str
    err: str


def make(root: Path, files: Mapping[str, bytes] | None = None) -> Path:
    """Write ``SUITE`` and ``files`` below ``root``."""
    for name, data in {**SUITE, **(files or {})}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def loopscope(root: Path, *arguments: str, prelude: str = "") -> Result:
    """Run the command line in ``root``; ``prelude`` is Python that is run before it."""
    program = f"{prelude}\nfrom loopscope.cli.main import main\nmain()\n"
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent)}
    done = programs.run(
        [sys.executable, "-c", program, *arguments],
        cwd=root, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False,
    )  # fmt: skip
    return Result(done.returncode, os.fsdecode(done.stdout), os.fsdecode(done.stderr))


def given_up(root: Path, message: str, prelude: str = "", *arguments: str) -> Result:
    """Migrate ``root``: exit code 2 and ``message`` as an error, and the rest is done."""
    result = loopscope(root, "migrate", *arguments, prelude=prelude)
    assert "Traceback" not in result.err
    assert message in result.err, result.err
    assert result.code == 2
    assert (root / "test_a.py").read_bytes() == MIGRATED
    assert b"event_loop" not in (root / "conftest.py").read_bytes()
    assert nothing_is_left(root)
    return result


def nothing_is_left(root: Path) -> bool:
    """Whether no draft, backup or journal lies about."""
    return not list(root.rglob(".loopscope*"))
