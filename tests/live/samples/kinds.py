"""Overrides that do more than make a loop, and the spellings of those that do not."""

from __future__ import annotations

from .sample import AUTO, STRICT, Sample, sample

_TESTS = """
import asyncio

import pytest

pytestmark = pytest.mark.asyncio
loops = []


async def test_one():
    loops.append(asyncio.get_running_loop())


async def test_two():
    assert loops == [asyncio.get_running_loop()]
"""


def _plain(conftest: str) -> Sample:
    return sample({"pytest.ini": STRICT, "conftest.py": conftest, "test_loops.py": _TESTS})


_DEBUG = """
import asyncio


async def test_debug_is_on():
    assert asyncio.get_running_loop().get_debug()
"""


def _debug(conftest: str) -> Sample:
    return sample({"pytest.ini": AUTO, "conftest.py": conftest, "test_debug.py": _DEBUG})


_SPELLINGS: dict[str, Sample] = {
    "debug_of_loops_of_another_kind": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
            import asyncio

            import pytest


            class OurLoop(asyncio.SelectorEventLoop):
                pass


            @pytest.fixture(scope="session")
            def event_loop():
                loop = OurLoop()
                loop.set_debug(True)
                yield loop
                loop.close()
            """,
            "test_debug.py": _DEBUG
            + """

async def test_kind():
    assert type(asyncio.get_running_loop()).__name__ == "OurLoop"
""",
        }
    ),
    "another_kind_by_import": sample(
        {
            "pytest.ini": AUTO,
            "kinds.py": """
            import asyncio


            class OurLoop(asyncio.SelectorEventLoop):
                pass
            """,
            "helpers.py": """
            import pytest
            from kinds import OurLoop


            @pytest.fixture(scope="session")
            def event_loop():
                loop = OurLoop()
                yield loop
                loop.close()
            """,
            "conftest.py": "from helpers import event_loop\n",
            "test_kind.py": """
            import asyncio

            from kinds import OurLoop


            async def test_kind():
                assert isinstance(asyncio.get_running_loop(), OurLoop)
            """,
        }
    ),
    "return_the_current_loop": _plain("""
        import asyncio

        import pytest


        @pytest.fixture(scope="session")
        def event_loop():
            return asyncio.get_event_loop()
        """),
    "running_loop_or_a_new_one": _plain("""
        import asyncio
        from collections.abc import Generator

        import pytest


        @pytest.fixture(scope="session")
        def event_loop() -> Generator[asyncio.AbstractEventLoop, None, None]:
            \"\"\"One loop for all tests.\"\"\"
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                loop = asyncio.new_event_loop()
            yield loop
            loop.close()
        """),
    "cleans_up_its_tasks": _plain("""
        import asyncio

        import pytest


        @pytest.fixture(scope="module")
        def event_loop(request):
            loop = asyncio.new_event_loop()
            asyncio.set_event_loop(loop)
            try:
                yield loop
            finally:
                pending = asyncio.all_tasks(loop)
                for task in pending:
                    task.cancel()
                loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
                loop.run_until_complete(loop.shutdown_asyncgens())
                loop.close()
        """),
    "under_another_function_name": _plain("""
        import asyncio as aio

        from pytest import fixture


        @fixture(name="event_loop", scope="module")
        def module_loop():
            loop = aio.new_event_loop()
            yield loop
            loop.close()
        """),
    "under_pytest_asyncio_fixture": _plain("""
        import asyncio

        import pytest_asyncio


        @pytest_asyncio.fixture(scope="session")
        def event_loop():
            loop = asyncio.get_event_loop_policy().new_event_loop()
            yield loop
            loop.close()
        """),
}

_MORE: dict[str, Sample] = {
    "debug_mode_by_the_environment": _debug("""
        import os

        os.environ["PYTHONASYNCIODEBUG"] = "1"
        """),
    "debug_mode_by_a_policy": _debug("""
        import asyncio


        class Watched(asyncio.DefaultEventLoopPolicy):
            def set_event_loop(self, loop):
                if loop is not None:
                    loop.set_debug(True)
                super().set_event_loop(loop)


        asyncio.set_event_loop_policy(Watched())
        """),
    "debug": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
                import asyncio

                import pytest


                @pytest.fixture(scope="session")
                def event_loop():
                    loop = asyncio.new_event_loop()
                    loop.set_debug(True)
                    yield loop
                    loop.close()
                """,
            "test_debug.py": """
                import asyncio


                async def test_debug_is_on():
                    assert asyncio.get_running_loop().get_debug()


                async def test_still_on():
                    assert asyncio.get_running_loop().get_debug()
                """,
        }
    ),
    "another_kind_of_loop": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
                import asyncio

                import pytest
                from loops import CountingLoop


                @pytest.fixture(scope="session")
                def event_loop():
                    loop = CountingLoop()
                    yield loop
                    loop.close()
                """,
            "loops.py": """
                import asyncio


                class CountingLoop(asyncio.SelectorEventLoop):
                    pass
                """,
            "test_loops.py": """
                import asyncio

                from loops import CountingLoop


                async def test_one():
                    assert type(asyncio.get_running_loop()) is CountingLoop


                async def test_two():
                    assert type(asyncio.get_running_loop()) is CountingLoop
                """,
        }
    ),
    "work_around_the_yield": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
                import asyncio

                import pytest
                from database import down, up


                @pytest.fixture(scope="session")
                def event_loop():
                    loop = asyncio.new_event_loop()
                    loop.run_until_complete(up())
                    yield loop
                    loop.run_until_complete(down())
                    loop.close()


                @pytest.fixture
                async def rows():
                    from database import state

                    assert state["loop"] is asyncio.get_running_loop()
                    return state["rows"]
                """,
            "database.py": """
                import asyncio

                state = {}


                async def up():
                    state["loop"] = asyncio.get_running_loop()
                    state["rows"] = ["one"]


                async def down():
                    assert state["loop"] is asyncio.get_running_loop()
                    state.clear()
                """,
            "test_rows.py": """
                import asyncio

                from database import state


                async def test_rows(rows):
                    assert rows == ["one"]


                async def test_loop():
                    assert state["loop"] is asyncio.get_running_loop()
                """,
        }
    ),
    "autouse": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
                import asyncio

                import pytest


                @pytest.fixture(scope="session", autouse=True)
                def event_loop():
                    loop = asyncio.new_event_loop()
                    yield loop
                    loop.close()
                """,
            "test_both.py": """
                import asyncio

                seen = []


                async def test_async():
                    seen.append(asyncio.get_running_loop())


                def test_sync():
                    assert asyncio.get_event_loop() is seen[0]
                """,
        }
    ),
    "used_by_sync_tests_only": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": """
                import asyncio

                import pytest


                @pytest.fixture
                def event_loop():
                    loop = asyncio.new_event_loop()
                    yield loop
                    loop.close()
                """,
            "test_sync.py": """
                import asyncio


                async def answer(loop):
                    assert asyncio.get_running_loop() is loop
                    return 42


                def test_drives_the_loop(event_loop):
                    for _ in range(2):
                        assert event_loop.run_until_complete(answer(event_loop)) == 42


                def test_current_loop(event_loop):
                    assert asyncio.get_event_loop() is event_loop
                """,
        }
    ),
}

SAMPLES: dict[str, Sample] = {**_SPELLINGS, **_MORE}
