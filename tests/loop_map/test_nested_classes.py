"""The class loops of nested classes (docs/loop-rules.md, Nested classes)."""

from __future__ import annotations

from tests.suites_in_memory import style_and_loops, suite_of

CONFIGURATION = """
    [pytest]
    asyncio_mode = auto
    asyncio_default_fixture_loop_scope = class
    asyncio_default_test_loop_scope = {}
"""


def loops(text: str, default: str = "class") -> dict[str, str]:
    """Give the region of each test's own loop."""
    files = {"pytest.ini": CONFIGURATION.format(default), "test_a.py": text}
    _, loop_map = style_and_loops(suite_of(files))
    return {
        test.removeprefix("test_a.py::"): loops.own.region.removeprefix("test_a.py::")
        for test, loops in loop_map.items()
        if loops.own is not None
    }


INNER_LAST = """
    class TestOuter:
        async def test_first(self): ...

        class TestInner:
            async def test_one(self): ...

            class TestDeep:
                async def test_two(self): ...
"""
INNER_FIRST = """
    class TestOuter:
        class TestInner:
            async def test_one(self): ...

        async def test_last(self): ...
"""


def test_an_inner_class_is_on_the_loop_that_the_outer_one_has_made() -> None:
    assert set(loops(INNER_LAST).values()) == {"TestOuter"}


def test_an_inner_class_that_comes_first_has_its_own() -> None:
    assert loops(INNER_FIRST) == {
        "TestOuter::TestInner::test_one": "TestOuter::TestInner",
        "TestOuter::test_last": "TestOuter",
    }


def test_a_fixture_of_the_outer_class_makes_its_loop() -> None:
    text = """
    import pytest

    @pytest.fixture
    async def one(): ...

    class TestOuter:
        {}def test_first(self, one): ...

        class TestInner:
            @pytest.mark.asyncio(loop_scope="class")
            async def test_one(self): ...
"""
    for first in ("", "async "):
        found = loops(text.format(first), "function")
        assert found["TestOuter::TestInner::test_one"] == "TestOuter"
