"""LS104: the loop scopes of async fixtures."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from loopscope.pipeline import migrate
from loopscope.types import CrossSuiteFiles, Options
from tests.rules.changed import SESSION
from tests.suites_in_memory import AUTO, after, suite_of


def test_callable_scope_gets_the_widest_loop_scope() -> None:
    fixture = """\
        import pytest


        @pytest.fixture(scope=determine)
        async def db():
            return 1


        async def test_one(db):
            pass
        """
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": fixture}
    assert '(scope=determine, loop_scope="session")' in after(files)["test_x.py"]


@pytest.mark.parametrize("default", ["unset", "session", "function"])
@pytest.mark.parametrize("decorator", ["pytest.fixture", "pytest_asyncio.fixture"])
def test_what_is_the_default_in_the_end_is_not_repeated(default: str, decorator: str) -> None:
    fixture = (
        f"import pytest, pytest_asyncio\n\n@{decorator}(scope='session')\nasync def db(): ...\n\n"
        "async def test_one(db): ...\n"
    )
    config = AUTO + f"asyncio_default_fixture_loop_scope = {default}\n" * (default != "unset")
    files = {"pytest.ini": config, "conftest.py": SESSION, "test_x.py": fixture}
    changed = after(files, runs_on="0.21")
    assert changed["pytest.ini"].count("fixture_loop_scope = session") == 1
    assert changed["test_x.py"] == fixture


def test_a_default_that_counts_for_some_runs_only_is_no_reason_to_leave_out_a_loop_scope() -> None:
    """Another suite reads the conftest with a configuration of its own."""
    files = {
        "pytest.ini": AUTO,
        "conftest.py": dedent(SESSION)
        + "\n\n@pytest.fixture(scope='session')\nasync def db(): ...\n",
        "test_x.py": "async def test_one(db): ...\n",
    }
    suite = suite_of(files)
    below = replace(
        suite_of({"below/test_y.py": "async def test_two(db): ...\n"}),
        cross_suite=CrossSuiteFiles({"../conftest.py": files["conftest.py"].encode()}),
    )
    shared = replace(suite, cross_suite=CrossSuiteFiles(below={"below/": below}))
    named = [
        any(
            edit.code == "LS104"
            for change in migrate(one, Options()).changes
            for edit in change.edits
        )
        for one in (suite, shared)
    ]
    assert named == [False, True]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('scope="module"', 'scope="module", loop_scope="module"'),
        ('scope="session"', 'scope="session", loop_scope="session"'),
        ("", ""),
    ],
)
def test_wider_scope_beside_a_narrower_default_names_its_loop_scope(
    arguments: str, expected: str
) -> None:
    module = (
        "import asyncio, pytest, pytest_asyncio\n\n"
        f"@pytest.fixture({arguments})\ndef event_loop():\n"
        "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n"
        f"@pytest_asyncio.fixture({arguments})\nasync def db(): ...\n\n"
        "async def test_one(db): ...\n"
    )
    others = "".join(f"async def test_{number}(): ...\n" for number in range(9))
    files = {"pytest.ini": AUTO, "test_x.py": module, "test_y.py": others}
    changed = after(files)
    assert "fixture_loop_scope = function" in changed["pytest.ini"]
    assert f"@pytest_asyncio.fixture({expected})" in changed["test_x.py"]


def test_default_that_a_first_run_has_written_holds_for_a_fixture_that_no_test_uses() -> None:
    """What is left to a person keeps the suite one for the old rules."""
    files = {
        "conftest.py": """\
            import asyncio

            import pytest
            import pytest_asyncio


            @pytest.fixture(scope="module")
            def event_loop():
                loop = asyncio.new_event_loop()
                yield loop
                loop.close()


            @pytest_asyncio.fixture(scope="class")
            async def unused():
                return 1
            """,
        "test_a.py": """\
            import pytest


            @pytest.mark.asyncio
            async def test_one(event_loop):
                assert event_loop


            @pytest.mark.asyncio
            async def test_two(event_loop):
                await test_one(event_loop)
            """,
    }
    first = after(files)
    assert '@pytest_asyncio.fixture(scope="class")\n' in first["conftest.py"]
    assert after(first) == first
