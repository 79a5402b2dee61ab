"""What a repository says never decides what is written, and nothing printed is a command."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests import programs

from .suites import SUITE, TEST, loopscope, make

WRITERS = (
    ("check", "--html", "{}.html"),
    ("migrate", "--patch", "{}.patch"),
    ("migrate", "--diff", "--patch-dir", "{}"),
)


@pytest.mark.parametrize("command", WRITERS)
@pytest.mark.parametrize("kind", ["file", "dangling link", "folder", "folder above"])
def test_link_that_came_with_the_repository_is_not_followed(
    tmp_path: Path, command: tuple[str, ...], kind: str
) -> None:
    root, outside = make(tmp_path / "suite"), tmp_path / "outside"
    outside.mkdir()
    (outside / "mine").write_text("")
    name = command[-1].format("out")
    if kind == "folder above":
        name = f"reports/{name}"
        (root / "reports").symlink_to(outside)
    elif kind == "folder" or "--patch-dir" in command:
        (root / name).symlink_to(outside)
    else:
        (root / name).symlink_to(outside / ("mine" if kind == "file" else "new"))
    result = loopscope(root, *command[:-1], name)
    assert result.code == 2
    assert "Traceback" not in result.err
    assert {path.name: path.read_text() for path in outside.iterdir()} == {"mine": ""}


@pytest.mark.parametrize("command", WRITERS)
def test_links_outside_of_a_repository_are_the_users_own(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    root = make(tmp_path / "suite")
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    result = loopscope(root, *command[:-1], f"{tmp_path}/link/{command[-1].format('out')}")
    assert result.code == 1, result.err
    assert len(list((tmp_path / "real").iterdir())) == 1


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="shells need it")
def test_pipe_of_a_shell_is_written_to(tmp_path: Path) -> None:
    make(tmp_path)
    command = f"{shlex.quote(sys.executable)} -m loopscope migrate --patch >(cat >got)"
    programs.run(["bash", "-c", command + "; wait; sleep 1"], cwd=tmp_path)
    assert (tmp_path / "got").read_bytes().startswith(b"--- a/conftest.py")


def test_patch_of_somebody_else_in_a_folder_is_left_alone(tmp_path: Path) -> None:
    root = make(tmp_path / "suite")
    (root / "out").mkdir()
    (root / "out/suite.patch").write_text("diff --git a/x b/x\n")
    result = loopscope(root, "migrate", "--patch-dir", "out")
    assert "out/suite.patch: is there and is no patch: it was left alone" in result.err
    assert (root / "out/suite.patch").read_text() == "diff --git a/x b/x\n"


# -- what is printed --------------------------------------------------------------------

HOSTILE = "::error file=x::pwned"
FORMATS = ("text", "json", "sarif", "github", "gitlab", "markdown")


def commands_in(text: str) -> list[str]:
    """List the lines that the runner of GitHub obeys; it trims blanks."""
    return [line for line in text.splitlines() if line.strip().startswith(("::", "##["))]


def hostile_tree(root: Path) -> Path:
    test = TEST + b"\n# ::stop-commands::tok\n"
    make(root / HOSTILE, {"##[error]x/test_b.py": test, "::warning::x.py": b"event_loop = ("})
    make(root / f"b/{HOSTILE}", {"test_::set-output name=a::b.py": TEST})
    return root


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("color", ["--color", "--no-color"])
def test_no_line_of_a_report_is_a_command_of_a_workflow(
    tmp_path: Path, name: str, color: str
) -> None:
    root = hostile_tree(tmp_path)
    result = loopscope(root, "check", "--format", name, color, "-v")
    ours = ("::error file=", "::warning file=", "::notice file=")
    lines = commands_in(result.out + result.err)
    if name != "github":
        assert lines == []
    assert all(line.startswith(ours) for line in lines)
    assert all("::pwned" not in line.partition(",title=")[0] for line in lines)


@pytest.mark.parametrize("arguments", [["map"], ["map", "-v"], ["map", "--color"], ["migrate"]])
def test_no_line_of_another_report_is_one_either(tmp_path: Path, arguments: list[str]) -> None:
    result = loopscope(hostile_tree(tmp_path), *arguments)
    assert commands_in(result.out + result.err) == []


def test_patch_in_a_workflow_is_obeyed_by_nobody_and_taken_by_git(tmp_path: Path) -> None:
    text = TEST.replace(b"pass", b'"""\n    ::set-env name=A::B\n    """')
    root = make(tmp_path / "suite", {"test_b.py": text})
    prelude = "import os; os.environ['GITHUB_ACTIONS'] = 'true'"
    patch = loopscope(root, "migrate", "--diff", prelude=prelude).out
    first, *lines, last = patch.splitlines()
    token = first.removeprefix("::stop-commands::")
    assert (len(token), last) == (32, f"::{token}::")
    assert "     ::set-env name=A::B" in lines
    programs.run(["git", "init", "-q"], cwd=root, check=True)
    programs.run(["git", "apply", "-"], input=patch.encode(), cwd=root, check=True)
    assert (root / "test_b.py").read_bytes() == text.replace(b"(event_loop)", b"()")
    assert (root / "conftest.py").read_bytes() != SUITE["conftest.py"]


def test_patch_in_a_file_has_no_other_lines(tmp_path: Path) -> None:
    make(tmp_path)
    environment = {**os.environ, "GITHUB_ACTIONS": "true"}
    with open(tmp_path / "x.patch", "wb") as file:
        programs.run(
            [sys.executable, "-m", "loopscope", "migrate", "--diff"],
            cwd=tmp_path, env=environment, stdout=file, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    assert commands_in((tmp_path / "x.patch").read_text()) == []


@pytest.mark.parametrize("name", ["--unsafe-paths", "-R", "a b;touch pwned", "$(touch pwned)"])
def test_command_that_is_printed_does_what_it_says(tmp_path: Path, name: str) -> None:
    suite = make(tmp_path / name)
    result = loopscope(tmp_path, "migrate", "--patch-dir", ".", "--", f"./{name}")
    [command] = [line for line in result.out.splitlines() if "git" in line and "apply" in line]
    programs.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    programs.run(["sh", "-c", command[command.index("git") :]], cwd=tmp_path, check=True)
    assert (suite / "conftest.py").read_bytes() != SUITE["conftest.py"]
    assert not (tmp_path / "pwned").exists()
