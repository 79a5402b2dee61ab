"""A run that takes what an earlier one came to says byte for byte what one without it says."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from loopscope.discovery import load
from loopscope.execution import earlier_run
from loopscope.execution.earlier_run import EarlierRun, Outcome
from tests.cli.conftest import Result

Run = Callable[..., Result]
Tree = Callable[[dict[str, str]], None]

LEGACY = """\
import pytest
{imports}

@pytest.mark.asyncio
async def test_one({fixture}):
    {fixture}.call_soon(print)
"""
OVERRIDE = """\
import asyncio, pytest


@pytest.fixture(scope="{scope}")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
PYTHON = [
    LEGACY.format(imports="", fixture="event_loop"),
    LEGACY.format(imports="from helper import *", fixture="event_loop"),
    LEGACY.format(imports="from a.helper import db", fixture="db"),
    OVERRIDE.format(scope="session"),
    OVERRIDE.format(scope="module"),
    "import pytest\n\n\n@pytest.fixture\ndef db(event_loop):\n    return event_loop\n",
    "def test_plain():\n    pass\n",
    "def broken(:\n",
    "",
]
TEXTS: dict[str, list[str]] = {
    "conftest.py": PYTHON,
    "test_a.py": PYTHON,
    "test_b.py": PYTHON,
    "helper.py": PYTHON,
    "__init__.py": ["", "from .helper import *\n"],
    "pytest.ini": ["", "[pytest]\nasyncio_mode = auto\n", "[pytest]\npythonpath = a\n", "[pyt"],
    "pyproject.toml": [
        "",
        "[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n",
        "[tool.loopscope]\nexclude = ['test_b.py']\n",
        "[tool.loopscope]\nstyle = 'explicit'\n[tool.pytest.ini_options]\n",
        "[tool.loopscope]\nbaseline = 'a'\n",
        "[tool.loopscope]\nno-such = 1\n",
        "[project]\ndependencies = ['pytest-asyncio==0.21.1']\n",
    ],
    "setup.cfg": ["", "[tool:pytest]\naddopts = --confcutdir=..\n"],
    ".gitignore": ["", "test_b.py\n", "a/\n", "*.py\n!test_a.py\n"],
    "requirements.txt": ["", "pytest-asyncio==0.21.1\n", "pytest-asyncio>=1\n"],
    "test_doc.txt": ["", ">>> getfixture('event_loop')\n"],
    "uv.lock": ['name = "pytest-asyncio"\nversion = "0.21.1"\n'],
    "README.md": ["one", "two"],
    "pyvenv.cfg": [""],
    ".loopscope-unfinished": [""],
}
FOLDERS = ("", "", "a", "a/b", "tests", "src", "build", ".github/workflows", ".hidden", "c")
RARE = ("pyvenv.cfg", ".loopscope-unfinished")
ARGUMENTS = (
    ["check", "-q"],
    ["check", "-v", "."],
    ["check", "a", "project"],
    ["check", "project/a", "--exclude", "test_b.py"],
    ["check", "--format", "json", "--only", "project"],
    ["map", "project"],
)


class Changes:
    """Random changes of a tree in ``here``, and sometimes of what lies above it."""

    def __init__(self, here: Path, seed: int) -> None:
        self.here, self.draw = here, random.Random(seed)

    def any(self) -> None:
        with contextlib.suppress(OSError):  # some changes are not possible
            self.draw.choices(
                (self.write, self.delete, self.rename, self.link, self.mode, self.touch,
                 self.above, self.git, self.pipe),
                (10, 4, 3, 3, 2, 2, 2, 1, 1),
            )[0]()  # fmt: skip

    def write(self) -> None:
        name = self.draw.choice(list(TEXTS))
        if name not in RARE or self.draw.random() < 0.2:
            path = self.folder() / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = self.draw.choice(TEXTS[name])
            path.write_text(text if "def broken" not in text else self.draw.choice(TEXTS[name]))

    def delete(self) -> None:
        path = self.there()
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def rename(self) -> None:
        path = self.there()
        path.rename(path.with_name(self.draw.choice(["test_a.py", "helper.py", "c", "a"])))

    def link(self) -> None:
        path = self.folder() / self.draw.choice(["test_b.py", "helper.py", "c", "conftest.py"])
        target = self.draw.choice([self.there(), Path("nowhere"), path, self.here.parent / "out"])
        path.symlink_to(target)

    def mode(self) -> None:
        self.there().chmod(self.draw.choice([0o000, 0o644, 0o755]))

    def touch(self) -> None:
        os.utime(self.there(), (1, 1))

    def above(self) -> None:
        name = self.draw.choice(["conftest.py", "helper.py", "pyproject.toml", ".gitignore"])
        (self.here.parent / name).write_text(self.draw.choice(TEXTS[name]))

    def git(self) -> None:
        place = self.draw.choice([self.here, self.here.parent]) / ".git"
        shutil.rmtree(place) if place.exists() else place.mkdir()

    def pipe(self) -> None:
        os.mkfifo(self.folder() / "test_b.py")

    def folder(self) -> Path:
        return self.here / "project" / self.draw.choice(FOLDERS)

    def there(self) -> Path:
        return self.draw.choice(sorted((self.here / "project").rglob("*")))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of earlier runs."""
    folder = tmp_path / "home" / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home" / "state"))
    monkeypatch.delenv("LOOPSCOPE_NO_CACHE")
    return folder / "loopscope" / "results"


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note for each run whether it took what an earlier one came to."""
    found: list[bool] = []
    usual = EarlierRun.outcome

    def outcome(self: EarlierRun) -> Outcome | None:
        known = usual(self)
        found.append(known is not None)
        return known

    monkeypatch.setattr(EarlierRun, "outcome", outcome)
    return found


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loopscope: Run) -> Iterator[Path]:
    """Return the current directory of the runs, with a folder above that is theirs, too."""
    place = tmp_path / "top" / "here"
    (place / "project" / "a").mkdir(parents=True)
    (place / "a").mkdir()
    monkeypatch.chdir(place)
    yield place
    for path in place.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o755)


def without_seconds(result: Result) -> Result:
    return Result(result.code, re.sub(r" \d+\.\d s|\"seconds\".*", "", result.out), result.err)


@pytest.mark.parametrize("seed", range(16))
def test_whatever_changes_a_run_says_what_it_says_without_earlier_ones(
    loopscope: Run, kept: Path, taken: list[bool], here: Path, seed: int
) -> None:
    changes = Changes(here, seed)
    for name in ("test_a.py", "conftest.py", "a/test_b.py", "a/helper.py", "pytest.ini"):
        texts = TEXTS[name.rpartition("/")[2]]
        (here / "project" / name).write_text(changes.draw.choice(texts[:3]))
    for _ in range(12):
        arguments = changes.draw.choice(ARGUMENTS)
        runs = [loopscope(*arguments) for _ in range(2)]
        changes.any()
        runs += [loopscope(*arguments) for _ in range(2)]
        alone = without_seconds(loopscope(*arguments, "--no-cache"))
        assert without_seconds(runs[0]) == without_seconds(runs[1])
        assert without_seconds(runs[2]) == without_seconds(runs[3]) == alone
    assert any(taken)


SUITE = {"project/test_a.py": PYTHON[0], "project/requirements.txt": "pytest-asyncio==0.21.1\n"}


def test_how_results_are_shown_is_no_other_run(
    loopscope: Run, tree: Tree, kept: Path, taken: list[bool]
) -> None:
    tree(SUITE)
    for options in ([], ["-q"], ["-v", "--strict"], ["--format", "json"], ["--jobs", "2"]):
        loopscope("check", *options, "project")
    assert taken == [False, True, True, True, True]


@pytest.mark.parametrize(
    "options",
    [["--safe-only"], ["--target", "1.1"], ["--exclude", "x"], ["--only", "p*"], ["--isolated"],
     ["--html", "page.html"], ["project"], ["--style", "explicit"], ["--time-limit", "9"]],
    ids=" ".join,
)  # fmt: skip
def test_what_decides_about_results_is_another_run(
    loopscope: Run, tree: Tree, kept: Path, taken: list[bool], options: list[str]
) -> None:
    tree(SUITE)
    loopscope("check", "project")
    loopscope("check", *options, "project")
    assert taken == [False, False]


def test_the_same_words_in_another_folder_are_another_run(
    loopscope: Run, tree: Tree, kept: Path, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree({**SUITE, **{f"other/{name}": text for name, text in SUITE.items()}})
    loopscope("check", "project")
    monkeypatch.chdir("other")
    loopscope("check", "project")
    assert taken == [False, False]


def test_what_comes_and_goes_beside_a_folder_is_nothing_to_it(
    loopscope: Run, tree: Tree, kept: Path, taken: list[bool]
) -> None:
    tree(SUITE)
    loopscope("check", "project")
    tree({"other/test_a.py": "", "notes.txt": ""})
    loopscope("check", "project")
    tree({"conftest.py": ""})
    loopscope("check", "project")
    assert taken == [False, True, False]


@pytest.mark.parametrize("options", [["--dask", "tcp://127.0.0.1:1"], ["--trace", "project"]])
def test_runs_that_ask_others_are_not_taken(
    loopscope: Run, tree: Tree, kept: Path, taken: list[bool], options: list[str]
) -> None:
    tree(SUITE)
    loopscope("check", "project", *options)
    assert not taken


def test_a_run_that_would_only_have_to_read_is_not_kept(
    loopscope: Run, tree: Tree, kept: Path
) -> None:
    tree({"project/test_a.py": "def test_plain(): ...\n"})
    loopscope("check", "project")
    assert not list(kept.glob("*"))


def test_errors_that_more_time_may_cure_are_not_kept(
    loopscope: Run, tree: Tree, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(SUITE)

    def out_of_memory(*_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr("loopscope.pipeline.migrate", out_of_memory)
        assert loopscope("check", "project").code == 2
    assert not list(kept.glob("*"))
    assert loopscope("check", "project").code == 1


def test_a_run_that_reads_a_file_twice_and_finds_it_changed_is_not_kept(
    loopscope: Run, tree: Tree, kept: Path, taken: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(SUITE)
    usual, path = load.read, os.path.join("project", "test_a.py")

    def changing(name: str) -> bytes:
        data = usual(name)
        if name.endswith(path):
            with open(name, "ab") as file:
                file.write(b"#\n")
        return data

    with monkeypatch.context() as patch:
        patch.setattr(load, "read", changing)
        loopscope("check", "project")
    assert loopscope("check", "project") == loopscope("check", "project", "--no-cache")
    loopscope("check", "project")
    assert taken == [False, False, True]


def test_a_run_that_is_too_large_is_not_kept(
    loopscope: Run, tree: Tree, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(SUITE)
    monkeypatch.setattr(earlier_run, "_LARGEST_RUN", 100)
    loopscope("check", "project")
    assert len(list(kept.glob("*"))) == 1  # the result of its suite


def test_what_somebody_else_has_put_there_is_not_taken(
    loopscope: Run, tree: Tree, kept: Path, taken: list[bool]
) -> None:
    tree(SUITE)
    first = loopscope("check", "project")
    for path in kept.glob("*"):
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    assert without_seconds(loopscope("check", "project")) == without_seconds(first)
    assert taken == [False, False]
