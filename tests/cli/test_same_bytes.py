"""Writing, a patch, and a review that takes everything give the same bytes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests import programs

pytestmark = pytest.mark.slow

CONFTEST = """\
import asyncio

import pytest
import pytest_asyncio


@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


@pytest_asyncio.fixture(scope="session")
async def db(event_loop):
    # \N{LATIN SMALL LETTER E WITH ACUTE}
    yield event_loop
""".encode()
TEST = b"""\
import asyncio


async def test_a(db, event_loop):
    assert asyncio.get_event_loop() is db
"""
FILES = {
    "crlf/conftest.py": CONFTEST.replace(b"\n", b"\r\n"),
    "crlf/test_a.py": TEST.replace(b"\n", b"\r\n"),
    "crlf/pytest.ini": b"[pytest]\r\nasyncio_mode = auto",
    "bom/conftest.py": b"\xef\xbb\xbf" + CONFTEST,
    "bom/test_a.py": b"\xef\xbb\xbf" + TEST.rstrip(b"\n"),
    "bom/test with blank.py": b"\x0c" + TEST + b"\x0c\n\t\n",
    "bom/pytest.ini": b"[pytest]\nasyncio_mode = auto\n",
    "new/conftest.py": CONFTEST,
    "new/setup.py": b"from setuptools import setup\nsetup()\n",
    "new/test_a.py": TEST.replace(b"async def", b"import pytest\n@pytest.mark.asyncio\nasync def"),
    "new/latin/test_b.py": b"# coding: latin-1\nimport asyncio\nasync def f():\n"
    b"    '\xe4'; asyncio.get_event_loop()",
    "mixed/pytest.ini": b"[pytest]\nasyncio_mode = auto\r\n",
    "mixed/conftest.py": CONFTEST.replace(b"\n\n", b"\r\n\n"),
    "mixed/test_a.py": TEST.replace(b"\n\n", b"\n\r\n"),
}  # fmt: skip


def make(root: Path) -> Path:
    for name, data in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return root


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.suffix != ".patch"
    }


def loopscope(root: Path, *arguments: str, answers: bytes = b"") -> bytes:
    done = programs.run(
        [sys.executable, "-m", "loopscope", "migrate", *arguments],
        cwd=root, input=answers, capture_output=True, check=False,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent)},
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def apply(root: Path, patch: Path) -> None:
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(root.parent)}
    command = ["git", "apply", "--whitespace=nowarn", str(patch)]
    programs.run(command, cwd=root, check=True, env=environment)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Return the bytes of the files after plain writing."""
    root = make(tmp_path_factory.mktemp("written"))
    loopscope(root)
    after = contents(root)
    assert set(after) - set(FILES) == {"new/pytest.ini"}
    assert {name for name in FILES if after[name] == FILES[name]} == {"new/setup.py"}
    return after


def test_diff(tmp_path: Path, written: dict[str, bytes]) -> None:
    make(tmp_path)
    (tmp_path / "x.patch").write_bytes(loopscope(tmp_path, "--diff"))
    assert contents(tmp_path) == FILES
    apply(tmp_path, tmp_path / "x.patch")
    assert contents(tmp_path) == written


def test_diff_where_all_programs_shall_use_colour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path)
    plain = loopscope(tmp_path, "--diff")
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert loopscope(tmp_path, "--diff") == plain
    assert b"\x1b[" in loopscope(tmp_path, "--diff", "--color")


def test_patch(tmp_path: Path, written: dict[str, bytes]) -> None:
    make(tmp_path)
    loopscope(tmp_path, "--patch", "x.patch")
    assert contents(tmp_path) == FILES
    apply(tmp_path, tmp_path / "x.patch")
    assert contents(tmp_path) == written


def test_patch_dir(tmp_path: Path, written: dict[str, bytes]) -> None:
    make(tmp_path)
    loopscope(tmp_path, "--patch-dir", "patches")
    assert contents(tmp_path) == FILES
    for patch in sorted((tmp_path / "patches").iterdir()):
        apply(tmp_path, patch)
    assert contents(tmp_path) == written


@pytest.mark.parametrize(
    "answers", [b"y\n" * 50, b"a\ny\n" * 50, b"y\nA\ny\n"], ids=["y", "a", "A"]
)
def test_review(tmp_path: Path, written: dict[str, bytes], answers: bytes) -> None:
    make(tmp_path)
    loopscope(tmp_path, "--review", answers=answers)
    assert contents(tmp_path) == written


def test_review_into_a_patch(tmp_path: Path, written: dict[str, bytes]) -> None:
    make(tmp_path)
    loopscope(tmp_path, "--review", "--patch", "x.patch", answers=b"A\n")
    assert contents(tmp_path) == FILES
    apply(tmp_path, tmp_path / "x.patch")
    assert contents(tmp_path) == written
