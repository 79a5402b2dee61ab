"""The command as a whole, on small projects; and what it may not leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from loopscope.verify import CannotRun
from loopscope.verify.project_copies import copy_project, copy_revision, project_above
from loopscope.verify.trace_file import load_trace
from tests import programs
from tests.batches import until

from ..live.runner import _SOURCES
from ..live.samples.sample import AUTO, override

pytestmark = pytest.mark.slow

_TESTS = """
import asyncio


async def test_one():
    pass


async def test_two():
    assert asyncio.get_running_loop()
"""


def _project(folder: Path, tests: str = _TESTS) -> Path:
    folder.mkdir()
    texts = {"pytest.ini": AUTO, "conftest.py": override("session"), "test_it.py": tests}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def _content(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _command(suite: Path, legacy: Path, modern: Path, *arguments: str) -> list[str]:
    pythons = ["--before-python", str(legacy), "--after-python", str(modern)]
    return [sys.executable, "-m", "loopscope", "verify", *pythons, str(suite), *arguments]


def _verify(
    suite: Path, legacy: Path, modern: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(_SOURCES)}
    return programs.run(
        _command(suite, legacy, modern, *arguments), env=environment, capture_output=True,
        text=True, check=False,
    )  # fmt: skip


def test_a_migration_on_the_fly_runs_as_before_and_leaves_nothing(
    tmp_path: Path,
    legacy_python: Path,
    modern_python: Path,
) -> None:
    suite = _project(tmp_path / "suite")
    once = _content(suite)
    done = _verify(suite, legacy_python, modern_python, "--format=json", "--", "-k", "one or two")
    assert done.returncode == 0, done.stdout + done.stderr
    [found] = json.loads(done.stdout)["suites"]
    assert (found["status"], found["before"]["loops"], found["after"]["loops"]) == ("same", 1, 1)
    assert "code that you trust" in done.stderr
    assert _content(suite) == once
    narrowed = _verify(suite, legacy_python, modern_python, "--", "-k", "nothing_like_it")
    assert narrowed.returncode == 2
    assert "ran no tests" in narrowed.stdout


def test_a_migration_by_hand_that_splits_a_loop_is_named(
    tmp_path: Path,
    legacy_python: Path,
    modern_python: Path,
) -> None:
    old, new = _project(tmp_path / "old"), _project(tmp_path / "new")
    (new / "conftest.py").write_text("", encoding="utf-8")
    ini = AUTO + "asyncio_default_fixture_loop_scope = function\n"
    (new / "pytest.ini").write_text(ini, encoding="utf-8")
    html = tmp_path / "out" / "verify.html"
    done = _verify(
        new, legacy_python, modern_python, "--before", str(old), "--reruns=1", "--html", str(html)
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_it.py::test_two" in html.read_text(encoding="utf-8")
    assert "loop split: " in done.stdout
    assert "test_it.py::test_two: shared its loop with test_it.py::test_one" in done.stdout
    alone = _verify(new, legacy_python, modern_python)
    assert alone.returncode == 0  # it is on loop scopes, and nothing tells what it was before
    assert "no fixture is on another loop than its user" in alone.stdout


def test_a_record_needs_one_python_and_serves_a_migration(
    tmp_path: Path, legacy_python: Path
) -> None:
    suite, record = _project(tmp_path / "suite"), tmp_path / "legacy.jsonl"
    options = ("--trace-only", "--save-trace", str(record), "--format=json")
    nowhere = tmp_path / "nowhere"
    done = _verify(suite, legacy_python, nowhere, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    [found] = json.loads(done.stdout)["suites"]
    assert (found["status"], found["before"]["loops"], found["after"]) == ("recorded", 1, None)
    done = _verify(_project(tmp_path / "other"), legacy_python, nowhere, "--trace-only")
    assert done.returncode == 2
    assert "--save-trace FILE" in done.stderr
    trace = load_trace(record)
    assert trace.async_tests == {"test_it.py::test_one", "test_it.py::test_two"}
    assert set(trace.digests) == {"conftest.py", "test_it.py"}


def test_a_flaky_test_is_no_difference(
    tmp_path: Path,
    legacy_python: Path,
    modern_python: Path,
) -> None:
    marker = tmp_path / "marker"
    flaky = f"""
import pathlib


async def test_flaky():
    marker = pathlib.Path({str(marker)!r})
    count = len(marker.read_text()) if marker.exists() else 0
    marker.write_text("x" * (count + 1))
    assert count != 1  # in the second run of all
"""
    suite = _project(tmp_path / "suite", flaky)
    done = _verify(suite, legacy_python, modern_python, "--reruns=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "flaky" in done.stdout
    assert "test_it.py::test_flaky: passed -> failed (call)" in done.stdout


def test_ids_that_are_made_up_anew_are_matched_by_function_and_order(
    tmp_path: Path,
    legacy_python: Path,
    modern_python: Path,
) -> None:
    text = """
import uuid

import pytest


@pytest.mark.parametrize("word", [uuid.uuid4().hex])
async def test_word(word): ...
"""
    suite = _project(tmp_path / "suite", text)
    done = _verify(suite, legacy_python, modern_python, "--reruns=1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "flaky" not in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to a group")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_ctrl_c_leaves_no_process_and_no_folder(
    name: str,
    tmp_path: Path,
    legacy_python: Path,
    modern_python: Path,
) -> None:
    pids = tmp_path / "pids"
    sleeper = f"""
import os, subprocess, sys, time


def test_sleeps():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    with open({str(pids)!r}, "w") as file:
        file.write(f"{{os.getpid()}} {{child.pid}}")
    time.sleep(300)


async def test_async():
    pass
"""

    def both_sleep() -> bool:
        return pids.exists() and len(pids.read_text().split()) == 2

    suite = _project(tmp_path / "suite", sleeper)
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(_SOURCES), "TMPDIR": str(tmp_path / "tmp")}
    with programs.started(
        _command(suite, legacy_python, modern_python), env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        until(lambda: process.poll() is not None or both_sleep())
        process.send_signal(getattr(signal, name))
        process.communicate(timeout=programs.LONG)
    assert process.returncode == 130
    assert not any(map(_lives, map(int, pids.read_text().split())))
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT to a group")
def test_ctrl_c_ends_the_collections_of_both_sides(
    tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    """They are under way at the same time."""
    pids = tmp_path / "pids"
    pids.mkdir()
    sleeper = f"""
import os, pathlib, subprocess, sys, time

child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
path = pathlib.Path({str(pids)!r}, str(os.getpid()))
path.with_suffix(".part").write_text(f"{{os.getpid()}} {{child.pid}}")
path.with_suffix(".part").rename(path)
time.sleep(300)


async def test_async():
    pass
"""

    def known() -> list[int]:
        files = [path for path in pids.iterdir() if not path.suffix]
        return [int(pid) for path in files for pid in path.read_text().split()]

    suite = _project(tmp_path / "suite", sleeper)
    (tmp_path / "tmp").mkdir()
    environment = {**os.environ, "PYTHONPATH": str(_SOURCES), "TMPDIR": str(tmp_path / "tmp")}
    with programs.started(
        _command(suite, legacy_python, modern_python, "--collect-only"), env=environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        until(lambda: process.poll() is not None or len(known()) == 4)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=programs.LONG)
    assert process.returncode == 130
    assert len(known()) == 4
    assert not any(map(_lives, known()))
    assert list((tmp_path / "tmp").iterdir()) == []


def _lives(pid: int) -> bool:
    """Whether the process still runs; one that waits to be reaped by init does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text() if Path("/proc").is_dir() else ""
        os.kill(pid, 0)
    except (OSError, ProcessLookupError):
        return False
    return ") Z" not in text


def test_a_suite_that_hangs_after_its_migration_is_a_difference(
    tmp_path: Path,
    legacy_python: Path,
    modern_python: Path,
) -> None:
    hangs = """
import time

import pytest_asyncio


async def test_hangs():
    if pytest_asyncio.__version__ >= "1":
        time.sleep(300)
"""
    suite = _project(tmp_path / "suite", hangs)
    done = _verify(suite, legacy_python, modern_python, "--timeout=20", "--reruns=0")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "test_hangs: had not ended" in done.stdout


# --- copies


def _git(folder: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    programs.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_copy_holds_what_git_tracks_or_would_track(tmp_path: Path) -> None:
    project = tmp_path / "project"
    (project / "sub").mkdir(parents=True)
    for name in ("kept.py", "gone.py", "new.py", ".gitignore", "junk.log", "sub/own.py"):
        (project / name).write_text("*.log\n" if name == ".gitignore" else "", encoding="utf-8")
    (project / "link.py").symlink_to("kept.py")
    (project / "absolute").symlink_to(project / "sub")
    _git(project, "init", "-q")
    _git(project, "add", "kept.py", "gone.py", "link.py", ".gitignore")
    _git(project, "commit", "-qm", "x")
    (project / "gone.py").unlink()
    copy = tmp_path / "copy"
    copy_project(project, copy)
    names = {path.relative_to(copy).as_posix() for path in copy.rglob("*")}
    assert names == {
        ".gitignore", "kept.py", "new.py", "link.py", "absolute", "sub", "sub/own.py",
    }  # fmt: skip
    assert os.readlink(copy / "link.py") == "kept.py"
    assert os.readlink(copy / "absolute") == str(copy / "sub")
    assert project_above(project / "sub") == project


def test_a_revision_is_written_without_touching_the_working_copy(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (project / "a.py").write_text("old", encoding="utf-8")
    (project / ".gitattributes").write_text("a.py export-ignore\n", encoding="utf-8")
    _git(project, "init", "-q")
    _git(project, "add", ".")
    _git(project, "commit", "-qm", "x")
    (project / "a.py").write_text("new", encoding="utf-8")
    index = (project / ".git/index").read_bytes()
    copy_revision(project, "HEAD", tmp_path / "copy")
    assert (tmp_path / "copy/a.py").read_text(encoding="utf-8") == "old"
    assert (project / "a.py").read_text(encoding="utf-8") == "new"
    assert (project / ".git/index").read_bytes() == index
    with pytest.raises(CannotRun, match="nonsense"):
        copy_revision(project, "nonsense", tmp_path / "other")
