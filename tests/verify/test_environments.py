"""Environments that are made, and what is found out about those that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.verify import CannotRun
from loopscope.verify.environments import Environment, by_hand, interpreter, missing
from loopscope.verify.interpreters import inspect
from tests import programs

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOOPSCOPE_CACHE", str(tmp_path / "cache"))


def test_packages_below_are_seen_after_its_own_and_what_fails_is_said(tmp_path: Path) -> None:
    for folder in ("one folder", "d\N{LATIN SMALL LETTER U WITH DIAERESIS}"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"in_{len(folder)}.py").touch()
        (tmp_path / folder / "iniconfig.py").write_text("1 / 0")
    below = tuple(map(str, sorted(tmp_path.iterdir())))
    nowhere = f"nowhere @ {(tmp_path / 'nowhere').as_uri()}"
    environment = Environment("after", ("iniconfig",), (nowhere,), below=below)
    python = interpreter(environment)
    code = "import in_2, in_10, iniconfig; print(iniconfig.__file__)"
    done = programs.run([python, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()).is_relative_to(environment.folder)
    assert missing(environment) == (nowhere,)
    assert "--after-python after/bin/python" in by_hand(environment, "--after-python")
    made = python.stat().st_mtime_ns
    assert interpreter(environment).stat().st_mtime_ns == made


def test_another_content_is_another_environment() -> None:
    one = Environment("after", ("pytest",), below=("/a",))
    assert one.folder == Environment("after", ("pytest",), below=("/a",)).folder
    for other in (
        Environment("after", ("pytest>=8",), below=("/a",)),
        Environment("after", ("pytest",), below=("/b",)),
        Environment("after", (), ("pytest",), below=("/a",)),
    ):
        assert one.folder != other.folder


def test_what_cannot_be_installed_is_said_with_the_commands_to_do_it(tmp_path: Path) -> None:
    nowhere = f"nowhere @ {(tmp_path / 'nowhere').as_uri()}"
    with pytest.raises(CannotRun) as caught:
        interpreter(Environment("before", (nowhere,)))
    assert "make it by hand" in caught.value.message
    assert "-m venv before" in caught.value.details
    assert "--before-python before" in caught.value.details


def test_what_is_no_python_is_said(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="cannot be run as a Python"):
        inspect(tmp_path / "python")


def test_an_interpreter_says_what_it_has(legacy_python: Path) -> None:
    found = inspect(legacy_python)
    assert found.pytest_asyncio == "0.21.2"
    assert any(want.startswith("pytest") for want in found.wants["pytest-asyncio"])
