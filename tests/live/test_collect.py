"""What pytest's own collection knows: a migration that follows it, and one without it."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from loopscope import Suite, collect, load_suites
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import Order, run_suite
from tests.programs import LONG

from . import compare
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
    done = run_loopscope("migrate", "--allow-dirty", *collecting, suite)
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


@pytest.mark.parametrize(
    ("made", "others"),
    [
        ("async def run(): pass", _FOUR),
        ("async def run(event_loop): event_loop.time()", ""),
        ("def run(event_loop): event_loop.time()", ""),
    ],
    ids=["another loop", "asks for it", "sync"],
)
def test_a_made_test_that_the_defaults_do_not_keep_is_an_action(
    made: str,
    others: str,
    tmp_path: Path,
    legacy_python: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {
        "conftest.py": override("function"),
        "test_a.py": f"def make():\n    {made}\n    return run\n\n"
        'globals()["test_one"] = make()\n',
        "b/conftest.py": override("session" if others else "function"),
        "b/test_b.py": others or _FOUR,
    }
    suite = _write(tmp_path, Case("", files, ""), monkeypatch)
    done = run_loopscope("check", "--collect", "--collect-python", legacy_python, suite)
    assert "LS318 action: test_one: made while the module is imported" in done.stdout
    assert done.returncode == 1


def test_what_an_option_leaves_out_is_collected_and_a_module_that_skips_itself_is_not_known(
    tmp_path: Path, legacy_python: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = next(case for case in _CASES if case.name == "tests_from_a_factory")
    deselecting = AUTO + "addopts = -k test_two\n"
    suite = _write(tmp_path / "a", Case("", case.files, "", ini=deselecting), monkeypatch)
    collecting = ("check", "--collect", "--collect-python", legacy_python)
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
    done = run_loopscope("check", "--collect", "--collect-python", legacy_python, suite)
    assert said in done.stdout
    assert "Its source alone is read." in done.stdout
    assert done.returncode == alone.returncode
    assert alone.stdout in done.stdout


def test_a_module_that_cannot_be_imported_is_said_in_pytests_words(
    tmp_path: Path, legacy_python: Path
) -> None:
    suite = _suite(tmp_path, "")
    (suite / "test_b.py").write_text("import no_such_module\n")
    done = run_loopscope("check", "--collect", "--collect-python", legacy_python, suite)
    assert "pytest could not collect test_b.py. Its source alone is read." in done.stdout
    assert "No module named 'no_such_module'" in done.stdout


def test_a_collection_that_hangs_and_forks_and_writes_leaves_nothing(
    tmp_path: Path, legacy_python: Path
) -> None:
    pids = tmp_path / "pids"
    suite = _suite(
        tmp_path,
        f"""
        import os, subprocess, sys, time
        print("noise" * 1000)
        open("written", "w").close()
        open(os.path.join(os.path.dirname(__file__), "beside"), "w").close()
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open({str(pids)!r}, "w") as file:
            file.write(f"{{os.getpid()}} {{child.pid}}")
        time.sleep(600)
        """,
    )
    before = _contents(suite)
    started = time.monotonic()
    found = collect(_loaded(suite), legacy_python, seconds=5)
    assert time.monotonic() - started < LONG
    assert found.suite.trace is None
    assert "was stopped" in found.problem
    assert _contents(suite) == before
    for pid in pids.read_text().split():
        assert not _runs(int(pid))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")  # a zombie of another parent does not run
    return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
