"""Async fixtures, of every scope and in every spelling."""

from __future__ import annotations

from .sample import AUTO, STRICT, Sample, override, sample

_SCOPES: dict[str, Sample] = {
    "session_database_strict": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": override("session").replace(
                "import pytest\n", "import pytest\nimport pytest_asyncio\n"
            )
            + """

class Database:
    def __init__(self):
        self.loop = asyncio.get_running_loop()


@pytest_asyncio.fixture(scope="session")
async def database():
    database = Database()
    yield database
    assert database.loop is asyncio.get_running_loop()


@pytest_asyncio.fixture
async def session(database):
    assert database.loop is asyncio.get_running_loop()
    return database
""",
            "test_a.py": """
                import asyncio

                import pytest


                @pytest.mark.asyncio
                async def test_a(session):
                    assert session.loop is asyncio.get_running_loop()


                def test_sync(session):
                    assert not session.loop.is_running()
                """,
            "test_b.py": """
                import asyncio

                import pytest


                @pytest.mark.asyncio
                async def test_b(database):
                    assert database.loop is asyncio.get_running_loop()
                """,
        }
    ),
    "module_generator_auto": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": override("module")
            + """

@pytest.fixture(scope="module")
async def connection():
    loop = asyncio.get_running_loop()
    yield loop
    assert loop is asyncio.get_running_loop()
""",
            "test_a.py": """
                import asyncio


                async def test_one(connection):
                    assert connection is asyncio.get_running_loop()


                async def test_two(connection):
                    assert connection is asyncio.get_running_loop()
                """,
            "test_b.py": """
                import asyncio


                async def test_three(connection):
                    assert connection is asyncio.get_running_loop()
                """,
        }
    ),
    "module_fixture_in_a_session": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": override("session"),
            "test_a.py": """
                import asyncio

                import pytest


                @pytest.fixture(scope="module")
                async def queue():
                    yield asyncio.get_running_loop()


                async def test_queue(queue):
                    assert queue is asyncio.get_running_loop()
                """,
            "test_b.py": """
                import asyncio

                import pytest


                @pytest.fixture(autouse=True)
                async def clean():
                    yield asyncio.get_running_loop()


                async def test_clean(clean):
                    assert clean is asyncio.get_running_loop()
                """,
        }
    ),
    "fixture_methods_of_classes": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": override("class"),
            "test_methods.py": """
                import asyncio

                import pytest


                class TestFirst:
                    @pytest.fixture
                    async def home(self):
                        self.prepared = True
                        return asyncio.get_running_loop()

                    async def test_one(self, home):
                        assert self.prepared
                        assert home is asyncio.get_running_loop()

                    async def test_two(self, home):
                        assert home is asyncio.get_running_loop()


                class TestSecond:
                    async def test_three(self):
                        assert asyncio.get_running_loop().is_running()

                    @staticmethod
                    async def test_static():
                        assert asyncio.get_running_loop().is_running()
                """,
        }
    ),
}

_SPELLINGS: dict[str, Sample] = {
    "fixture_imported_from_pytest": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
                import asyncio

                from pytest import fixture


                @fixture(scope="session")
                def event_loop():
                    loop = asyncio.new_event_loop()
                    yield loop
                    loop.close()


                @fixture(scope="session")
                async def database():
                    yield asyncio.get_running_loop()
                """,
            "test_database.py": """
                import asyncio


                async def test_database(database):
                    assert database is asyncio.get_running_loop()


                async def test_again(database):
                    assert database is asyncio.get_running_loop()
                """,
        }
    ),
    "asyncio_under_another_name": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": """
                import asyncio as aio

                import pytest
                from pytest_asyncio import fixture as async_fixture


                @pytest.fixture(scope="module")
                def event_loop():
                    loop = aio.new_event_loop()
                    yield loop
                    loop.close()


                @async_fixture(scope="module")
                async def home():
                    return aio.get_event_loop()
                """,
            "test_alias.py": """
                import asyncio as aio

                import pytest


                @pytest.mark.asyncio
                async def test_one(home, event_loop):
                    assert await event_loop.create_task(aio.sleep(0, home)) is event_loop


                @pytest.mark.asyncio
                async def test_two(home):
                    assert home is aio.get_event_loop()
                """,
        }
    ),
    "sync_fixture_that_outlives_the_loops": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": """
                import pytest_asyncio


                @pytest_asyncio.fixture(scope="session")
                def words():
                    yield ["one"]


                @pytest_asyncio.fixture
                async def word(request):
                    return request.getfixturevalue("words")[0]
                """,
            "test_words.py": """
                import asyncio

                import pytest


                @pytest.mark.asyncio
                async def test_one(words, event_loop):
                    assert words
                    assert event_loop is asyncio.get_running_loop()


                @pytest.mark.asyncio
                async def test_two(word, words):
                    assert word == words[0]


                def test_three(words):
                    assert words
                """,
        }
    ),
    "get_event_loop_in_async_tests": sample(
        {
            "pytest.ini": STRICT,
            "test_running.py": """
                import asyncio
                from asyncio import get_event_loop

                import pytest

                pytestmark = [pytest.mark.asyncio]


                async def test_future():
                    future = asyncio.get_event_loop().create_future()
                    future.set_result(1)
                    assert await future == 1


                async def test_time():
                    assert get_event_loop().time() > 0
                """,
        }
    ),
}

SAMPLES: dict[str, Sample] = {**_SCOPES, **_SPELLINGS}
