"""The loop scopes of what no test and no file of the suite reaches, and what needs no words."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from loopscope.analysis.suite.trace import Trace, TracedFunction
from loopscope.pipeline import migrate
from loopscope.types import CrossSuiteFiles, Options, PytestConfig, Suite, Target
from tests.suites_in_memory import AUTO, STRICT, after, suite_of

SESSION = """\
    import asyncio

    import pytest


    @pytest.fixture(scope="session")
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """
UNUSED = """\
    import pytest_asyncio


    @pytest_asyncio.fixture{}
    async def unused({}):
        yield 1
    """


MODERN = """\
    import pytest
    import pytest_asyncio


    @pytest_asyncio.fixture(scope="module"{})
    async def db():
        return 1


    @pytest_asyncio.fixture
    async def row():
        return 1


    @pytest.mark.asyncio(loop_scope="module")
    async def test_one(db):
        pass


    @pytest.mark.asyncio
    async def test_two(row):
        pass
    """


def test_unset_default_of_a_modern_suite_is_the_scope_of_each_fixture() -> None:
    result = after({"pytest.ini": STRICT, "test_x.py": MODERN.format("")})
    assert "asyncio_default_fixture_loop_scope = fixture-scope\n" in result["pytest.ini"]
    assert result["test_x.py"] == dedent(MODERN.format(""))


def test_before_1_5_which_has_no_word_for_that_it_is_function() -> None:
    files = {"pytest.ini": STRICT, "test_x.py": MODERN.format("")}
    result = after(files, target=Target(1, 4))
    assert "asyncio_default_fixture_loop_scope = function\n" in result["pytest.ini"]
    assert result["test_x.py"] == dedent(MODERN.format(', loop_scope="module"'))


def test_fixture_that_is_on_that_default_stays_as_it_is() -> None:
    test = """\
        import pytest


        @pytest.fixture
        async def row():
            return 1


        @pytest.mark.asyncio(loop_scope="module")
        async def test_one():
            pass


        async def test_two(row):
            pass
        """
    for target in (Target(1, 4), Target(1, 5)):
        assert after({"pytest.ini": AUTO, "test_x.py": test}, target=target)[
            "test_x.py"
        ] == dedent(test)


@pytest.mark.parametrize("asks", ["", "event_loop"])
def test_unused_fixture_is_on_the_loop_that_its_place_sees(asks: str) -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_x.py": "async def test_one():\n    pass\n",
        "more/conftest.py": UNUSED.format("", asks),
    }
    result = after(files, style="explicit")
    assert result["conftest.py"] == ""
    assert result["more/conftest.py"] == dedent(UNUSED.format('(loop_scope="session")', ""))


@pytest.mark.parametrize("asks", ["", "event_loop"])
def test_unused_fixture_without_an_override_keeps_its_own_scope(asks: str) -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": UNUSED.format('(scope="module")', asks),
        "test_x.py": "async def test_one(event_loop):\n    pass\n",
    }
    scopes = '(scope="module", loop_scope="module")'
    assert after(files)["conftest.py"] == dedent(UNUSED.format(scopes, ""))


def test_async_fixture_of_a_plugin_gets_the_loop_of_its_tests_by_default() -> None:
    """The record of a legacy run tells of it, and only the configured default reaches it."""
    tests = [f"test_x.py::test_{name}" for name in ("one", "two")]
    server = TracedFunction("", 7, "plugin", "server", is_async=True, on_loop=True)
    used = dict.fromkeys(tests, frozenset({"server"}))
    record = Trace((server,), used, async_tests=frozenset(tests))
    source = dedent(SESSION).replace('"session"', '"module"')
    source += "".join(f"\n\nasync def test_{name}(server):\n    pass\n" for name in ("one", "two"))
    more = "\n\n".join(f"async def test_{number}():\n    pass\n" for number in range(6))
    suite = suite_of({"pytest.ini": AUTO, "test_x.py": source, "test_y.py": more})
    migration = migrate(replace(suite, trace=record), Options())
    made = {change.path: change.after.decode() for change in migration.changes}
    for what in ("fixture", "test"):
        assert f"asyncio_default_{what}_loop_scope = module\n" in made["pytest.ini"]
    assert "loop_scope" not in made["test_x.py"]
    assert 'pytestmark = pytest.mark.asyncio(loop_scope="function")\n' in made["test_y.py"]


def test_default_is_that_of_the_tests_of_suites_below_where_there_are_no_own() -> None:
    tests = {"pytest.ini": AUTO.encode(), "test_b.py": b"async def test_b(): ...\n"}
    below = Suite("sub", PytestConfig("pytest.ini", "pytest"), tests)
    suite = replace(
        suite_of({"pytest.ini": AUTO, "conftest.py": SESSION}),
        cross_suite=CrossSuiteFiles(below={"sub/": below}),
    )
    changed = {c.path: c.after.decode() for c in migrate(suite, Options()).changes}
    assert "asyncio_default_test_loop_scope = session\n" in changed["pytest.ini"]
    own = dedent(SESSION).replace("session", "module") + "\n\nasync def test_a(): ...\n"
    suite = replace(suite, files={**suite.files, "test_a.py": own.encode()})
    changed = {c.path: c.after.decode() for c in migrate(suite, Options()).changes}
    assert "asyncio_default_test_loop_scope = module\n" in changed["pytest.ini"]
