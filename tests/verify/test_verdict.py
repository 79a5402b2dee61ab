"""The verdict of the command, where nothing ran, a run ends early, or only words differ."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import loopscope
from tests import programs

from ..live.samples.sample import AUTO, STRICT, override

pytestmark = pytest.mark.slow

_OVERRIDE = override("session")
_GOOD = "async def test_good(event_loop): ...\n"
_AFTER = "import pytest_asyncio\nif pytest_asyncio.__version__ >= '1':\n    "
_BEFORE = _AFTER.replace(">=", "<")
_SIX = "".join(f"async def test_{n}(event_loop): ...\n" for n in range(6))
_MODERN = AUTO + "".join(
    f"asyncio_default_{kind}_loop_scope = session\n" for kind in ("fixture", "test")
)


@dataclass(frozen=True)
class Verdict:
    """What the command said."""

    code: int
    suite: Mapping[str, Any]
    text: str

    @property
    def tests(self) -> list[str]:
        return [one["test"] for one in self.suite["differences"]]


Verify = Callable[..., Verdict]


@pytest.fixture
def verify(tmp_path: Path, legacy_python: Path, modern_python: Path) -> Verify:
    """Return what runs the command on a suite, and on its original where that is given."""

    def run(
        files: Mapping[str, str], *arguments: str, before: Mapping[str, str] | None = None
    ) -> Verdict:
        pythons = [f"--before-python={legacy_python}", f"--after-python={modern_python}"]
        command = [sys.executable, "-m", "loopscope", "verify", *pythons, "--reruns=0"]
        if before is not None:
            command += ["--before", str(_write(tmp_path / "before", before))]
        command += ["--format=json", str(_write(tmp_path / "suite", files)), *arguments]
        sources = str(Path(loopscope.__file__).parents[1])
        done = programs.run(
            command, env={**os.environ, "PYTHONPATH": sources}, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        [suite] = json.loads(done.stdout)["suites"]
        return Verdict(done.returncode, suite, done.stderr)

    return run


def _write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in {"pytest.ini": AUTO, "conftest.py": _OVERRIDE, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


# --- nothing ran


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"test_a.py": f"import nowhere\n{_GOOD}"}, "collected in neither run (test_a.py)"),
        ({"test_a.py": _GOOD, "test_b.py": f"import nowhere\n{_GOOD}"}, "(test_b.py)"),
        ({"test_a.py": _GOOD, "conftest.py": f"{_OVERRIDE}import nowhere\n"}, "(conftest.py)"),
        ({"test_a.py": _GOOD, "sub/test_b.py": _GOOD, "sub/conftest.py": "import nowhere\n"}, ""),
        ({"test_a.py": f"import pytest\npytest.importorskip('nowhere')\n{_GOOD}"}, "ran no tests"),
        ({"test_a.py": f"import pytest\npytestmark = pytest.mark.skip\n{_GOOD}"}, "(1 skipped)"),
        ({"test_a.py": "async def test_a(event_loop):\n    import nowhere\n"}, "(1 failed)"),
    ],
)
def test_where_nothing_ran_there_is_no_verdict(
    files: Mapping[str, str], words: str, verify: Verify
) -> None:
    found = verify(files)
    assert (found.code, found.suite["status"]) == (2, "failed")
    assert words in found.suite["problem"]


@pytest.mark.parametrize("side", [_BEFORE, _AFTER], ids=["before", "after"])
@pytest.mark.parametrize("place", ["test_b.py", "conftest.py"])
def test_what_is_collected_on_one_side_only_is_a_difference(
    place: str, side: str, verify: Verify
) -> None:
    broken = f"{_OVERRIDE if place == 'conftest.py' else _GOOD}{side}import nowhere\n"
    found = verify({"test_a.py": _GOOD, place: broken})
    assert (found.code, found.suite["status"]) == (1, "different"), found
    assert found.tests == [place]


# --- a run that ends early

_ENDS = {
    "internal error": "raise ValueError('boom')",
    "crash": "__import__('os').abort()",
    "exit": "__import__('os')._exit(0)",
}


def _ending(how: str, side: str) -> Mapping[str, str]:
    lines = side.replace("\n", "\n    ").rstrip()
    hook = f"\ndef pytest_runtest_logstart(nodeid):\n    {lines}\n        if 'test_3' in nodeid: "
    return {"test_a.py": _SIX, "conftest.py": f"{_OVERRIDE}{hook}{_ENDS[how]}\n"}


@pytest.mark.parametrize("how", _ENDS)
def test_a_run_after_that_ends_early_is_a_difference_and_names_what_never_ran(
    how: str, verify: Verify
) -> None:
    found = verify(_ending(how, _AFTER))
    assert found.code == 1
    [difference] = found.suite["differences"]
    assert "was under way when the run" in difference["message"]
    assert len(found.suite["after"]["tests"]) == 3
    assert {"test_a.py::test_4", "test_a.py::test_5"} <= set(found.suite["never_ran"])
    assert found.suite["after"]["ended"]


@pytest.mark.parametrize("how", _ENDS)
def test_a_run_of_the_original_that_ends_early_gives_no_verdict(how: str, verify: Verify) -> None:
    found = verify(_ending(how, _BEFORE))
    assert found.code == 2
    assert "never ran there and could not be compared" in found.suite["problem"]
    assert len(found.suite["before"]["tests"]) == 3, "what ran is used"


# --- no false alarms


@pytest.mark.parametrize(
    "files",
    [
        {"test_a.py": "import pytest\npytestmark = pytest.mark.asyncio\n"
         f"{_GOOD}def test_sync(): ...\n"},
        {"test_a.py": f"import pytest\n@pytest.mark.asyncio\nclass TestA:\n    async {_GOOD[6:]}"
         "    @pytest.mark.parametrize('n', [1, 2, 3])\n    def test_sync(self, n): ...\n"},
        {"test_a.py": f"{_GOOD}def test_sync(tmp_path): ...\n",
         "conftest.py": f"{_OVERRIDE}\ndef pytest_collection_modifyitems(items):\n"
         "    for item in items:\n        item.add_marker(pytest.mark.asyncio)\n"},
        {"test_a.py": "import asyncio, pytest\npytestmark = pytest.mark.asyncio\n"
         f"{_GOOD}def test_sync():\n    assert not asyncio.get_event_loop().is_closed()\n"},
        {"test_a.py": f"import pytest\n@pytest.mark.asyncio\n{_GOOD}"
         "@pytest.fixture(scope='module')\ndef unused(event_loop): ...\n"
         "def test_sync(unused): ...\ndef test_other(unused): ...\n", "conftest.py": _OVERRIDE},
    ],
    ids=["module", "class", "hook", "takes the current loop", "a fixture that leaves it alone"],
)  # fmt: skip
def test_a_sync_test_that_does_nothing_with_its_loop_lost_none(
    files: Mapping[str, str], verify: Verify
) -> None:
    found = verify({"pytest.ini": STRICT, **files})
    assert found.code == 0, found.suite["differences"]
    assert found.suite["warnings"] == []


def test_ids_that_pytest_writes_otherwise_are_the_same_tests(verify: Verify) -> None:
    values = '"a\\nb" * 300, "\u00e9" * 400, b"\\x00" * 500, "x" * 2000'
    found = verify(
        {
            "test_a.py": "import pytest\n@pytest.mark.parametrize('text', "
            f"[{values}])\nasync def test_a(text, event_loop): ...\n"
        }
    )
    assert found.code == 0, found.suite["differences"]


# --- the kind of the loop

_SET = {
    "debug mode": "loop.set_debug(True)",
    "an exception handler": "loop.set_exception_handler(lambda loop, context: None)",
    "a task factory": "loop.set_task_factory(lambda loop, coroutine, **more:"
    " asyncio.Task(coroutine, loop=loop, **more))",
}


@pytest.mark.parametrize("name", _SET)
def test_what_was_set_on_a_loop_and_is_lost_is_a_difference(name: str, verify: Verify) -> None:
    old = _OVERRIDE.replace("    yield", f"    {_SET[name]}\n    yield")
    tests = {"test_a.py": "async def test_a(): ...\n"}
    by_hand = {"pytest.ini": _MODERN, "conftest.py": "", **tests}
    found = verify(by_hand, before={"conftest.py": old, **tests})
    assert found.code == 1
    [difference] = found.suite["differences"]
    assert (difference["cause"], name in difference["message"]) == ("loop kind", True)
    assert verify({"conftest.py": old, **tests, "pytest.ini": AUTO}).code == 0, (
        "migrated by itself"
    )


# --- why


def test_an_open_action_is_named_instead_of_a_guess(verify: Verify) -> None:
    old = _OVERRIDE.replace("(scope=", "(params=[1, 2], scope=").replace(
        "loop():", "loop(request):"
    )
    old = old.replace("    yield", "    loop.set_debug(request.param == 2)\n    yield")
    found = verify({"conftest.py": old, "test_a.py": _GOOD})
    assert found.code == 1
    assert {one["why"] for one in found.suite["differences"]} == {"LS101 at conftest.py:8 is open"}
    [note] = found.suite["notes"]
    assert "1 left to do by hand" in note
    assert "running the tests that differ again" not in found.text


def test_nothing_that_differs_is_due_to_what_is_left_to_do(verify: Verify) -> None:
    case = """
import unittest

import pytest


async def test_good(event_loop): ...


class TestCase(unittest.TestCase):
    @pytest.fixture(autouse=True)
    def _loop(self, event_loop):
        self.loop = event_loop

    def test_case(self):
        self.loop.run_until_complete(test_good(self.loop))
"""
    found = verify({"test_a.py": case})
    assert found.code == 0, found.suite["differences"]
    [note] = found.suite["notes"]
    assert note.endswith("left to do by hand (loopscope check lists them)")
