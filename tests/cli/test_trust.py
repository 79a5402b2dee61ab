"""Nothing of a repository is run or imported, and nothing is written but what was given."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import programs

pytestmark = pytest.mark.slow

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

MARK = "open(__import__('os').environ['MARK'], 'a').close()\n"
HARMLESS = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\naddopts = -p evil\n",
    "pyproject.toml": '[build-system]\nbuild-backend = "evil"\nbackend-path = ["."]\n',
    "test_a.py": "async def test_a(event_loop): ...\n",
}
CONFTEST = """\
import asyncio, pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
# What a program run in this directory might pick up.
SHADOWS = (
    "evil", "setup", "sitecustomize", "usercustomize", "click", "ast", "tomli", "libcst",
    "bowler", "rich", "pathspec", "readline", "multiprocessing/__init__",
)  # fmt: skip


def snapshot(root: Path) -> dict[str, tuple[bytes, int, int]]:
    return {
        path.relative_to(root).as_posix(): (
            path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode,
        )
        for path in root.rglob("*")
        if path.is_file()
    }  # fmt: skip


def commit_all(root: Path) -> None:
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        programs.run(["git", *identity, *command], cwd=root, check=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make a git working copy full of code that leaves a mark when it runs."""
    root = tmp_path / "repository"
    for name, text in HARMLESS.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (root / "conftest.py").write_text(MARK + CONFTEST)
    for name in SHADOWS:
        path = root / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MARK)
    commit_all(root)
    program = root / "program"
    program.write_text('#!/bin/sh\ntouch "$MARK"\ncat\n')
    program.chmod(0o755)
    for option in ("core.fsmonitor", "filter.x.clean", "core.pager", "diff.external"):
        command = ["git", "config", option, str(program)]
        programs.run(command, cwd=root, check=True)
    (root / ".gitattributes").write_text("* filter=x\n")
    return root


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "--html", "../x.html"],
        ["map"],
        ["migrate", "--diff"],
        ["migrate", "--review"],
        ["migrate", "--patch", "../x.patch"],
        ["migrate"],
    ],
    ids=" ".join,
)
def test_nothing_of_the_repository_runs(
    repository: Path, tmp_path: Path, arguments: list[str]
) -> None:
    before = snapshot(repository)
    mark, home = tmp_path / "mark", tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "MARK": str(mark), "HOME": str(home)}
    done = programs.run(
        [sys.executable, "-m", "loopscope", *arguments],
        cwd=repository, input=b"n\n" * 50, capture_output=True, check=False, env=environment,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    assert not mark.exists()
    assert not list(home.iterdir())
    after = snapshot(repository)
    touched = {name for name in before | after if before.get(name) != after.get(name)}
    written = arguments == ["migrate"]
    assert touched == ({"conftest.py", "pytest.ini", "test_a.py"} if written else set())


def test_nothing_but_the_given_path_and_what_it_depends_on_is_written(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({f"{name}/conftest.py": CONFTEST for name in ("a", "b", "a/deep")})
    tree({f"{name}/pytest.ini": "[pytest]\nasyncio_mode = auto\n" for name in ("a", "b")})
    before = snapshot(tmp_path)
    assert loopscope("migrate", "a/deep").code in (0, 1)
    after = snapshot(tmp_path)
    touched = {name for name in before | after if before.get(name) != after.get(name)}
    assert touched <= {"a/deep/conftest.py", "a/conftest.py", "a/pytest.ini"}


def touched(root: Path, before: dict[str, tuple[bytes, int, int]]) -> set[str]:
    after = snapshot(root)
    return {name for name in before | after if before.get(name) != after.get(name)}


def test_patch_does_not_take_the_place_of_another_file(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({"pytest.ini": "[pytest]\nasyncio_mode = auto\n", "conftest.py": CONFTEST})
    before = snapshot(tmp_path)
    result = loopscope("migrate", "--patch", "conftest.py")
    assert (result.code, touched(tmp_path, before)) == (2, set())
    assert "'conftest.py' is there and is no patch" in result.err
    for _ in range(2):  # an older patch may go
        assert loopscope("migrate", "--patch", "x.patch").code == 1


ASKS = "async def test_x(event_loop): ...\n"
ELSEWHERE = {"pytest.ini": "[pytest]\nasyncio_mode = auto\n", "other/base.py": ASKS, "deep/a": ""}


def test_link_to_a_file_that_was_not_given_is_left_alone_and_said(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree(ELSEWHERE)
    (tmp_path / "deep/test_x.py").symlink_to("../other/base.py")
    before = snapshot(tmp_path)
    result = loopscope("migrate", "deep")
    assert (result.code, touched(tmp_path, before)) == (2, set())
    assert result.err.startswith(f"error: deep/test_x.py: is a link to {tmp_path}/other/base.py")
    assert loopscope("migrate", "deep", "other/base.py").code == 0
    assert "event_loop" not in (tmp_path / "other/base.py").read_text()


@pytest.mark.parametrize("table", [True, False])
@pytest.mark.parametrize("pattern", ["/other", "base.py"])
def test_excluded_file_is_not_changed_through_a_link(
    loopscope: Run, tree: Tree, tmp_path: Path, pattern: str, table: bool
) -> None:
    tree({f"suite/{name}": text for name, text in ELSEWHERE.items()})
    (tmp_path / "suite/deep/test_x.py").symlink_to("../other/base.py")
    if table:
        tree({"suite/pyproject.toml": f'[tool.loopscope]\nexclude = ["{pattern}"]\n'})
    before = snapshot(tmp_path)
    options = [] if table else ["--exclude", pattern]
    assert loopscope("migrate", "suite", *options).code == 0
    assert not touched(tmp_path, before) & {"suite/other/base.py", "suite/deep/test_x.py"}


def test_configuration_behind_a_link_out_of_the_suite_is_not_changed(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({"suite/conftest.py": CONFTEST, "shared.ini": "[pytest]\nasyncio_mode = auto\n"})
    tree({"suite/test_a.py": "async def test_a(event_loop): ...\n"})
    (tmp_path / "suite/pytest.ini").symlink_to("../shared.ini")
    before = snapshot(tmp_path)
    result = loopscope("migrate", "suite")
    assert (result.code, touched(tmp_path, before)) == (2, set())
    assert f"pytest.ini: is a link to {tmp_path}/shared.ini, which lies outside" in result.err


def test_escape_sequences_in_names_and_messages_are_shown(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({"pytest.ini": "[pytest]\n", "conftest.py": CONFTEST})
    tree(
        {"test_\x1b[2J.py": "def test_(:\n", "test_\x07.py": "async def test_a(event_loop): ...\n"}
    )
    for arguments in (["check"], ["check", "--color"], ["migrate"]):
        result = loopscope(*arguments)
        shown = result.out + result.err
        assert "\x1b[2J" not in shown
        assert "\x07" not in shown
        assert "test_\\x1b[2J.py" in shown


def test_escape_sequences_in_mistakes_are_shown(loopscope: Run, tree: Tree) -> None:
    tree({"\x1b[2J/pyproject.toml": "[tool.loopscope]\nx = 1\n"})
    tree({"a/pyproject.toml": '[tool.loopscope]\ntarget = "\\u001b[2J"\n'})
    for arguments in (["\x1b[2J"], ["a"], ["\x1b[2J/nowhere"]):
        result = loopscope("migrate", *arguments)
        assert result.code == 2
        assert "\x1b[2J" not in result.out + result.err
        assert "\\x1b[2J" in result.err


def test_reordered_and_invisible_text_is_shown(loopscope: Run, tree: Tree) -> None:
    tree({"pytest.ini": "[pytest]\n"})
    tree({"test_a.py": "async def test_a(event_loop): 'a\u202eb\u200bc\u3164d'\n"})
    shown = loopscope("migrate", "--diff", "--color").out
    assert "'a\\u202eb\\u200bc\\u3164d'" in shown


# -- uncommitted changes, killed runs ---------------------------------------------------


@pytest.fixture
def committed(tree: Tree, tmp_path: Path) -> Path:
    """Make a working copy in which everything is committed."""
    tree({"pytest.ini": "[pytest]\nasyncio_mode = auto\n", "conftest.py": CONFTEST})
    tree({"test_a.py": "async def test_a(): ...\n"})
    commit_all(tmp_path)
    return tmp_path


def test_uncommitted_changes_are_refused_and_named(loopscope: Run, committed: Path) -> None:
    with (committed / "conftest.py").open("a") as file:
        file.write("# mine\n")
    before = snapshot(committed)
    result = loopscope("migrate")
    assert result.code == 2
    assert result.err.startswith("error: conftest.py: has uncommitted changes")
    assert "--allow-dirty" in result.err
    assert result.out.endswith("1 suite, nothing changed, 1 error.\n")
    assert snapshot(committed) == before
    assert loopscope("migrate", "--diff").code == 1
    assert loopscope("migrate", "--allow-dirty").code == 0
    assert (committed / "conftest.py").read_text().endswith("# mine\n")


def test_untracked_file_is_refused_and_named(loopscope: Run, committed: Path) -> None:
    (committed / "test_new.py").write_text("async def test_b(event_loop): ...\n")
    before = snapshot(committed)
    result = loopscope("migrate")
    assert (result.code, snapshot(committed)) == (2, before)
    assert result.err.startswith("error: test_new.py: is not in git")


def test_uncommitted_changes_elsewhere_do_not_matter(loopscope: Run, committed: Path) -> None:
    (committed / "test_a.py").write_text("async def test_b(): ...\n")
    assert loopscope("migrate").code == 0
    assert loopscope("migrate").out == "1 suite, nothing to change.\n"


def test_files_that_do_not_change_are_not_touched(loopscope: Run, committed: Path) -> None:
    os.utime(committed / "test_a.py", (1, 1))
    (committed / "conftest.py").chmod(0o640)
    assert loopscope("migrate").code == 0
    assert (committed / "test_a.py").stat().st_mtime == 1
    assert (committed / "conftest.py").stat().st_mode & 0o777 == 0o640
    assert (committed / "conftest.py").stat().st_mtime > time.time() - 600


KILLED = """\
import os, signal, sys
left = 2  # the second file
from loopscope.output.tree import Tree
swap = Tree.swap
def swap_and_die(*arguments):
    global left
    left -= 1
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    return swap(*arguments)
Tree.swap = swap_and_die
from loopscope.cli.main import main
main()
"""


def test_run_after_a_killed_one_does_the_whole_job(loopscope: Run, committed: Path) -> None:
    expected = loopscope("migrate", "--diff").out
    done = programs.run([sys.executable, "-c", KILLED, "migrate"], cwd=committed, check=False)
    assert done.returncode < 0
    assert "event_loop" not in (committed / "conftest.py").read_text()
    assert "session" not in (committed / "pytest.ini").read_text()

    told = loopscope("check")
    assert told.code == 2
    assert told.err.startswith("error: .: a loopscope migrate is at work here, or was killed")
    assert loopscope("migrate", "--diff").code == 2

    assert loopscope("migrate").code == 0
    assert not list(committed.glob(".loopscope*"))
    made = programs.run(
        ["git", "diff", "--no-color"], cwd=committed, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    ours = [line for line in expected.splitlines() if line[0] in "+-"]
    assert [line for line in made.splitlines() if line[0] in "+-"] == ours
