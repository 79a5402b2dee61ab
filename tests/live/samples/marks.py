"""Marks on modules, classes and tests, parameters, and every outcome."""

from __future__ import annotations

from .sample import AUTO, STRICT, Sample, override, sample

SAMPLES: dict[str, Sample] = {
    "class_marks_with_sync_neighbours": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": override("module"),
            "test_marks.py": """
                import asyncio

                import pytest

                loops = []


                @pytest.mark.asyncio
                class TestMarked:
                    async def test_one(self):
                        loops.append(asyncio.get_running_loop())

                    async def test_two(self):
                        assert loops == [asyncio.get_running_loop()]


                @pytest.mark.asyncio
                async def test_three():
                    assert loops == [asyncio.get_running_loop()]


                def test_sync():
                    assert len(loops) == 1
                """,
        }
    ),
    "module_mark_and_closer_marks": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": override("module"),
            "test_a.py": """
                import asyncio

                import pytest

                pytestmark = pytest.mark.asyncio
                loops = []


                async def test_one():
                    loops.append(asyncio.get_running_loop())


                @pytest.mark.asyncio
                async def test_two():
                    assert loops == [asyncio.get_running_loop()]
                """,
            "test_b.py": """
                import asyncio

                import pytest


                class TestListed:
                    pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("default")]
                    loops = []

                    async def test_one(self):
                        self.loops.append(asyncio.get_running_loop())

                    async def test_two(self):
                        assert self.loops == [asyncio.get_running_loop()]
                """,
        }
    ),
    "mark_on_a_base_class": sample(
        {
            "pytest.ini": STRICT,
            "test_base.py": override("module")
            + """

loops = []


@pytest.mark.asyncio
class Base:
    async def test_inherited(self):
        loops.append(asyncio.get_running_loop())
        assert loops[0] is asyncio.get_running_loop()


class TestFirst(Base):
    pass


class TestSecond(Base):
    async def test_own(self):
        assert loops[0] is asyncio.get_running_loop()
""",
        }
    ),
    "parametrized": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": override("module")
            + """

@pytest.fixture(scope="module", params=["sqlite", "postgres"])
async def database(request):
    yield request.param, asyncio.get_running_loop()
""",
            "test_parametrized.py": """
                import asyncio

                import pytest


                @pytest.mark.parametrize("number", [1, 2])
                async def test_numbers(number, event_loop):
                    assert await event_loop.create_task(asyncio.sleep(0, number)) == number


                async def test_databases(database):
                    name, loop = database
                    assert name in ("sqlite", "postgres")
                    assert loop is asyncio.get_running_loop()
                """,
        }
    ),
    "every_outcome": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": override("session"),
            "test_outcomes.py": """
                import asyncio

                import pytest


                async def test_passes():
                    assert asyncio.get_running_loop().is_running()


                @pytest.mark.xfail(strict=True)
                async def test_fails_as_expected(event_loop):
                    assert event_loop is None


                @pytest.mark.skip(reason="not now")
                async def test_skipped(event_loop):
                    raise AssertionError


                async def test_skips_itself():
                    pytest.skip("not here")
                """,
        }
    ),
}
