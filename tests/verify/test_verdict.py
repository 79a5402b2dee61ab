"""The verdict of the command, where nothing ran, a run ends early, or only words differ."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent
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


def test_a_sync_test_is_given_a_loop_by_autouse_and_does_not_ask_for_it(verify: Verify) -> None:
    conftest = """
import asyncio

import pytest


@pytest.fixture(scope="session", autouse=True)
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
    tests = "async def test_one(): ...\n\ndef test_two(): ...\n"
    found = verify({"conftest.py": conftest, "test_a.py": tests})
    assert found.code == 0, found.suite["differences"]


# --- what pytest collects, without a run

_MIGRATED = """
import pytest_asyncio

@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def db(): ...
"""
_BRIDGE = """
import asyncio

@pytest_asyncio.fixture(loop_scope="module")
async def event_loop():
    return asyncio.get_running_loop()
"""
_ORIGINAL = _OVERRIDE + _MIGRATED.replace(', loop_scope="session"', "")
_ONE, _TWO = "async def test_one(db): ...\n", "async def test_two(): ...\n"


@pytest.mark.parametrize("how", [(), ("--collect-only",)], ids=["run", "collected"])
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({}, ""),
        (
            {"pytest.ini": AUTO + "asyncio_default_test_loop_scope = module\n"},
            "its fixture db is on another loop",
        ),
        (
            {"test_b.py": f"import pytest\n@pytest.mark.asyncio(loop_scope='function')\n{_TWO}"},
            "shared its loop with test_a.py::test_one, no longer does",
        ),
        ({"test_b.py": f"import nowhere\n{_TWO}"}, "is not collected"),
        ({"test_b.py": ""}, "is gone"),
        ({"conftest.py": _MIGRATED + _BRIDGE}, ""),
    ],
    ids=["right", "option", "mark", "import", "gone", "bridge unasked"],
)
def test_a_collection_gives_the_verdict_of_a_run(
    changed: dict[str, str], says: str, how: tuple[str, ...], verify: Verify
) -> None:
    original = {"conftest.py": _ORIGINAL, "test_a.py": _ONE, "test_b.py": _TWO}
    files = {**original, "conftest.py": _MIGRATED, "pytest.ini": _MODERN, **changed}
    found = verify(files, *how, before=original)
    assert found.code == (1 if says else 0)
    assert found.suite["collected"] is bool(how)
    assert ("imports the tests" in found.text) is bool(how)
    texts = [one["message"] + one["error"] for one in found.suite["differences"]]
    assert bool(texts) == bool(says)
    assert not texts or any(says in text for text in texts)


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"pytest.ini": _MODERN.replace("asyncio_mode = auto\n", "")}, "does not run it"),
        ({"conftest.py": _MIGRATED.replace(', loop_scope="session"', "")}, "and loop scope"),
        ({"conftest.py": "import pytest\n\n@pytest.fixture\nasync def db(): ...\n",
          "pytest.ini": _MODERN.replace("asyncio_mode = auto\n", "")}, "is async, and"),
    ],
    ids=["mode", "loop scope", "decorator"],
)  # fmt: skip
def test_a_collection_shows_what_could_not_be_set_up(
    changed: dict[str, str], says: str, verify: Verify
) -> None:
    original = {"conftest.py": _ORIGINAL, "test_a.py": _ONE, "test_b.py": _TWO}
    options = _MODERN.replace("session", "function")
    files = {**original, "conftest.py": _MIGRATED, "pytest.ini": options, **changed}
    found = verify(files, "--collect-only", before=original)
    assert found.code == 1
    assert any(says in one["message"] for one in found.suite["differences"])


def test_a_collection_knows_the_kind_of_loops_from_the_source(verify: Verify) -> None:
    own = "asyncio.get_event_loop_policy().new_event_loop()"
    original = {"conftest.py": _OVERRIDE.replace(own, "Own()").replace(
        "@pytest.fixture", "class Own(asyncio.SelectorEventLoop): ...\n\n\n@pytest.fixture"
    ), "test_a.py": "async def test_it(): ...\n"}  # fmt: skip
    files = {**original, "conftest.py": "", "pytest.ini": _MODERN}
    found = verify(files, "--collect-only", before=original)
    assert found.code == 1
    assert [one["cause"] for one in found.suite["differences"]] == ["loop kind"]


@pytest.mark.parametrize(
    ("path", "code", "tests"),
    [("test_b.py", 1, ["test_b.py::test_two"]), ("nowhere", 2, [])],
)
def test_a_collection_says_nothing_of_tests_that_were_not_asked_for(
    path: str, code: int, tests: list[str], verify: Verify
) -> None:
    own = "asyncio.get_event_loop_policy().new_event_loop()"
    making = "class Own(asyncio.SelectorEventLoop): ...\n\n\n@pytest.fixture"
    original = {
        "conftest.py": _OVERRIDE.replace(own, "Own()").replace("@pytest.fixture", making),
        "test_a.py": "async def test_one(): ...\n",
        "test_b.py": "async def test_two(): ...\n",
    }
    files = {**original, "conftest.py": "", "pytest.ini": _MODERN}
    found = verify(files, "--collect-only", "--", path, before=original)
    assert (found.code, found.tests) == (code, tests)


@pytest.mark.parametrize(
    "files",
    [{"test_a.py": f"import nowhere\n{_GOOD}"}, {"test_a.py": "import asyncio\n"}],
    ids=["not collected", "no tests"],
)
def test_where_nothing_is_collected_there_is_no_verdict(
    files: dict[str, str], verify: Verify
) -> None:
    assert verify(files, "--collect-only").code == 2


# --- suites on 1.x already

_HOLDING = """
import asyncio
import pytest_asyncio

@pytest_asyncio.fixture(loop_scope="module")
async def lock():
    yield asyncio.Lock()

@pytest_asyncio.fixture(loop_scope="module")
async def number():
    return 1

@pytest_asyncio.fixture(loop_scope="module")
async def used(lock):
    return lock

@pytest_asyncio.fixture
async def user(lock):
    await lock.acquire()
"""
_ON_1 = {"pytest.ini": AUTO + "asyncio_default_fixture_loop_scope = function\n",
         "conftest.py": _HOLDING}  # fmt: skip
_ON_MODULE = "import pytest\npytestmark = pytest.mark.asyncio(loop_scope='module')\n"


@pytest.mark.parametrize("how", [(), ("--collect-only",)], ids=["run", "collected"])
@pytest.mark.parametrize(
    ("tests", "foreign"),
    [
        ("async def test_it(lock):\n    await lock.acquire()\n", "lock"),
        (_ON_MODULE + "async def test_it(lock):\n    await lock.acquire()\n", ""),
        ("async def test_it(number):\n    assert number\n", ""),
        ("def test_it(used): ...\n", ""),
        ("def test_it(user): ...\n", "lock"),
        (_ON_MODULE + "async def test_it(user): ...\n", "lock"),
    ],
    ids=["foreign", "its own", "no loop's", "sync", "sync, by a fixture", "async, by a fixture"],
)
def test_a_suite_on_loop_scopes_is_run_once(
    tests: str, foreign: str, how: tuple[str, ...], verify: Verify
) -> None:
    found = verify({**_ON_1, "test_a.py": tests}, *how)
    assert (found.code, found.suite["status"]) == ((1, "foreign") if foreign else (0, "right"))
    assert found.suite["before"] is None
    texts = [one["message"] for one in found.suite["differences"]]
    assert bool(texts) == bool(foreign)
    assert all(foreign in text for text in texts)


@pytest.mark.parametrize(
    ("tests", "says"),
    [
        (
            """
            import asyncio
            queue = []

            async def test_one():
                queue.append(asyncio.Queue())
                task = asyncio.create_task(queue[0].get())
                await asyncio.sleep(0)
                queue.append(asyncio.get_running_loop())

            async def test_two():
                queue[1].call_soon(print)
            """,
            "or of one that is closed",
        ),
    ],
)
def test_what_outlives_its_loop_is_foreign(tests: str, says: str, verify: Verify) -> None:
    found = verify({**_ON_1, "test_a.py": dedent(tests)})
    assert found.code == 1
    [one] = found.suite["differences"]
    assert says in one["message"]


@pytest.mark.parametrize(
    ("files", "code"),
    [
        ({"test_a.py": f"import nowhere\n{_GOOD}"}, 2),
        ({"test_a.py": f"import pytest\npytestmark = pytest.mark.skip\n{_TWO}"}, 2),
        ({"test_a.py": "import os\nasync def test_it():\n    os._exit(3)\n"}, 2),
        ({"test_a.py": "async def test_it():\n    assert 0\nasync def test_two(): ...\n"}, 0),
    ],
    ids=["import", "skipped", "crash", "failed for another reason"],
)
def test_one_run_of_which_nothing_is_known_gives_no_verdict(
    files: dict[str, str], code: int, verify: Verify
) -> None:
    assert verify({**_ON_1, **files}).code == code


def test_where_the_original_is_on_loop_scopes_too_the_suite_is_run_by_itself(
    verify: Verify,
) -> None:
    files = {**_ON_1, "test_a.py": "async def test_it(lock):\n    await lock.acquire()\n"}
    found = verify(files, "--collect-only", before=files)
    assert (found.code, found.suite["status"]) == (1, "foreign")
    assert "by itself" in found.suite["notes"][0]


@pytest.mark.parametrize(
    ("runs_on", "status"), [("1.x", "right"), ("0.21", "same")], ids=["modern", "legacy"]
)
def test_what_a_suite_runs_on_is_taken_from_the_command_line(
    runs_on: str, status: str, verify: Verify
) -> None:
    files = {
        "conftest.py": "",
        "test_a.py": "import pytest\n@pytest.mark.asyncio\nasync def test_it(): ...\n",
        "test_b.py": "import pytest\n@pytest.mark.asyncio\nasync def test_it(): ...\n",
    }
    found = verify(files, "--collect-only", "--from", runs_on)
    assert (found.code, found.suite["status"]) == (0, status)
