"""What only a run can know: a migration that follows the record of one, and one without it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import Order, run_suite
from tests.programs import LONG

from . import compare
from .runner import DEPRECATIONS_AS_ERRORS, run_loopscope
from .samples.sample import AUTO, STRICT, override

_HEAD = "import asyncio\nimport os\nimport pytest\nimport pytest_asyncio\n"


@dataclass(frozen=True)
class Case:
    """A suite, and a module ``installed`` that is no part of it."""

    name: str
    files: dict[str, str]
    installed: str = ""
    says: str = ""  # in the report of the migration that follows the record
    ini: str = AUTO + "addopts = -p installed\n"
    kept: tuple[int, int] = (1, 1)  # loops, before and after
    by_hand: bool = False  # something is left to do


_CASES = (
    Case(
        "async_fixture_of_a_plugin",
        {
            "conftest.py": override("session"),
            "test_a.py": """
                import asyncio

                async def test_one(db):
                    assert db is asyncio.get_running_loop()

                async def test_two(db):
                    pass
            """,
            "b/conftest.py": override("function"),
            "b/test_b.py": "".join(f"\nasync def test_{n}():\n    pass\n" for n in range(4)),
        },
        """
            @pytest_asyncio.fixture(scope="session")
            async def db():
                return asyncio.get_running_loop()
        """,
        "the fixture db of installed is async and has scope session",
        kept=(5, 5),
    ),
    Case(
        "autouse_async_fixture_of_a_plugin",
        {
            "conftest.py": override("module"),
            "test_a.py": "async def test_one():\n    pass\n\nasync def test_two():\n    pass\n",
            "b/conftest.py": override("function"),
            "b/test_b.py": """
                import pytest

                pytestmark = pytest.mark.usefixtures("nothing")

                async def test_one(): pass
                async def test_two(): pass
                async def test_three(): pass
            """,
        },
        """
            @pytest_asyncio.fixture(autouse=True)
            async def ready(request):
                yield
                assert True

            @pytest.fixture
            def nothing():
                pass
        """,
        "the fixture ready of installed is async",
        kept=(4, 2),  # one default for all that need the plugin's fixture
    ),
    Case(
        "event_loop_asked_for_by_a_plugin",
        {
            "conftest.py": override("session"),
            "test_a.py": """
                import asyncio

                async def test_async(client):
                    assert client is asyncio.get_running_loop()

                def test_sync(client):
                    client.run_until_complete(asyncio.sleep(0))
            """,
        },
        """
            @pytest.fixture
            def client(event_loop):
                return event_loop
        """,
        "client of installed asks for event_loop",
    ),
    Case(
        "event_loop_overridden_by_a_plugin",
        {
            "conftest.py": 'pytest_plugins = ["installed"]\n',
            "test_a.py": """
                queue = []

                async def test_one():
                    pass

                async def test_two():
                    pass

                def test_sync(event_loop):
                    event_loop.call_soon(print)
            """
        },
        """
            @pytest.fixture(scope="session")
            def event_loop():
                loop = asyncio.new_event_loop()
                yield loop
                loop.close()
        """,
        "installed overrides event_loop with scope session",
        AUTO,
    ),
    Case(
        "getfixturevalue_with_a_variable",
        {
            "conftest.py": _HEAD
            + dedent("""
                @pytest_asyncio.fixture
                async def memory():
                    return asyncio.get_running_loop()

                @pytest.fixture
                def backend(request):
                    return request.getfixturevalue(os.environ.get("BACKEND", "memory"))
            """),
            "test_a.py": "".join(f"\nasync def test_{n}():\n    pass\n" for n in range(4)),
            "b/conftest.py": override("module"),
            "b/test_b.py": """
                import asyncio

                async def test_one(backend):
                    assert backend is asyncio.get_running_loop()

                def test_two(request):
                    name = "back" + "end"
                    assert request.getfixturevalue(name)
            """,
        },
        says="it is asked for while tests run, as the record of the legacy run shows",
        ini=AUTO,
        kept=(5, 5),
    ),
    Case(
        "callable_scope",
        {
            "conftest.py": _HEAD
            + override("module")
            + dedent("""
                def scope(fixture_name, config):
                    return "module"

                @pytest_asyncio.fixture(scope=scope)
                async def db():
                    return asyncio.get_running_loop()
            """),
            **{
                f"test_{name}.py": """
                    import asyncio

                    async def test_one(db):
                        assert db is asyncio.get_running_loop()
                """
                for name in "ab"
            },
        },
        says="its scope is module, as the record of the legacy run shows",
        kept=(2, 2),
    ),
    Case(
        "library_takes_the_current_loop",
        {
            "conftest.py": override("module")
            + dedent("""
                from installed import Client

                @pytest.fixture(scope="module")
                def client():
                    return Client()
            """),
            "test_a.py": """
                import asyncio

                async def test_one(client):
                    assert client.loop is asyncio.get_running_loop()
            """,
        },
        """
            class Client:
                def __init__(self):
                    self.loop = asyncio.get_event_loop()
        """,
        "it takes the current loop, as the record of the legacy run shows",
    ),
    Case(
        "library_asks_in_a_sync_test",
        {
            "test_a.py": """
                from installed import now

                async def test_async():
                    pass

                def test_sync():
                    now()
            """,
        },
        """
            def now():
                return asyncio.get_event_loop().time()
        """,
        "LS109 _ambient_event_loop",
    ),
    Case(
        "override_under_a_decorator_of_its_own",
        {
            "conftest.py": """
                import asyncio
                from installed import session_fixture

                @session_fixture
                def event_loop():
                    loop = asyncio.new_event_loop()
                    yield loop
                    loop.close()
            """,
            "test_a.py": "async def test_one():\n    pass\n\nasync def test_two():\n    pass\n",
        },
        """
            session_fixture = pytest.fixture(scope="session")
        """,
        "its scope is session, as the record of the legacy run shows",
        by_hand=True,
    ),
    Case(
        "imported_pytestmark",
        {
            "conftest.py": override("session"),
            "test_a.py": """
                from installed import pytestmark

                async def test_one():
                    pass

                async def test_two():
                    pass
            """,
        },
        "pytestmark = mark = pytest.mark.asyncio",
        "it ran on a loop, as the record of the legacy run shows",
        ini=STRICT,
    ),
    Case(
        "imported_mark",
        {
            "test_a.py": override("module")
            + dedent("""
                from installed import mark

                @mark
                async def test_one():
                    pass

                @mark
                async def test_two():
                    pass
            """),
            "test_b.py": "import pytest\n"
            + "".join(f"\n@pytest.mark.asyncio\nasync def test_{n}(): pass\n" for n in range(4)),
        },
        "pytestmark = mark = pytest.mark.asyncio",
        "it ran on a loop, as the record of the legacy run shows",
        ini=STRICT,
        kept=(5, 5),
    ),
)  # fmt: skip


def _write(suite: Path, case: Case) -> Path:
    (suite.parent / "installed").mkdir()
    plugin = suite.parent / "installed" / "installed.py"
    plugin.write_text(_HEAD + dedent(case.installed), encoding="utf-8")
    for name, text in {"pytest.ini": case.ini, **case.files}.items():
        path = suite / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text), encoding="utf-8")
    return suite


def _run(python: Path, suite: Path, out: Path, *options: str) -> SuiteRun:
    options = ("-p", "no:cacheprovider", *options)
    paths = (suite.parent / "installed", suite)
    return run_suite(Order(python, suite, out, options, paths, seconds=LONG))


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case.name)
def test_the_record_answers_what_the_source_does_not(
    case: Case, tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    suite = _write(tmp_path / "suite", case)
    record = tmp_path / "record.jsonl"
    before = _run(legacy_python, suite, record)
    assert before.failed == 0
    untold = Path(shutil.copytree(suite, tmp_path / "untold"))

    done = run_loopscope("migrate", "-v", suite, "--trace", record)
    assert case.says in done.stdout
    after = _run(modern_python, suite, tmp_path / "after.jsonl", *DEPRECATIONS_AS_ERRORS)
    assert _complaints(before, after, case) == [], done.stdout
    assert done.returncode == case.by_hand, done.stdout
    if not case.by_hand:
        again = run_loopscope("migrate", "--diff", suite)
        assert again.returncode == 0, again.stdout

    done = run_loopscope("migrate", untold)
    if done.returncode == 0:
        after = _run(modern_python, untold, tmp_path / "untold.jsonl", *DEPRECATIONS_AS_ERRORS)
        assert _complaints(before, after, case) != [], done.stdout


def _complaints(before: SuiteRun, after: SuiteRun, case: Case) -> list[str]:
    found = [
        *compare.outcomes(before, after),
        *compare.groups(before, after, may_join=True),
        *compare.strays(after),
    ]
    kept = compare.loops_kept(before, after)
    return found if kept == case.kept else [*found, f"loops: {kept}"]


@pytest.mark.parametrize(
    "broken", ["nothing", "a directory", "a pipe", "no record", "no JSON", "a modern run"]
)
def test_what_is_no_record_of_a_legacy_run_is_refused(broken: str, tmp_path: Path) -> None:
    path = tmp_path / "trace"
    start = '{"kind": "start", "process": "", "python": "3.11", "pytest": "9", "asyncio": "1.5.0"}'
    if broken == "a directory":
        path.mkdir()
    elif broken == "a pipe":
        os.mkfifo(path)
    elif broken != "nothing":
        path.write_text({"no record": "[]\n{}\n", "no JSON": "\0{"}.get(broken, start))
    done = run_loopscope("check", "--trace", path, tmp_path)
    assert done.returncode == 2
    assert {
        "nothing": "there is no such file",
        "a directory": "is a directory",
        "a pipe": "it is a directory, pipe, socket or device; give the file that --save-trace has",
        "a modern run": "pytest-asyncio 1.5.0; what is needed is one with 0.21",
    }.get(broken, "is no record") in " ".join(done.stdout.split())


def test_a_record_of_an_older_loopscope_is_refused(tmp_path: Path, legacy_python: Path) -> None:
    suite = _write(tmp_path / "suite", _CASES[0])
    record = tmp_path / "record.jsonl"
    _run(legacy_python, suite, record)
    text = record.read_text(encoding="utf-8")
    assert '"format": 3' in text
    record.write_text(text.replace('"format": 3', '"format": 2'), encoding="utf-8")
    done = run_loopscope("check", "--trace", record, suite)
    assert done.returncode == 2
    assert "made by another release of loopscope: record the suite again" in " ".join(
        done.stdout.split()
    )


def test_a_record_of_another_suite_or_of_other_files_is_refused(
    tmp_path: Path, legacy_python: Path
) -> None:
    case = _CASES[0]
    suite = _write(tmp_path / "suite", case)
    record = tmp_path / "record.jsonl"
    _run(legacy_python, suite, record)
    (suite / "conftest.py").write_text(override("module"), encoding="utf-8")
    done = run_loopscope("migrate", "--trace", record, suite)
    assert done.returncode == 2
    assert "conftest.py: has changed since the record of --trace was made" in done.stdout
    assert "event_loop" in (suite / "conftest.py").read_text(encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "test_other.py").write_text("async def test_it(event_loop): ...\n")
    done = run_loopscope("migrate", "--diff", "--trace", record, tmp_path / "other")
    assert done.returncode == 2
    assert "is the record of another suite" in done.stdout


def test_a_plugins_fixture_that_takes_the_current_loop_is_an_action_with_a_way_out(
    tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    case = Case(
        "current",
        {
            "conftest.py": "import pytest\nimport pytest_asyncio\n",
            "test_a.py": """
                import asyncio

                async def test_one(client):
                    assert client is asyncio.get_running_loop()
            """,
        },
        "\n@pytest.fixture\ndef client():\n    return asyncio.get_event_loop()\n",
    )
    suite = _write(tmp_path / "suite", case)
    record = tmp_path / "record.jsonl"
    before = _run(legacy_python, suite, record)
    done = run_loopscope("migrate", suite, "--trace", record)
    assert done.returncode == 1
    assert "LS102 action: the fixture client of installed takes the current loop" in done.stdout
    guide = Path(__file__).parents[2] / "migration_guides" / "what-only-a-run-knows.md"
    way_out = guide.read_text(encoding="utf-8").partition('["a_plugin"]')[2].partition("```")[0]
    with (suite / "conftest.py").open("a", encoding="utf-8") as file:
        file.write(way_out)
    after = _run(modern_python, suite, tmp_path / "after.jsonl")
    assert compare.outcomes(before, after) == []
