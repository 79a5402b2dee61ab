from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from loopscope.output.patch import Patches
from loopscope.types import Change
from tests import programs

CHANGES = [Change("a.py", b"old\r\n", b"new\r\n", ()), Change("b.ini", None, b"b", ())]


def suites(root: Path, *labels: str) -> None:
    for label in labels:
        (root / label).mkdir(parents=True, exist_ok=True)
        (root / label / "a.py").write_bytes(b"old\r\n")


def is_migrated(root: Path) -> bool:
    return ((root / "a.py").read_bytes(), (root / "b.ini").read_bytes()) == (b"new\r\n", b"b")


def run(command: str) -> None:
    programs.run(shlex.split(command), check=True)


def test_one_patch_for_all_suites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    suites(tmp_path, "one", "two/deep")
    patches = Patches(Path("out/x.patch"), None)
    for label in ("one", "two/deep"):
        assert patches.add(label, CHANGES) == ()
    assert patches.finish() == ()
    assert patches.commands == ["git apply out/x.patch"]
    run(patches.commands[0])
    assert is_migrated(tmp_path / "one")
    assert is_migrated(tmp_path / "two/deep")


def test_one_patch_for_each_suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    labels = (".", "a/b", "a-b", "with blank")
    suites(tmp_path, *labels)
    patches = Patches(None, Path("out"))
    for label in labels:
        assert patches.add(label, CHANGES) == ()
    own = f"{tmp_path.name}.patch"
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert names == {own, "a-b.patch", "a-b-2.patch", "with blank.patch"}
    for command in patches.commands:
        run(command)
    assert all(is_migrated(tmp_path / label) for label in labels)


def test_names_that_some_file_systems_take_for_one_get_a_patch_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    patches = Patches(None, Path("out"))
    for label in ("api", "API", "caf\u00e9", "cafe\u0301", "a/b", "a-b-2", "a-b", "a_b"):
        suites(tmp_path, label)
        assert patches.add(label, CHANGES) == ()
    names = [path.name for path in (tmp_path / "out").iterdir()]
    assert len(names) == len(patches.commands) == 8
    assert {"api.patch", "API-2.patch", "a-b.patch", "a-b-2.patch", "a-b-3.patch"} <= set(names)


def test_suites_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    suites(tmp_path, "one", "two")
    patches = Patches(Path("x.patch"), None)
    for label in ("../one", "../two"):
        patches.add(label, CHANGES)
    patches.finish()
    run(patches.commands[0])
    assert is_migrated(tmp_path / "one")
    assert is_migrated(tmp_path / "two")


def test_older_patch_does_not_outlive_a_run_without_changes(tmp_path: Path) -> None:
    path = tmp_path / "x.patch"
    path.write_text("--- older")
    patches = Patches(path, None)
    assert patches.finish() == ()
    assert (path.read_bytes(), patches.commands) == (b"", [])


def test_patch_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    patches = Patches(tmp_path / "file/x.patch", tmp_path / "file")
    suites(tmp_path, "one")
    [error] = patches.add(str(tmp_path / "one"), CHANGES)
    assert error.path.endswith("/one.patch")
    [error] = patches.finish()
    assert error.path.endswith("file/x.patch")
