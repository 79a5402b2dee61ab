"""What pytest's own collection knows: a migration that follows it, and one without it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from loopscope import Suite, collect, load_suites
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import Order, run_suite
from tests.programs import LONG

from . import compare, runner
from .runner import DEPRECATIONS_AS_ERRORS, run_loopscope
from .samples.sample import AUTO, STRICT, override

_FOUR = "".join(f"\nasync def test_{n}():\n    pass\n" for n in range(4))
_SAME_LOOP = """
import asyncio

async def test_one(db):
    assert db is asyncio.get_running_loop()

async def test_two(db):
    assert db is asyncio.get_running_loop()
"""


@dataclass(frozen=True)
class Case:
    """A suite, and a module ``installed`` that is no part of it."""

    name: str
    files: dict[str, str]
    says: str  # in the report of the migration that follows the collection
    installed: str = ""
    ini: str = AUTO


_CASES = (
    Case(
        "override_of_a_plugin",
        {
            "conftest.py": 'pytest_plugins = ["installed"]\n',
            "test_a.py": """
                import asyncio

                seen = []

                async def test_one():
                    seen.append(asyncio.get_running_loop())

                async def test_two():
                    assert seen == [asyncio.get_running_loop()]
            """,
        },
        "installed overrides event_loop with scope session, as pytest collects it",
        override("session"),
    ),
    Case(
        "fixture_by_an_object_of_the_project",
        {
            "helpers.py": """
                import pytest_asyncio

                class Maker:
                    def __init__(self, **keywords):
                        self.keywords = keywords

                    def __call__(self, function):
                        return pytest_asyncio.fixture(**self.keywords)(function)

                resource = Maker(scope="module")
            """,
            "conftest.py": override("module")
            + dedent("""
                from helpers import resource

                @resource
                async def db():
                    return asyncio.get_running_loop()
            """),
            "test_a.py": _SAME_LOOP,
            "b/conftest.py": override("function"),
            "b/test_b.py": _FOUR,
        },
        "the fixture db of conftest is async and has scope module, as pytest collects it",
        ini=AUTO,
    ),
    Case(
        "fixture_by_a_function_with_options_of_its_own",
        {
            "conftest.py": override("module")
            + dedent("""
                import os

                OPTIONS = {"scope": os.environ.get("NO_SUCH", "module")}

                def resource(**more):
                    return pytest.fixture(**{**OPTIONS, **more})

                @resource()
                async def db():
                    return asyncio.get_running_loop()
            """),
            "test_a.py": _SAME_LOOP,
        },
        "the fixture db of conftest is async and has scope module, as pytest collects it",
    ),
    Case(
        "imported_pytestmark",
        {
            "conftest.py": override("session"),
            "test_a.py": "from installed import pytestmark\n" + _FOUR,
        },
        "it runs on a loop, as pytest collects it",
        "import pytest\n\npytestmark = pytest.mark.asyncio\n",
        STRICT,
    ),
    Case(
        "tests_from_a_factory",
        {
            "conftest.py": override("module")
            + dedent("""
                import pytest_asyncio

                @pytest_asyncio.fixture
                async def db():
                    return asyncio.get_running_loop()
            """),
            "test_a.py": """
                import asyncio

                seen = set()

                def make(number):
                    async def run(db):
                        assert db is asyncio.get_running_loop()
                        seen.add(db)
                        assert len(seen) == 1

                    return run

                for number in range(2):
                    globals()[f"test_{number}"] = make(number)
                test_other = make(3)
            """,
            "test_b.py": _SAME_LOOP,
        },
        "test_0, test_1, test_other: made while the module is imported, as pytest collects it",
    ),
    Case(
        "marked_tests_from_a_factory",
        {
            "conftest.py": override("session"),
            "test_a.py": """
                import asyncio
                import pytest

                seen = []

                def make():
                    @pytest.mark.asyncio
                    async def run(self=None):
                        seen.append(asyncio.get_running_loop())
                        assert len(set(seen)) == 1

                    return run

                test_one = make()

                class TestIt:
                    test_two = make()

                @pytest.mark.asyncio
                async def test_three():
                    await make()()
            """,
        },
        "made while the module is imported, as pytest collects it",
        ini=STRICT,
    ),
    Case(
        "tests_from_a_factory_beside_others_on_another_loop",
        {
            "conftest.py": override("function"),
            "a/conftest.py": override("session"),
            "a/test_a.py": """
                import asyncio

                seen = set()

                class Made:
                    def __call__(self):
                        async def run(self=None):
                            seen.add(asyncio.get_running_loop())
                            assert len(seen) == 1

                        return run

                make = Made()
                globals().update({"test_0": make(), "test_1": make()})

                class TestIt:
                    pass

                setattr(TestIt, "test_2", make())
            """,
            "test_b.py": """
                import asyncio

                seen = []

                async def test_one():
                    seen.append(asyncio.get_running_loop())

                async def test_two():
                    assert asyncio.get_running_loop() not in seen
            """,
        },
        "made while the module is imported, as pytest collects it. The plan follows that",
    ),
    Case(
        "tests_of_a_hook",
        {
            "conftest.py": override("module")
            + dedent("""
                def pytest_pycollect_makeitem(collector, name, obj):
                    if name.startswith("check") and isinstance(collector, pytest.Module):
                        made = pytest.Function.from_parent
                        return [made(collector, name=name, callobj=obj.function)]
            """),
            "test_a.py": """
                import asyncio
                import types

                seen = set()

                async def wanted():
                    seen.add(asyncio.get_running_loop())
                    assert len(seen) == 1

                check_one = types.SimpleNamespace(function=wanted)
                check_two = types.SimpleNamespace(function=wanted)
            """,
        },
        "check_one, check_two: made while the module is imported, as pytest collects it",
    ),
    Case(
        "mode_by_code",
        {
            "conftest.py": """
                def pytest_configure(config):
                    config.option.asyncio_mode = "auto"
            """,
            "test_a.py": override("module") + _SAME_LOOP.replace("db is", "None is not")
            .replace("(db)", "()"),
            "test_b.py": "import pytest\npytestmark = pytest.mark.asyncio\n" + _FOUR,
        },
        "asyncio_mode is set by code: it is auto, as pytest collects it",
        ini=STRICT.replace("asyncio_mode = strict\n", ""),
    ),
    Case(
        "marks_by_a_hook",
        {
            "conftest.py": override("session")
            + dedent("""
                import inspect

                def chosen(item):
                    return item.path.name == "test_a.py" and inspect.iscoroutinefunction(item.obj)

                def pytest_collection_modifyitems(items):
                    for item in items:
                        if chosen(item):
                            item.add_marker(pytest.mark.asyncio)
            """),
            "test_a.py": """
                import asyncio

                seen = []

                async def test_one():
                    seen.append(asyncio.get_running_loop())

                async def test_two():
                    assert seen == [asyncio.get_running_loop()]

                def test_sync():
                    pass
            """,
        },
        "it runs on a loop, as pytest collects it",
        ini=STRICT,
    ),
    Case(
        "marks_by_a_hook_and_a_helper_of_another_file",
        {
            "marking.py": """
                import pytest

                MARK = pytest.mark.asyncio

                def mark(item):
                    if "slowly" not in item.name and getattr(item, "originalname", "")[-1:] < "x":
                        item.add_marker(MARK, append=False)
            """,
            "conftest.py": override("module")
            + dedent("""
                import marking

                def pytest_collection_modifyitems(session, config, items):
                    for item in [*items]:
                        marking.mark(item)
            """),
            "test_a.py": _SAME_LOOP.replace("(db)", "()").replace("db is", "None is not"),
            "test_b.py": """
                import asyncio

                class TestIt:
                    seen = []

                    async def test_one(self):
                        self.seen.append(asyncio.get_running_loop())

                    async def test_two(self):
                        assert self.seen == [asyncio.get_running_loop()]
            """,
        },
        "it runs on a loop, as pytest collects it",
        ini=STRICT,
    ),
    Case(
        "sync_tests_from_a_function",
        {
            "conftest.py": override("module")
            + dedent("""
                import asyncio
                import pytest

                @pytest.fixture(scope="module")
                async def db():
                    return asyncio.get_running_loop()

                @pytest.fixture
                def drive(event_loop):
                    return event_loop.run_until_complete
            """),
            "test_a.py": """
                import asyncio

                async def where():
                    return asyncio.get_running_loop()

                def make():
                    def check(db):
                        assert db.run_until_complete(where()) is db
                    return check

                class TestIt:
                    test_db = staticmethod(make())

                test_db = make()

                async def test_async(db):
                    assert db is asyncio.get_running_loop()
            """,
            "test_b.py": """
                import asyncio

                async def where():
                    return asyncio.get_running_loop()

                def asking():
                    def check(event_loop, db):
                        assert event_loop.run_until_complete(where()) is event_loop is db
                    return check

                def driving():
                    def check(drive, db):
                        assert drive(where()) is db
                    return check

                def running():
                    async def check(event_loop, drive):
                        assert event_loop is asyncio.get_running_loop()
                    return check

                test_asking = asking()
                test_running = running()
                test_driving = driving()
            """,
        },
        "test_asking, test_running, test_driving: made while the module is imported, as pytest",
    ),
    Case(
        "marks_by_an_assignment",
        {
            "conftest.py": override("session"),
            "test_a.py": """
                import asyncio
                import pytest

                class TestIt:
                    async def test_one(self):
                        type(self).seen = asyncio.get_running_loop()

                    async def test_two(self):
                        assert self.seen is asyncio.get_running_loop()

                setattr(TestIt, "pytestmark", [pytest.mark.asyncio])

                class TestOther(TestIt):
                    pass
            """,
        },
        "it runs on a loop, as pytest collects it",
        ini=STRICT,
    ),
)  # fmt: skip


def _write(folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch) -> Path:
    installed = folder / "installed"
    installed.mkdir(parents=True)
    (installed / "installed.py").write_text(case.installed, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(installed))
    suite = folder / "suite"
    for name, text in {"pytest.ini": case.ini, **case.files}.items():
        path = suite / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return suite


def _loaded(suite: Path) -> Suite:
    [found] = load_suites([suite])
    assert isinstance(found, Suite)
    return found


def _run(python: Path, suite: Path, *options: str) -> SuiteRun:
    options = ("-p", "no:cacheprovider", *options)
    order = Order(python, suite, suite.parent / "run.jsonl", options, (suite,), seconds=LONG)
    return run_suite(order)


def _complaints(before: SuiteRun, after: SuiteRun) -> list[str]:
    return [
        *compare.outcomes(before, after),
        *compare.groups(before, after, may_join=True),
        *compare.strays(after),
    ]


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_pytest_answers_what_the_source_does_not(
    case: Case,
    tmp_path: Path,
    legacy_python: Path,
    modern_python: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    untold = _write(tmp_path / "untold", case, monkeypatch)
    suite = _write(tmp_path / "told", case, monkeypatch)
    before = _run(legacy_python, suite)
    assert before.failed == 0, before.output

    collecting = ("--collect", "--collect-python", legacy_python)
    done = run_loopscope("migrate", "-v", "--allow-dirty", *collecting, suite)
    assert "This imports the tests of the project" in done.stdout
    assert case.says in done.stdout
    assert done.returncode == 0, done.stdout
    after = _run(modern_python, suite, *DEPRECATIONS_AS_ERRORS)
    assert _complaints(before, after) == [], done.stdout

    done = run_loopscope("migrate", "--allow-dirty", untold)
    if done.returncode == 0:
        after = _run(modern_python, untold, *DEPRECATIONS_AS_ERRORS)
        assert _complaints(before, after) != [], done.stdout


def test_a_mark_of_a_hook_that_may_be_closer_stays_an_action(
    tmp_path: Path, legacy_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(case for case in _CASES if case.name == "marks_by_a_hook")
    files = {
        **case.files,
        "b/conftest.py": override("module"),
        "b/test_b.py": "import pytest\n" + _FOUR.replace("async", "@pytest.mark.asyncio\nasync"),
    }
    suite = _write(tmp_path, Case("", files, "", ini=STRICT), monkeypatch)
    done = run_loopscope("check", "--collect", "--collect-python", legacy_python, suite)
    assert "pytest_collection_modifyitems adds asyncio marks at run time" in done.stdout
    assert done.returncode == 1


def test_a_made_test_that_the_defaults_do_not_keep_is_an_action(
    tmp_path: Path, legacy_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "conftest.py": override("function"),
        "test_a.py": "def make():\n    async def run(): pass\n    return run\n\n"
        'globals()["test_one"] = make()\n',
        "b/conftest.py": override("session"),
        "b/test_b.py": "def make():\n    async def run(): pass\n    return run\n\n"
        "test_two = make()\n",
    }
    suite = _write(tmp_path, Case("", files, ""), monkeypatch)
    done = run_loopscope("check", "--collect", "--collect-python", legacy_python, suite)
    assert "made while the module is imported" in done.stdout
    assert "LS318 action: test_" in done.stdout
    assert done.returncode == 1


def test_what_an_option_leaves_out_is_collected_and_a_module_that_skips_itself_is_not_known(
    tmp_path: Path, legacy_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(case for case in _CASES if case.name == "tests_from_a_factory")
    deselecting = AUTO + "addopts = -k test_two\n"
    suite = _write(tmp_path / "a", Case("", case.files, "", ini=deselecting), monkeypatch)
    collecting = ("check", "-v", "--collect", "--collect-python", legacy_python)
    done = run_loopscope(*collecting, suite)
    assert case.says in done.stdout
    skipping = {
        "test_a.py": "import pytest\npytest.skip('', allow_module_level=True)\n"
        + dedent(case.files["test_a.py"])
    }
    suite = _write(tmp_path / "b", Case("", {**case.files, **skipping}, ""), monkeypatch)
    done = run_loopscope(*collecting, suite)
    assert "this was not read: make makes the test test_other of test_a.py" in done.stdout


@pytest.mark.parametrize("taken", [True, False], ids=["another", "the same"])
def test_an_override_that_wins_in_pytest_alone_is_an_action(
    taken: bool, tmp_path: Path, legacy_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {
        "conftest.py": override("session"),
        "tests/conftest.py": override("module") + f"\nif {taken}:\n    del event_loop\n",
        "tests/test_a.py": _FOUR,
    }
    suite = _write(tmp_path, Case("", files, ""), monkeypatch)
    done = run_loopscope("check", "--collect", "--collect-python", legacy_python, suite)
    assert ("tests/test_a.py::test_0 gets this event_loop" in done.stdout) is taken


@pytest.mark.parametrize("which", ["legacy_python", "modern_python"])
def test_both_plugins_collect_the_same(
    which: str, tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    suite = _write(tmp_path, _CASES[1], monkeypatch)
    found = collect(_loaded(suite), request.getfixturevalue(which), seconds=LONG)
    assert found.problem == "", found.details
    trace = found.suite.trace
    assert trace is not None
    assert trace.collected
    assert {"test_a.py::test_one", "b/test_b.py::test_3"} <= trace.async_tests
    assert trace.used["test_a.py::test_two"] >= {"db"}
    (db,) = (item for item in trace.functions if item.fixture == "db")
    assert (db.path, db.scope.word, db.is_async, db.on_loop) == (
        "conftest.py",
        "module",
        True,
        True,
    )


_DIFFERENCES = {
    "a test left out": (
        {
            "conftest.py": override("module")
            + "\nimport os\ncollect_ignore = [n for n in os.listdir(os.path.dirname(__file__))"
            " if 'b.py' in n]\n",
            "test_a.py": _FOUR,
            "test_b.py": "async def test_left_out(): ...\n",
        },
        "test_left_out: not a test here, as pytest collects it",
    ),
    "a test run by others": (
        {
            "conftest.py": override("module"),
            "test_a.py": """
                import asyncio

                def by_itself(function):
                    return lambda: asyncio.run(function())

                @by_itself
                async def test_one(): ...

                async def test_two(): ...
            """,
        },
        "pytest-asyncio does not run test_one, as pytest collects it",
    ),
    "the mode by a variable": (
        {"pytest.ini": STRICT, "conftest.py": override("module"), "test_a.py": _FOUR},
        "asyncio_mode is auto, as pytest collects it, and strict in the configuration",
    ),
}


@pytest.mark.parametrize("name", _DIFFERENCES)
def test_what_pytest_collects_otherwise_is_a_note(
    name: str, tmp_path: Path, legacy_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, says = _DIFFERENCES[name]
    suite = _write(tmp_path, Case("", files, ""), monkeypatch)
    if "variable" in name:
        monkeypatch.setattr(runner, "_environment", _with_auto_mode(runner._environment))
    done = run_loopscope("check", "--collect", "--collect-python", legacy_python, suite)
    assert f"LS318 note: {says}" in done.stdout


def _with_auto_mode(environment: Callable[..., dict[str, str]]) -> Callable[..., dict[str, str]]:
    return lambda **extra: {**environment(**extra), "PYTEST_ADDOPTS": "--asyncio-mode=auto"}


# -- suites that cannot be collected ----------------------------------------------------------

_PLAIN = """
    import pytest

    @pytest.mark.asyncio
    async def test_it():
        pass
"""


def _suite(folder: Path, conftest: str) -> Path:
    suite = folder / "suite"
    suite.mkdir()
    (suite / "pytest.ini").write_text(STRICT)
    (suite / "conftest.py").write_text(dedent(conftest))
    (suite / "test_a.py").write_text(dedent(_PLAIN))
    return suite


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("conftest", "said"),
    [
        ("import no_such_module\n", "No module named 'no_such_module'"),
        ("import os\nos._exit(7)\n", "ended with 7"),
        ("raise SystemExit(0)\n", ""),
    ],
    ids=["import error", "exit", "SystemExit"],
)
def test_a_suite_that_cannot_be_collected_is_read_all_the_same(
    conftest: str, said: str, tmp_path: Path, legacy_python: Path
) -> None:
    suite = _suite(tmp_path, conftest)
    alone = run_loopscope("check", suite)
    collecting = ("--collect", "--collect-python", legacy_python)
    done = run_loopscope("check", *collecting, suite)
    assert said in done.stdout
    assert "Its source alone is read." in done.stdout
    assert done.returncode == alone.returncode
    document = run_loopscope("check", "-q", "--format", "json", *collecting, suite).stdout
    [found] = json.loads(document[document.index("{") :])["suites"]
    [note] = [one for one in found["findings"] if one["code"] == "LS318"]
    assert (note["level"], note["path"]) == ("note", "pytest.ini")
    assert "Its source alone is read" in note["message"]


def test_a_module_that_cannot_be_imported_is_said_in_pytests_words(
    tmp_path: Path, legacy_python: Path
) -> None:
    suite = _suite(tmp_path, "")
    (suite / "test_b.py").write_text("import no_such_module\n")
    done = run_loopscope("check", "--collect", "--collect-python", legacy_python, suite)
    assert "pytest could not collect test_b.py. Its source alone is read." in done.stdout
    assert "No module named 'no_such_module'" in done.stdout


_HOSTILE = {
    "hangs": "time.sleep(600)",
    "exits": "os._exit(7)",
    "is killed": "os.kill(os.getpid(), 9)",
    "does not hear": "signal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(600)",
    "prints without end": "while True: print('noise' * 99); time.sleep(0.01)",
    "has a thread that stays": "threading.Thread(target=time.sleep, args=(600,)).start()",
    "goes on": "",
}
_AND_WRITES = """
import os, signal, subprocess, sys, threading, time

def keep(process):
    with open(PIDS, "a") as file:
        print(process, file=file)

print("noise" * 1000)
places = ("", os.path.dirname(__file__), os.environ.get("PWD", ""), os.environ.get("OLDPWD", ""))
for place in places:
    with open(os.path.join(place, "written"), "w"):
        pass
with open(__file__, "a") as file:
    file.write("# changed")
waits = [sys.executable, "-c", "import time; time.sleep(600)"]
keep(os.getpid())
keep(subprocess.Popen(waits).pid)
keep(subprocess.Popen(waits, start_new_session=True).pid)
"""


@pytest.mark.parametrize("how", _HOSTILE)
def test_a_hostile_collection_leaves_no_process_and_writes_nothing(
    how: str, tmp_path: Path, legacy_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = tmp_path / "pids"
    code = _AND_WRITES.replace("PIDS", repr(str(pids))) + _HOSTILE[how]
    suite = _suite(tmp_path, code)
    monkeypatch.chdir(suite)
    monkeypatch.setenv("PWD", str(suite))
    monkeypatch.setenv("OLDPWD", str(suite))
    before = _contents(suite)
    started = time.monotonic()
    found = collect(_loaded(suite), legacy_python, seconds=8)
    assert time.monotonic() - started < LONG
    assert (found.suite.trace is not None) == (how == "goes on")
    assert bool(found.problem) != (how == "goes on")
    assert _contents(suite) == before
    kept = [int(pid) for pid in pids.read_text().split()]
    assert len(kept) == 3
    assert not any(map(_runs, kept))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # a zombie of another parent does not run
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
