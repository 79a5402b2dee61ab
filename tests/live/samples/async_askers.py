"""Async tests and fixtures that ask for ``event_loop``."""

from __future__ import annotations

from .sample import AUTO, STRICT, Sample, override, sample

SAMPLES: dict[str, Sample] = {
    "unused_by_async_tests": sample(
        {
            "pytest.ini": STRICT,
            "test_unused.py": """
                import asyncio

                import pytest


                @pytest.mark.asyncio
                async def test_alone(event_loop):
                    assert await asyncio.sleep(0, 1) == 1


                @pytest.mark.asyncio
                async def test_with_others(event_loop, tmp_path):
                    assert tmp_path.exists()


                class TestMethods:
                    @pytest.mark.asyncio
                    async def test_method(self, event_loop):
                        assert await asyncio.sleep(0, 1) == 1
                """,
        }
    ),
    "used_by_async_tests": sample(
        {
            "pytest.ini": STRICT,
            "test_used.py": """
                import asyncio

                import pytest

                pytestmark = pytest.mark.asyncio


                async def answer():
                    return 42


                async def test_create_task(event_loop):
                    assert await event_loop.create_task(answer()) == 42


                async def test_one_other_use(event_loop):
                    future = event_loop.create_future()
                    future.set_result(42)
                    assert await future == 42


                async def test_several_uses(event_loop: asyncio.AbstractEventLoop):
                    \"\"\"Uses the loop twice.\"\"\"
                    assert event_loop is asyncio.get_running_loop()
                    started = event_loop.time()
                    await asyncio.sleep(0)
                    assert event_loop.time() >= started


                async def test_nested_function(event_loop):
                    done = asyncio.Event()

                    def ring():
                        event_loop.call_soon(done.set)

                    ring()
                    await asyncio.wait_for(done.wait(), 1)
                """,
        }
    ),
    "async_fixtures": sample(
        {
            "pytest.ini": STRICT,
            "test_fixtures.py": """
                import asyncio

                import pytest
                import pytest_asyncio


                @pytest_asyncio.fixture
                async def unused(event_loop):
                    return asyncio.get_running_loop()


                @pytest_asyncio.fixture
                async def task(event_loop):
                    task = event_loop.create_task(asyncio.sleep(60))
                    yield task
                    task.cancel()


                @pytest.mark.asyncio
                async def test_loop(unused):
                    assert unused is asyncio.get_running_loop()


                @pytest.mark.asyncio
                async def test_task(task):
                    assert task.get_loop() is asyncio.get_running_loop()
                """,
        }
    ),
    "async_fixtures_of_a_session": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": override("session")
            + """

@pytest.fixture(scope="session")
async def database(event_loop):
    task = event_loop.create_task(asyncio.sleep(60))
    yield task
    task.cancel()
""",
            "test_a.py": """
                import asyncio


                async def test_a(database, event_loop):
                    assert database.get_loop() is event_loop
                """,
            "test_b.py": """
                import asyncio


                async def test_b(database):
                    assert database.get_loop() is asyncio.get_running_loop()
                """,
        }
    ),
}
