"""LS103: async fixtures of strict mode, and marks on fixtures."""

from __future__ import annotations

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


def test_test_that_awaited_the_raw_coroutine_is_a_finding() -> None:
    files = {
        "pytest.ini": STRICT,
        "test_x.py": """\
            import pytest


            @pytest.fixture
            async def db():
                return 1


            @pytest.mark.asyncio
            async def test_one(db):
                assert await db == 1
            """,
    }
    assert messages(migrate_files(files)) == ["test_x.py:10 LS103 action"]
