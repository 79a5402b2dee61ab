"""Marks of pytest-asyncio 0.22, and tests that only 0.21 awaited."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, STRICT, after, messages, migrate_files

CLASS = """\
    import pytest


    @pytest.mark.asyncio_event_loop
    class TestA:
        @pytest.mark.asyncio
        async def test_one(self):
            pass

        @pytest.mark.asyncio
        async def test_two(self):
            pass
    """


def test_class_loop_of_0_22_is_a_class_loop() -> None:
    migration = migrate_files({"pytest.ini": STRICT, "test_x.py": CLASS})
    assert (migration.loops_before, migration.loops_after) == (1, 1)
    assert "asyncio_event_loop" not in after({"test_x.py": CLASS})["test_x.py"]


def test_class_loop_beside_more_tests_is_named_on_its_tests() -> None:
    more = "\n".join(f"    async def test_{n}():\n        pass\n" for n in range(3))
    result = after({"pytest.ini": AUTO, "test_x.py": CLASS, "test_y.py": more})
    assert result["test_x.py"].count('@pytest.mark.asyncio(loop_scope="class")') == 2


def test_module_loop_of_0_22() -> None:
    source = "import pytest\n\npytestmark = pytest.mark.asyncio_event_loop\n\n\nasync def test_a():\n    pass\n"  # noqa: E501
    result = after({"pytest.ini": AUTO, "test_x.py": source})
    assert result["test_x.py"] == "async def test_a():\n    pass\n"
    assert "asyncio_default_test_loop_scope = module\n" in result["pytest.ini"]


def test_loop_mark_with_a_policy_is_left_to_a_person() -> None:
    source = CLASS.replace("asyncio_event_loop", "asyncio_event_loop(policy=POLICY)")
    migration = migrate_files({"pytest.ini": STRICT, "test_x.py": source})
    assert "test_x.py:4 LS105 action" in messages(migration)


DECORATOR = """\
    import functools


    def twice(function):
        @functools.wraps(function)
        {kind} wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper
    """
DECORATED = """\
    import pytest
    from helpers import twice


    @pytest.mark.asyncio
    @twice
    async def test_one():
        pass
    """


@pytest.mark.parametrize(("kind", "found"), [("def", True), ("async def", False)])
def test_decorator_that_wraps_the_test_in_a_sync_function(kind: str, found: bool) -> None:
    helpers = DECORATOR.replace("{kind}", kind)
    files = {"pytest.ini": STRICT, "helpers.py": helpers, "test_x.py": DECORATED}
    assert ("test_x.py:7 LS313 action" in messages(migrate_files(files))) is found
