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
