"""A write that is stopped anywhere leaves whole files, and the next run undoes or finishes it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from loopscope.discovery.load import load_suites
from loopscope.output.journal import recover
from loopscope.output.write import write_changes
from loopscope.types import Change, FileError
from tests.folders import contents

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="kills forks of itself"),
]

OLD, NEW = b"# old\n" * 3, b"# new\n" * 3
WRITING = os.path.dirname(sys.modules[write_changes.__module__].__file__ or "")


@dataclass(frozen=True)
class Kind:
    """One kind of suite: its files, those of them that are links, and what a user names of it."""

    files: tuple[str, ...]
    new: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    given: tuple[str, ...] = ("",)

    def make(self, root: Path) -> Path:
        for name in self.files:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(OLD)
        for name, target in self.links:
            (root / name).symlink_to(target)
        return root

    @property
    def changes(self) -> list[Change]:
        behind = {os.path.normpath(target): name for name, target in self.links}
        names = [behind.get(name, name) for name in self.files]
        changes = [Change(name, OLD, NEW, ()) for name in names]
        return changes + [Change(name, None, NEW, ()) for name in self.new]

    def next_run(self, root: Path) -> list[FileError]:
        """Find the suites, with what is undone or finished at that, as the same command would."""
        found = load_suites([root / path for path in self.given], recover=recover)
        return [
            error
            for item in found
            for error in ([item] if isinstance(item, FileError) else item.errors)
        ]


KINDS = {
    "plain files": Kind(("pytest.ini", "conftest.py", "sub/test_a.py", "sub/deep/test_b.py")),
    "new files": Kind(("test_a.py", "sub/test_b.py"), ("pytest.ini", "sub/conftest.py")),
    "links into a hidden folder": Kind(
        ("conftest.py", ".shared/test_a.py", ".shared/lib/test_b.py"),
        links=(("test_a.py", ".shared/test_a.py"), ("test_b.py", ".shared/lib/test_b.py")),
    ),
    "files given one by one": Kind(
        ("conftest.py", "x/test_x.py", "y/test_y.py"), given=("x/test_x.py", "y/test_y.py")
    ),
}
SIGNALS = [
    getattr(signal, name)
    for name in ("SIGKILL", "SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
]


def stopped(action: Callable[[], object], step: int, number: int | None) -> int:
    """Do something in a fork that gets a signal before the line ``step`` of what writes.

    Returns:
        The lines that were run, in a fork that came to its end; 0 for another one.
    """
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pytest has threads, of which the fork knows none
        child = os.fork()
    if not child:
        lines = 0

        def trace(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal lines
            if not frame.f_code.co_filename.startswith(WRITING):
                return None
            if event == "line":
                lines += 1
                if lines == step and number is not None:
                    os.kill(os.getpid(), number)
            return trace

        code = 1
        try:
            os.close(reading)
            for each in SIGNALS[1:]:
                signal.signal(each, signal.default_int_handler)
            os.fsync = lambda _: None  # type: ignore[assignment]  # no power is cut here
            sys.settrace(trace)
            action()
            sys.settrace(None)
            os.write(writing, str(lines).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, "rb") as end:
        said = end.read()
    os.waitpid(child, 0)
    return int(said or 0)


def undone_or_done(kind: Kind, root: Path) -> bool:
    """Whether all files are new after the next run, which is whole, or as before."""
    targets = {*kind.files, *kind.new}
    assert kind.next_run(root) == []
    after = {path: data for path, data in contents(root).items() if not (root / path).is_symlink()}
    new = dict.fromkeys(targets, NEW)
    assert after in (dict.fromkeys(kind.files, OLD), new)
    done = after == new
    if not done:
        assert write_changes(root, kind.changes) == ()
    after = contents(root)
    assert after == new | {name: NEW for name, _ in kind.links}, "something is left over"
    assert all((root / name).is_symlink() for name, _ in kind.links)
    return done


def lines_of(kind: Kind, folder: Path) -> int:
    """Count the lines that a write runs; the first one makes a key besides."""
    kind.make(folder / "first")
    write_changes(folder / "first", kind.changes)
    whole = kind.make(folder / "whole")
    return stopped(lambda: write_changes(whole, kind.changes), 0, None)


@pytest.mark.skipif(
    threading.current_thread() is not threading.main_thread(), reason="signals go elsewhere"
)
@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("name", KINDS)
def test_stopped_at_any_line(tmp_path: Path, name: str, number: int) -> None:
    kind = KINDS[name]
    points = range(1, lines_of(kind, tmp_path) + 1, 4 if number == signal.SIGKILL else 8)
    assert len(points) > 100
    outcomes = set()
    for step in points:
        root = kind.make(tmp_path / str(step))
        ended = stopped(lambda root=root: write_changes(root, kind.changes), step, number)
        assert not ended, f"step {step} was not met"
        outcomes.add(undone_or_done(kind, root))
    assert outcomes == {False, True}


@pytest.mark.parametrize("name", KINDS)
def test_undoing_may_be_killed_as_well(tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    lines = lines_of(kind, tmp_path)
    for step in range(lines // 2, lines, lines // 12):
        for again in range(3, 200, 17):
            root = kind.make(tmp_path / f"{step} {again}")
            stopped(lambda root=root: write_changes(root, kind.changes), step, signal.SIGKILL)
            stopped(lambda root=root: kind.next_run(root), again, signal.SIGKILL)
            undone_or_done(kind, root)
