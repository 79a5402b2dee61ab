"""LS105: marks of pytest-asyncio 0.22."""

from __future__ import annotations

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


def test_class_loop_beside_more_tests_is_named_on_the_class() -> None:
    more = "\n".join(f"    async def test_{n}():\n        pass\n" for n in range(3))
    result = after({"pytest.ini": AUTO, "test_x.py": CLASS, "test_y.py": more})
    assert result["test_x.py"].count("pytest.mark.asyncio") == 1
    assert '@pytest.mark.asyncio(loop_scope="class")\nclass TestA' in result["test_x.py"]


def test_module_loop_of_0_22() -> None:
    source = "import pytest\n\npytestmark = pytest.mark.asyncio_event_loop\n\n\nasync def test_a():\n    pass\n"  # noqa: E501
    result = after({"pytest.ini": AUTO, "test_x.py": source})
    assert result["test_x.py"] == "async def test_a():\n    pass\n"
    assert "asyncio_default_test_loop_scope = module\n" in result["pytest.ini"]


def test_loop_mark_with_a_policy_is_left_to_a_person() -> None:
    source = CLASS.replace("asyncio_event_loop", "asyncio_event_loop(policy=POLICY)")
    migration = migrate_files({"pytest.ini": STRICT, "test_x.py": source})
    assert "test_x.py:4 LS105 action" in messages(migration)
