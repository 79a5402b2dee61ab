"""LS103: async fixtures of strict mode, and marks on fixtures."""

from __future__ import annotations

import pytest

from tests.rules.changed import changed
from tests.suites_in_memory import STRICT, after, messages, migrate_files


def test_strict_fixture_under_pytest_fixture_is_moved() -> None:
    files = {
        "pytest.ini": STRICT,
        "test_x.py": """\
            import pytest


            @pytest.fixture
            async def db():
                return 1


            @pytest.mark.asyncio
            async def test_one(db):
                pass
            """,
    }
    assert "@pytest_asyncio.fixture\nasync def db" in after(files)["test_x.py"]


def test_marks_on_fixtures_go() -> None:
    changed(
        "test_x.py",
        """\
        import pytest


        @pytest.fixture
        @pytest.mark.asyncio
        async def user():
            return 1


        async def test_one(user):
            pass
        """,
        """\
        import pytest


        @pytest.fixture
        async def user():
            return 1


        async def test_one(user):
            pass
        """,
    )


def test_fixture_of_anyio_tests_is_left_alone() -> None:
    files = {
        "pytest.ini": STRICT,
        "test_x.py": """\
            import pytest


            @pytest.fixture
            async def db():
                return 1


            @pytest.mark.anyio
            async def test_one(db):
                pass


            @pytest.mark.asyncio
            async def test_two():
                pass
            """,
    }
    assert "@pytest.fixture\nasync def db" in after(files)["test_x.py"]


RAW = """\
import asyncio

import pytest


@pytest.fixture
async def db():
    return 1


@pytest.mark.asyncio
async def test_one(db):
    {}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("assert await db == 1", "assert db == 1"),
        ("await db", "pass"),
        ("await db\n    pass\n    assert 1", "pass\n    assert 1"),
        ("await db  # made\n    assert 1", "pass  # made\n    assert 1"),
        ("assert (await db) == 1", "assert (db) == 1"),
        ("assert [(await db), await other()]", "assert [(db), await other()]"),
        ("value = await db\n    assert value", "value = db\n    assert value"),
        ("assert [await db for _ in range(1)]", "assert [db for _ in range(1)]"),
    ],
)
def test_await_of_a_raw_coroutine_goes(body: str, expected: str) -> None:
    files = {"pytest.ini": STRICT, "test_x.py": RAW.format(body)}
    assert after(files)["test_x.py"].endswith(f"    {expected}\n")
    assert not messages(migrate_files(files))


@pytest.mark.parametrize(
    "body",
    [
        "db = await db\n    assert db",
        "async for one in db:\n        assert one",
        "assert await asyncio.wait_for(db, 1)",
        "assert asyncio.iscoroutine(db) and await db",
        "async def inner():\n        return await db\n    assert await inner()",
        "assert await db  # twice, in a lambda: \n    later = lambda: db",
    ],
)
def test_more_than_an_await_of_a_raw_coroutine_is_a_finding(body: str) -> None:
    files = {"pytest.ini": STRICT, "test_x.py": RAW.format(body)}
    assert messages(migrate_files(files)) == ["test_x.py:12 LS103 action"]
    assert body in after(files)["test_x.py"]


def test_await_of_a_fixture_that_is_not_raw_everywhere_is_a_finding() -> None:
    base = RAW.format("assert await db == 1").partition("@pytest.mark.asyncio")[0]
    tests = """

class Base:
    @pytest.mark.asyncio
    async def test_one(self, db):
        assert await db == 1


class TestRaw(Base):
    pass


class TestOther(Base):
    @pytest.fixture
    def db(self):
        return other()
"""
    files = {"pytest.ini": STRICT, "test_x.py": base.rstrip() + "\n" + tests}
    assert messages(migrate_files(files)) == ["test_x.py:13 LS103 action"]


@pytest.mark.parametrize("options", [{"ignore": ("LS103",)}, {}])
def test_await_stays_with_its_fixture(options: dict[str, object]) -> None:
    text = RAW.format("assert await db == 1")
    if not options:
        text = text.replace("async def db():", "async def db():  # loopscope: ignore[LS103]")
    files = {"pytest.ini": STRICT, "test_x.py": text}
    assert after(files, **options)["test_x.py"] == text
