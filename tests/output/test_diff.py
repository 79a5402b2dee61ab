from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.output.patch import diff
from loopscope.types import Change
from tests import programs

EDGES = {
    "plain.py": (b"a\nb\n", b"a\nc\n"),
    "crlf.py": (b"a\r\nb\r\nc\r\n", b"a\r\nc\r\n"),
    "mixed_line_ends.py": (b"a\r\nb\nc\rd\n", b"a\r\nB\nc\rd\n"),
    "only_carriage_returns.py": (b"a\rb\r", b"a\rc\r"),
    "no_final_newline.py": (b"a\nb", b"a\nc"),
    "gets_final_newline.py": (b"a\nb", b"a\nb\n"),
    "loses_final_newline.py": (b"a\nb\n", b"a\nb"),
    "bom_and_latin.py": (b"\xef\xbb\xbf# \xe4\nb\n", b"\xef\xbb\xbf# \xe4\nc\n"),
    "form_feed.py": (b"a\n\x0c\nb\n", b"a\n\x0c\nc\n"),
    "emptied.py": (b"a\nb\n", b""),
    "filled.py": (b"", b"a\n"),
    "sub/with blank.py": (b"a\n", b"b\n"),
    'sub/"quoted".py': (b"a\n", b"b\n"),
    "sub/\N{LATIN SMALL LETTER E WITH ACUTE}.py": (b"a\n", b"b\n"),
    "sub/\\ back\tslash\x01.py": (b"a\n", b"b\n"),
    "sub/line\nfeed.py": (b"a\n", b"b\n"),
    "sub/trailing ": (b"a\n", b"b\n"),
    "sub/\udcff no text.py": (b"a\n", b"b\n"),
    'sub/\udcff".py': (None, b"a\n"),
    "sub/new.py": (None, b"a\n"),
    "sub/new with blank.py": (None, b"a"),
    "long.py": (b"x\n" * 30 + b"a\n" + b"y\n" * 30, b"z\n" + b"x\n" * 30 + b"y\n" * 30),
}


def changes() -> list[Change]:
    return [Change(path, before, after, ()) for path, (before, after) in EDGES.items()]


def write_before(root: Path) -> None:
    (root / "sub").mkdir(parents=True)
    for path, (before, _) in EDGES.items():
        if before is not None:
            (root / path).write_bytes(before)


def apply(patch: bytes, where: Path) -> None:
    programs.run(
        ["git", "-c", "core.autocrlf=false", "apply", "-"],
        input=patch, cwd=where, check=True, capture_output=True,
    )  # fmt: skip


def assert_after(root: Path) -> None:
    for path, (_, after) in EDGES.items():
        assert (root / path).read_bytes() == after, path


@pytest.mark.parametrize("repository", [True, False], ids=["repository", "plain folder"])
@pytest.mark.parametrize("where", ["", "deep/inside"])
def test_git_apply_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, repository: bool
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    if repository:
        programs.run(["git", "init", "-q", tmp_path], check=True)
    here = tmp_path / where
    write_before(here / "suite")
    monkeypatch.chdir(here)
    apply(b"".join(diff("suite", changes())), here)
    assert_after(here / "suite")


def test_link_is_left_and_the_file_behind_it_is_changed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "suite/sub").mkdir(parents=True)
    (tmp_path / "suite/base.py").write_bytes(b"a\n")
    for name in ("one.py", "sub/two.py"):
        (tmp_path / "suite" / name).symlink_to(tmp_path / "suite/base.py")
    for names in (["sub/two.py"], ["base.py", "one.py", "sub/two.py"]):
        (tmp_path / "suite/base.py").write_bytes(b"a\n")
        apply(b"".join(diff("suite", [Change(n, b"a\n", b"b\n", ()) for n in names])), tmp_path)
        assert (tmp_path / "suite/base.py").read_bytes() == b"b\n"
        assert (tmp_path / "suite/sub/two.py").is_symlink()


def test_absolute_label_below_the_current_directory_is_shortened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = next(diff(str(tmp_path / "suite"), [Change("a.py", b"", b"a\n", ())]))
    assert first == b"--- a/suite/a.py\n"


def test_suite_elsewhere_has_paths_from_its_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write_before(tmp_path / "suite")
    for label in ("../suite", str(tmp_path / "suite")):
        assert b"--- a/plain.py\n" in list(diff(label, changes()))
    apply(b"".join(diff("../suite", changes())), tmp_path / "suite")
    assert_after(tmp_path / "suite")


def test_suite_around_the_current_directory_has_paths_from_its_root(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert next(diff("..", [Change("a.py", b"", b"a\n", ())])) == b"--- a/a.py\n"


def test_new_file_comes_from_dev_null() -> None:
    assert list(diff(".", [Change("pytest.ini", None, b"[pytest]\n", ())]))[:2] == [
        b"--- /dev/null\n",
        b"+++ b/pytest.ini\n",
    ]
