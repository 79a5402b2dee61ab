"""Sync fixtures that make an object of the current loop get that loop first."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import STRICT, after

FIXTURE = """\
    import asyncio, pytest

    @pytest.fixture
    def one():
        return {call}

    @pytest.mark.asyncio
    async def test_a(one): ...
    """


@pytest.mark.parametrize(
    "call",
    [
        "asyncio.Future()",
        "asyncio.StreamReader()",
        "asyncio.gather()",
        "asyncio.shield(f())",
        "asyncio.wrap_future(f())",
        "asyncio.as_completed([])",
        "asyncio.Task(f())",
    ],
)
def test_the_fixture_becomes_one_of_the_plugin(call: str) -> None:
    result = after({"pytest.ini": STRICT, "test_a.py": FIXTURE.format(call=call)})["test_a.py"]
    assert "@pytest_asyncio.fixture" in result


def test_one_that_is_given_its_loop_stays() -> None:
    source = FIXTURE.format(call="asyncio.Future(loop=LOOP)")
    assert "pytest_asyncio" not in after({"pytest.ini": STRICT, "test_a.py": source})["test_a.py"]


def test_a_bridge_under_given_keeps_the_scope_of_the_override() -> None:
    source = """\
        import asyncio, pytest
        from hypothesis import given, strategies as st

        @pytest.fixture(scope="session")
        def event_loop():
            loop = asyncio.new_event_loop()
            yield loop
            loop.close()

        @pytest.mark.asyncio
        async def test_b(): ...

        @given(n=st.integers())
        def test_a(event_loop, n):
            event_loop.run_until_complete(asyncio.sleep(0))
        """
    result = after({"pytest.ini": STRICT, "test_a.py": source})["test_a.py"]
    assert '@pytest_asyncio.fixture(scope="module", loop_scope="module")' in result


CLASS = """\
import asyncio

class Worker:
    def start(self):
        self.loop = asyncio.get_event_loop()
        return self

    def stop(self): ...
"""
USER = """\
import asyncio, pytest
{imported}

@pytest.fixture
def one():
    {lines}

@pytest.mark.asyncio
async def test_a(one): ...
"""


@pytest.mark.parametrize(
    "lines",
    [
        "return Worker().start()",
        "worker = Worker()\n    worker.start()\n    yield worker",
        "with Worker() as worker:\n        yield worker.start()",
        "yield WORKER.start()",
    ],
)
@pytest.mark.parametrize("where", ["here", "from", "module"])
def test_a_method_of_an_object_that_it_makes_takes_the_loop(lines: str, where: str) -> None:
    name = "helpers.Worker" if where == "module" else "Worker"
    imported = {
        "here": CLASS,
        "from": "from helpers import Worker\n",
        "module": "import helpers\n",
    }[where] + f"WORKER = {name}()\n"
    user = USER.format(imported=imported, lines=lines.replace("Worker()", f"{name}()"))
    result = after({"pytest.ini": STRICT, "helpers.py": CLASS, "test_a.py": user})["test_a.py"]
    assert "@pytest_asyncio.fixture" in result


def test_a_method_that_takes_no_loop_leaves_the_fixture_alone() -> None:
    user = USER.format(imported=CLASS, lines="return Worker().stop()")
    assert "pytest_asyncio" not in after({"pytest.ini": STRICT, "test_a.py": user})["test_a.py"]
