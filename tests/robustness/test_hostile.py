"""Each hostile input is an error of its file, or nothing: the other suites are done, and soon."""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys
import warnings
from pathlib import Path

import pytest

from loopscope.cli.main import cli

from .hostile import Files, inputs
from .suites import make

INPUTS = dict(inputs())
SECONDS = 10  # of processor time
MEMORY = 1 << 30


def test_there_are_two_hundred() -> None:
    assert len(INPUTS) >= 200


@pytest.fixture(scope="module", autouse=True)
def _imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Import all modules once, not in each fork."""
    root = make(tmp_path_factory.mktemp("first"), {"requirements.txt": b"pytest-asyncio==0.21\n"})
    with contextlib.redirect_stdout(io.StringIO()):
        cli(["check", "--format", "json", str(root)], standalone_mode=False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="runs in forks, with limits")
@pytest.mark.parametrize("name", INPUTS)
def test_hostile_input(tmp_path: Path, name: str) -> None:
    make(tmp_path / "good")
    write(tmp_path / "bad", INPUTS[name])
    out, seconds, code = checked(tmp_path)
    assert seconds < SECONDS, seconds
    assert "This is a bug" not in out
    document = json.loads(out)
    [good] = [suite for suite in document["suites"] if suite["root"] == "good"]
    assert (good["status"], len(good["changes"])) == ("changed", 3)
    assert code in (1, 2)


def write(root: Path, files: Files) -> None:
    for name, data in {"test_own.py": b"async def test_own(event_loop): ...\n", **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)


def checked(root: Path) -> tuple[str, float, int]:
    """Run check in a fork, which has all modules; return its document, its time and its end."""
    out = root / "out.json"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pytest has threads, of which the fork knows none
        child = os.fork()
    if not child:
        code = 99
        try:
            with open(out, "w") as sys.stdout, open(root / "err", "w") as sys.stderr:
                pages = int(Path("/proc/self/statm").read_text().split()[0])
                most = pages * resource.getpagesize() + MEMORY
                resource.setrlimit(resource.RLIMIT_AS, (most, most))
                os.chdir(root)
                arguments = ["check", "--jobs", "1", "--format", "json", "good", "bad"]
                code = cli(arguments, standalone_mode=False)
        except BaseException as error:
            (root / "err").write_text(repr(error))
        finally:
            os._exit(code if isinstance(code, int) else 99)
    _, status, usage = os.wait4(child, 0)
    seconds = usage.ru_utime + usage.ru_stime
    code = os.waitstatus_to_exitcode(status)
    assert code in (0, 1, 2), (root / "err").read_text()[-500:]
    return out.read_text(), seconds, code
