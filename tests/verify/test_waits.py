"""What ``loopscope verify`` waits for has a limit, and an end that says what to do."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

from loopscope.cli.verify import _signals
from loopscope.requirements.installable import project_requirements
from loopscope.verify import CannotRun, environments, interpreters, project_copies
from loopscope.verify.environments import Environment, interpreter
from loopscope.verify.run_record import RunProgress
from loopscope.verify.trace_file import UnfitTrace, load_trace
from tests.programs import hanging

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="scripts, pipes with a name")


def in_front(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_a_python_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interpreters, "_PATIENCE", 0.5)
    with pytest.raises(CannotRun, match=r"has not said within 0\.5 seconds what is installed"):
        interpreters.inspect(hanging(tmp_path / "bin", "python") / "python")


def test_an_installer_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(environments, "_PATIENCE", 0.5)
    in_front(hanging(tmp_path / "bin", "uv"), monkeypatch)
    with pytest.raises(CannotRun, match=r"longer than 0\.5 seconds .* Try it by hand") as caught:
        interpreter(Environment("before", ("pytest",)))
    assert "uv venv" in caught.value.details
    assert not list((tmp_path / "cache").iterdir())


def test_git_that_does_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(project_copies, "_PATIENCE", 0.5)
    in_front(hanging(tmp_path / "bin", "git"), monkeypatch)
    (tmp_path / "project").mkdir()
    for copy in (
        lambda: project_copies.copy_project(tmp_path / "project", tmp_path / "copy"),
        lambda: project_copies.copy_revision(tmp_path / "project", "HEAD", tmp_path / "other"),
    ):
        with pytest.raises(CannotRun, match=r"took longer than 0\.5 seconds and was stopped"):
            copy()


@pytest.mark.parametrize("name", ["record.jsonl", "record.jsonl.gw0"])
def test_a_record_that_is_a_pipe(name: str, tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    record.write_text("")
    (tmp_path / name).unlink(missing_ok=True)
    os.mkfifo(tmp_path / name)
    with pytest.raises(UnfitTrace, match="pipe, socket or device; give the file that --save"):
        load_trace(record)
    assert RunProgress(record).look() == (0, 0)


def test_requirements_that_are_a_pipe_or_have_no_end(tmp_path: Path) -> None:
    for name in ("requirements.txt", "pyproject.toml"):
        os.mkfifo(tmp_path / name)
    lines = "-r requirements.txt\n-r /dev/zero\none==1 \\\r\n  --hash=x\r\ntwo\n"
    (tmp_path / "dev.txt").write_text(lines, newline="")
    found = project_requirements(tmp_path)
    assert found.requirements == ("one==1", "two")
    assert found.left_out == ("dev.txt: /dev/zero, which lies outside of the project",)


def test_under_nohup_the_end_of_the_terminal_ends_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with _signals():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
            with pytest.raises(KeyboardInterrupt):
                os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGHUP, before)
