"""Directory entries of every kind: pipes, links, names, what may not be read or written."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest

from tests import programs

from .suites import (
    MIGRATED,
    SUITE,
    TEST,
    WITHOUT_PRIVILEGES,
    given_up,
    loopscope,
    make,
    nothing_is_left,
)

ODD_NAMES = [
    b"test_ b c.py", b"test_b\nc.py", b"test_b\r.py", b"test_\xff\xfe.py", b'test_"b".py',
    b"test_\\b.py", b"test_\xc3\xa9.py", b"test_[red]b.py", b"test_*.py", b"test_'$(x)'.py",
]  # fmt: skip


def contents(root: Path) -> dict[bytes, bytes]:
    found = (path for path in root.rglob("*") if path.is_file() and path.suffix != ".patch")
    return {os.fsencode(path.relative_to(root)): path.read_bytes() for path in found}


# -- what is no file --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["test_b.py", "sub/conftest.py", "sub/pytest.ini", ".gitignore", "pyproject.toml",
             "setup.cfg", "tox.ini", "requirements.txt"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["pipe", "socket", "directory"])
def test_something_else_by_the_name_of_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, kind: str
) -> None:
    make(tmp_path, {"sub/test_c.py": TEST})
    place = tmp_path / name
    if kind == "pipe":
        os.mkfifo(place)
    elif kind == "socket":
        # the path of a socket may have some hundred characters, wherever the tests are run
        with socket.socket(socket.AF_UNIX) as made, monkeypatch.context() as there:
            there.chdir(place.parent)
            made.bind(place.name)
    else:
        place.mkdir()
    if name.endswith(".py") and kind != "directory":
        given_up(tmp_path, f"error: {name}: is a {kind}, not a file")
    else:
        result = loopscope(tmp_path, "migrate")
        assert (result.code, result.err) == (0, "")
    assert (tmp_path / "sub/test_c.py").read_bytes() == MIGRATED


# -- links ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("nowhere.py", "test_b.py: is a broken symbolic link"),
        ("test_b.py", "test_b.py: is a symbolic link in a circle"),
        ("../outside.py", "which lies outside of this suite and is left alone"),
        ("/dev/zero", "test_b.py: is a device, not a file"),
    ],
)
def test_link_that_leads_nowhere_good(tmp_path: Path, target: str, message: str) -> None:
    (tmp_path / "outside.py").write_bytes(TEST)
    root = make(tmp_path / "suite")
    (root / "test_b.py").symlink_to(target)
    given_up(root, message)
    assert (tmp_path / "outside.py").read_bytes() == TEST
    assert os.readlink(root / "test_b.py") == target


def test_linked_directories_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other/test_c.py").write_bytes(TEST)
    root = make(tmp_path / "suite", {"sub/test_b.py": TEST})
    (root / "sub/up").symlink_to("..")
    (root / "out").symlink_to("../other")
    assert loopscope(root, "migrate").code == 0
    assert (root / "sub/test_b.py").read_bytes() == MIGRATED
    assert (tmp_path / "other/test_c.py").read_bytes() == TEST


# -- names ------------------------------------------------------------------------------


@pytest.fixture
def oddly_named(tmp_path: Path) -> Path:
    root = make(tmp_path / "suite")
    for name in ODD_NAMES:
        (root / os.fsdecode(name)).write_bytes(TEST)
        (root / os.fsdecode(b"dir " + name[:-3])).mkdir()
        (root / os.fsdecode(b"dir " + name[:-3]) / "test_d.py").write_bytes(TEST)
    return root


def test_odd_names_are_migrated_and_shown_in_one_line(oddly_named: Path) -> None:
    before = contents(oddly_named)
    checked = loopscope(oddly_named, "check", "-v")
    for shown in ("test_b\\nc.py", "test_\\xff\\xfe.py", "test_[red]b.py", "dir test_ b c/test_d"):
        assert shown in checked.out
    assert (checked.code, checked.err) == (1, "")
    found = json.loads(loopscope(oddly_named, "check", "--format", "json").out)
    assert len(found["suites"][0]["changes"]) == len(before)
    assert contents(oddly_named) == before
    assert loopscope(oddly_named, "migrate").code == 0
    after = contents(oddly_named)
    assert {data for name, data in after.items() if name.endswith(b".py")} == {
        MIGRATED, after[b"conftest.py"],
    }  # fmt: skip


@pytest.mark.parametrize("way", ["--diff", "--patch", "--patch-dir"])
def test_patch_with_odd_names_applies(oddly_named: Path, way: str) -> None:
    patch = oddly_named.parent / "x.patch"
    if way == "--diff":
        patch.write_bytes(os.fsencode(loopscope(oddly_named, "migrate", "--diff").out))
    elif way == "--patch":
        assert loopscope(oddly_named, "migrate", "--patch", str(patch)).code == 1
    else:
        folder = oddly_named.parent / "patches"
        assert loopscope(oddly_named, "migrate", "--patch-dir", str(folder)).code == 1
        [patch] = folder.iterdir()
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(oddly_named.parent)}
    command = ["git", "apply", str(patch)]
    programs.run(command, cwd=oddly_named, check=True, env=environment)
    applied = contents(oddly_named)
    assert loopscope(oddly_named, "check").code == 0
    assert applied[b"test_\xff\xfe.py"] == MIGRATED


def test_oddly_named_files_that_are_broken_are_named(tmp_path: Path) -> None:
    make(tmp_path)
    for name in ODD_NAMES:
        (tmp_path / os.fsdecode(name)).write_bytes(b"def f(:\n")
    result = given_up(tmp_path, "error: test_\\xff\\xfe.py:1: this is no Python")
    assert len(result.err.splitlines()) == len(ODD_NAMES) + 1
    found = json.loads(loopscope(tmp_path, "check", "--format", "json").out)
    assert len(found["errors"]) == len(ODD_NAMES)


def test_suite_in_a_folder_of_an_odd_name(tmp_path: Path) -> None:
    root = make(tmp_path / os.fsdecode(b"a \n\xff b"))
    result = loopscope(tmp_path, "migrate", "-v")
    assert (result.code, result.err) == (0, "")
    assert "\na \\n\\xff b/test_a.py:" in result.out
    assert (root / "test_a.py").read_bytes() == MIGRATED


# -- permissions ------------------------------------------------------------------------


def test_file_and_folder_that_may_not_be_read(tmp_path: Path) -> None:
    make(tmp_path, {"test_b.py": TEST, "c/test_c.py": TEST})
    (tmp_path / "test_b.py").chmod(0)
    (tmp_path / "c").chmod(0)
    result = given_up(
        tmp_path, "error: test_b.py: cannot be read: Permission denied", WITHOUT_PRIVILEGES
    )
    (tmp_path / "c").chmod(0o755)
    assert "error: c: this directory cannot be read: Permission denied" in result.err


@pytest.mark.parametrize("name", ["pytest.ini", "pyproject.toml"])
def test_configuration_that_may_not_be_read(tmp_path: Path, name: str) -> None:
    make(tmp_path)
    make(tmp_path / "bad", {name: SUITE["pytest.ini"]})
    (tmp_path / "bad" / name).chmod(0)
    given_up(tmp_path, f"bad/{name}: cannot be read: Permission denied", WITHOUT_PRIVILEGES)


def test_read_only_file_stops_its_suite_only(tmp_path: Path) -> None:
    make(tmp_path)
    bad = make(tmp_path / "bad")
    (bad / "test_a.py").chmod(0o444)
    before = contents(bad)
    given_up(
        tmp_path,
        "bad/test_a.py: cannot be written: the file is read-only; nothing of this suite was",
        WITHOUT_PRIVILEGES,
    )
    assert contents(bad) == before


def test_read_only_directory_stops_its_suite_only(tmp_path: Path) -> None:
    make(tmp_path)
    bad = make(tmp_path / "bad")
    bad.chmod(0o555)
    before = contents(bad)
    given_up(
        tmp_path,
        "bad: cannot be written: Permission denied; nothing of this suite was written",
        WITHOUT_PRIVILEGES,
    )
    bad.chmod(0o755)
    assert contents(bad) == before
    assert nothing_is_left(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can")
def test_file_of_somebody_else_is_not_taken_away(tmp_path: Path) -> None:
    make(tmp_path)
    bad = make(tmp_path / "bad")
    (bad / "test_a.py").chmod(0o666)
    os.chown(bad / "test_a.py", 12345, -1)
    before = contents(bad)
    given_up(
        tmp_path,
        "bad/test_a.py: cannot be written: the file belongs to another user or group",
        WITHOUT_PRIVILEGES,
    )
    assert contents(bad) == before


def test_directory_that_may_be_listed_but_not_entered(tmp_path: Path) -> None:
    make(tmp_path, {"c/test_c.py": TEST})
    (tmp_path / "c").chmod(0o444)
    given_up(tmp_path, "error: c", WITHOUT_PRIVILEGES)
    (tmp_path / "c").chmod(0o755)
    assert (tmp_path / "c/test_c.py").read_bytes() == TEST
