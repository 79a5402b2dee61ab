"""LS102: sync fixtures that call what a fixture hands out and so ask for the current loop."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.suites_in_memory import after

RUNNERS = {
    "a nested function": """
        @pytest.fixture
        def run():
            def _run(coro):
                return asyncio.get_event_loop().run_until_complete(coro)
            return _run
        """,
    "a lambda": """
        @pytest.fixture
        def run():
            return lambda coro: asyncio.get_event_loop().run_until_complete(coro)
        """,
    "a generator under another name": """
        @pytest.fixture(name="run")
        def make_runner():
            def _run(coro):
                return asyncio.get_event_loop().run_until_complete(coro)
            yield _run
        """,
}
USER = """
@pytest.fixture
def home(run):
    async def make():
        return asyncio.get_running_loop()
    return run(make())

@pytest.mark.asyncio
async def test_it(home):
    assert home is asyncio.get_running_loop()
"""
HEAD = "import asyncio\nimport pytest\n"
BOUND = "@pytest_asyncio.fixture\ndef home(run)"


@pytest.mark.parametrize("runner", RUNNERS)
def test_runner_of_a_conftest(runner: str) -> None:
    result = after({"conftest.py": HEAD + dedent(RUNNERS[runner]), "test_a.py": HEAD + USER})
    assert BOUND in result["test_a.py"]
    assert "pytest_asyncio" not in result["conftest.py"].partition("_has_event_loop")[0]


@pytest.mark.parametrize("runner", RUNNERS)
def test_runner_of_the_module(runner: str) -> None:
    result = after({"test_a.py": HEAD + dedent(RUNNERS[runner]) + USER})
    assert BOUND in result["test_a.py"]


def test_runner_that_is_only_handed_on() -> None:
    user = USER.replace("return run(make())", "return run, make").replace("home is", "home is not")
    result = after({"conftest.py": HEAD + dedent(RUNNERS["a lambda"]), "test_a.py": HEAD + user})
    assert "pytest_asyncio" not in result["test_a.py"]


def test_runner_with_a_loop_of_its_own() -> None:
    runner = dedent(RUNNERS["a lambda"]).replace("get_event_loop", "new_event_loop")
    user = USER.replace("home is", "home is not")
    result = after({"conftest.py": HEAD + runner, "test_a.py": HEAD + user})
    assert "pytest_asyncio" not in result["test_a.py"]
