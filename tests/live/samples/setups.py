"""xunit methods, collection hooks, marks on parameters, overrides that build on others."""

from __future__ import annotations

from .sample import AUTO, STRICT, Sample, override, sample

XUNIT = """
import asyncio

import pytest


class TestSetUp:
    def setup_method(self):
        self.loop = asyncio.get_event_loop()

    @pytest.mark.asyncio
    async def test_one(self):
        assert self.loop is asyncio.get_running_loop()

    @pytest.mark.asyncio
    async def test_two(self):
        assert self.loop is asyncio.get_running_loop()
"""

SAMPLES: dict[str, Sample] = {
    "xunit_method": sample({"pytest.ini": STRICT, "test_xunit.py": XUNIT}),
    "xunit_method_on_the_session_loop": sample(
        {"pytest.ini": STRICT, "conftest.py": override("session"), "test_xunit.py": XUNIT}
    ),
    "hook_that_marks_async_tests": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": """
                import inspect

                import pytest


                def pytest_collection_modifyitems(items):
                    for item in items:
                        if inspect.iscoroutinefunction(item.obj):
                            item.add_marker(pytest.mark.asyncio)
                """,
            "test_hooked.py": """
                import asyncio


                async def test_async(event_loop):
                    assert event_loop is asyncio.get_running_loop()


                def test_sync():
                    pass
                """,
        }
    ),
    "usefixtures_on_a_class_of_async_tests": sample(
        {
            "pytest.ini": AUTO,
            "test_marked.py": """
                import asyncio

                import pytest


                @pytest.mark.usefixtures("event_loop")
                class TestMarked:
                    async def test_one(self):
                        asyncio.get_running_loop()
                """,
        }
    ),
    "override_that_builds_on_another": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": override("module"),
            "a/conftest.py": """
                import pytest


                @pytest.fixture(scope="module")
                def event_loop(event_loop):
                    yield event_loop
                """,
            "a/test_a.py": """
                import asyncio

                loops = []


                async def test_one():
                    loops.append(asyncio.get_running_loop())


                async def test_two():
                    assert loops == [asyncio.get_running_loop()]
                """,
        }
    ),
    "loop_factory_and_sync_fixture": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
                import asyncio

                import pytest


                @pytest.fixture
                def event_loop():
                    loop = asyncio.SelectorEventLoop()
                    asyncio.set_event_loop(loop)
                    yield loop
                    loop.close()


                @pytest.fixture
                def loop(event_loop):
                    return event_loop
                """,
            "test_kind.py": """
                import asyncio


                async def test_kind(loop):
                    assert type(loop) is asyncio.SelectorEventLoop
                    assert loop is asyncio.get_running_loop()
                """,
        }
    ),
    "work_before_a_wide_fixture": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
                import asyncio

                import pytest

                from state import begin, done


                @pytest.fixture(scope="session")
                def event_loop():
                    loop = asyncio.new_event_loop()
                    loop.run_until_complete(begin())
                    try:
                        yield loop
                    finally:
                        loop.close()
                    done()


                @pytest.fixture(scope="session")
                async def rows():
                    from state import began

                    assert began == [asyncio.get_running_loop()]
                    return began
                """,
            "state.py": """
                import asyncio

                began = []


                async def begin():
                    began.append(asyncio.get_running_loop())


                def done():
                    began.clear()
                """,
            "test_rows.py": """
                import asyncio


                async def test_rows(rows):
                    assert rows == [asyncio.get_running_loop()]


                async def test_more(rows):
                    assert rows == [asyncio.get_running_loop()]
                """,
        }
    ),
}
