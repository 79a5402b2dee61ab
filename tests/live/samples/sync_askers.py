"""Sync tests and fixtures that ask for ``event_loop``, or for the current loop."""

from __future__ import annotations

from .sample import AUTO, STRICT, Sample, override, sample

SAMPLES: dict[str, Sample] = {
    "sync_test_runs_until_complete": sample(
        {
            "pytest.ini": STRICT,
            "test_sync.py": """
                import asyncio

                import pytest


                async def answer():
                    await asyncio.sleep(0)
                    return 42


                def test_sync(event_loop):
                    assert event_loop.run_until_complete(answer()) == 42


                @pytest.mark.asyncio
                async def test_async():
                    assert await answer() == 42
                """,
        }
    ),
    "sync_test_on_the_session_loop": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": override("session"),
            "test_sync.py": """
                import asyncio

                loops = []


                async def running():
                    return asyncio.get_running_loop()


                async def test_async():
                    loops.append(asyncio.get_running_loop())


                def test_sync(event_loop):
                    for loop in loops:
                        assert event_loop is loop
                        assert event_loop.run_until_complete(running()) is loop
                """,
        }
    ),
    "sync_fixture_runs_until_complete": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": """
                import asyncio

                import pytest


                class Server:
                    async def start(self):
                        self.loop = asyncio.get_running_loop()

                    async def stop(self):
                        assert self.loop is asyncio.get_running_loop()


                @pytest.fixture
                def server(event_loop):
                    server = Server()
                    event_loop.run_until_complete(server.start())
                    yield server
                    event_loop.run_until_complete(server.stop())
                """,
            "test_server.py": """
                import asyncio

                import pytest


                @pytest.mark.asyncio
                async def test_async(server):
                    assert server.loop is asyncio.get_running_loop()


                def test_sync(server):
                    assert not server.loop.is_closed()
                """,
        }
    ),
    "sync_fixture_of_a_module": sample(
        {
            "pytest.ini": STRICT,
            "test_module.py": override("module")
            + """

async def running():
    return asyncio.get_running_loop()


@pytest.fixture(scope="module")
def home(event_loop):
    return event_loop.run_until_complete(running())


@pytest.mark.asyncio
async def test_one(home):
    assert home is asyncio.get_running_loop()


@pytest.mark.asyncio
async def test_two(home):
    assert home is asyncio.get_running_loop()
""",
        }
    ),
    "sync_fixture_stores_the_loop": sample(
        {
            "pytest.ini": STRICT,
            "test_stored.py": """
                import asyncio

                import pytest


                class Client:
                    def __init__(self, loop):
                        self.loop = loop


                @pytest.fixture
                def client(event_loop):
                    return Client(loop=event_loop)


                @pytest.mark.asyncio
                async def test_async(client):
                    assert client.loop is asyncio.get_running_loop()


                def test_sync(client):
                    assert client.loop.run_until_complete(asyncio.sleep(0, 1)) == 1
                """,
        }
    ),
    "alias": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
                import pytest


                @pytest.fixture
                def loop(event_loop):
                    return event_loop
                """,
            "test_alias.py": """
                import asyncio


                async def test_async(loop):
                    assert loop is asyncio.get_running_loop()


                def test_sync(loop):
                    assert loop.run_until_complete(asyncio.sleep(0, 1)) == 1
                """,
        }
    ),
    "alias_of_a_wide_loop": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": override("session")
            + """

@pytest.fixture(scope="session", name="loop")
def loop_for_aiohttp(event_loop):
    yield event_loop


@pytest.fixture(scope="module")
def queue(loop):
    async def made():
        return asyncio.Queue()

    return loop.run_until_complete(made())
""",
            "test_alias.py": """
                import asyncio

                import pytest


                @pytest.mark.asyncio
                async def test_async(loop, queue):
                    assert loop is asyncio.get_running_loop()
                    loop.call_soon(queue.put_nowait, 1)
                    assert await asyncio.wait_for(queue.get(), 2) == 1


                def test_sync(loop):
                    assert loop.run_until_complete(asyncio.sleep(0, 1)) == 1


                def test_current(loop):
                    assert asyncio.get_event_loop() is loop


                class TestIt:
                    @pytest.mark.asyncio
                    async def test_method(self, loop):
                        await loop.create_task(asyncio.sleep(0))
                """,
        }
    ),
    "alias_and_a_sync_test_that_takes_the_current_loop": sample(
        {
            "pytest.ini": AUTO,
            "test_alias.py": """
                import asyncio

                import pytest


                @pytest.fixture
                def loop(event_loop):
                    return event_loop


                def test_sync(loop):
                    assert asyncio.get_event_loop() is loop
                    assert loop.run_until_complete(asyncio.sleep(0, 1)) == 1


                async def test_async(loop):
                    assert loop is asyncio.get_running_loop()
                """,
        }
    ),
    "usefixtures": sample(
        {
            "pytest.ini": STRICT,
            "test_marked.py": """
                import asyncio

                import pytest


                @pytest.mark.usefixtures("event_loop")
                def test_sync():
                    assert asyncio.get_event_loop().run_until_complete(asyncio.sleep(0, 1)) == 1


                @pytest.mark.usefixtures("event_loop")
                @pytest.mark.asyncio
                async def test_async():
                    assert await asyncio.sleep(0, 1) == 1
                """,
        }
    ),
    "getfixturevalue": sample(
        {
            "pytest.ini": STRICT,
            "test_dynamic.py": """
                import asyncio

                import pytest


                @pytest.fixture
                def client(request):
                    return request.getfixturevalue("event_loop")


                @pytest.mark.asyncio
                async def test_async(client):
                    assert client is asyncio.get_running_loop()


                def test_sync(client):
                    assert client.run_until_complete(asyncio.sleep(0, 1)) == 1
                """,
        }
    ),
    "sync_fixture_gets_the_current_loop": sample(
        {
            "pytest.ini": STRICT,
            "test_current.py": """
                import asyncio

                import pytest


                @pytest.fixture
                def current():
                    return asyncio.get_event_loop()


                @pytest.mark.asyncio
                async def test_async(current):
                    assert current is asyncio.get_running_loop()
                """,
        }
    ),
    "ambient_loop_of_sync_tests": sample(
        {
            "pytest.ini": STRICT,
            "app.py": """
                import asyncio


                def run(coroutine):
                    return asyncio.get_event_loop().run_until_complete(coroutine)
                """,
            "test_app.py": """
                import asyncio

                import pytest
                from app import run


                @pytest.mark.asyncio
                async def test_async():
                    assert await asyncio.sleep(0, 1) == 1


                def test_sync():
                    assert run(asyncio.sleep(0, 1)) == 1
                """,
        }
    ),
}
