"""Small suites before and after, each named after its edge case."""

from __future__ import annotations

from textwrap import dedent

import pytest

from loopscope.types import Target
from tests.suites_in_memory import AUTO, STRICT, after, messages, migrate_files

SESSION = """\
    import asyncio

    import pytest


    @pytest.fixture(scope="session")
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """
ASYNC_TEST = "async def test_one():\n    pass\n"


def changed(path: str, before: str, expected: str, **others: str) -> None:
    """``before`` at ``path`` in an auto-mode suite with the session override comes out so."""
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": ASYNC_TEST, **others}
    files[path] = before
    assert after(files)[path] == dedent(expected)


# -- LS101 -----------------------------------------------------------------------------------


def test_comment_attached_to_an_override_goes_with_it_and_a_banner_stays() -> None:
    changed(
        "conftest.py",
        """\
        import asyncio

        import pytest

        # -- fixtures --

        # One loop for all.
        @pytest.fixture(scope="session")
        def event_loop():
            yield asyncio.new_event_loop()


        @pytest.fixture
        def name():
            return "n"
        """,
        """\
        import pytest

        # -- fixtures --


        @pytest.fixture
        def name():
            return "n"
        """,
    )


def test_class_that_held_nothing_but_the_override_gets_a_pass() -> None:
    files = {
        "pytest.ini": AUTO,
        "base.py": """\
            import asyncio
            import pytest


            class Loops:
                @pytest.fixture
                def event_loop(self):
                    yield asyncio.new_event_loop()
            """,
        "test_x.py": """\
            from base import Loops


            class TestX(Loops):
                async def test_one(self):
                    pass
            """,
    }
    assert after(files)["base.py"] == "class Loops:\n    pass\n"


def test_override_under_a_condition_is_left_to_a_person() -> None:
    source = (
        dedent(SESSION).replace("@pytest", "if True:\n    @pytest").replace("\ndef", "\n    def")
    )
    source = source.replace("\n    loop", "\n        loop").replace(
        "\n    yield", "\n        yield"
    )
    migration = migrate_files({"conftest.py": source, "pytest.ini": AUTO, "test_x.py": ASYNC_TEST})
    assert messages(migration) == ["conftest.py:8 LS101 action"]


# -- LS102 -----------------------------------------------------------------------------------


def test_event_loop_of_a_mixture_becomes_a_variable() -> None:
    changed(
        "test_x.py",
        """\
        async def test_one(event_loop):
            task = event_loop.create_task(work())
            await event_loop.run_in_executor(None, task)
        """,
        """\
        import asyncio


        async def test_one():
            event_loop = asyncio.get_running_loop()
            task = event_loop.create_task(work())
            await event_loop.run_in_executor(None, task)
        """,
    )


def test_names_are_written_as_the_file_imports_them() -> None:
    changed(
        "test_x.py",
        """\
        import asyncio as aio


        async def test_one(event_loop):
            event_loop.call_soon(print)
        """,
        """\
        import asyncio as aio


        async def test_one():
            aio.get_running_loop().call_soon(print)
        """,
    )


def test_sync_test_with_a_decorator_of_unknown_kind_stays_sync() -> None:
    before = """\
        import helpers


        @helpers.retry
        def test_one(event_loop):
            event_loop.run_until_complete(helpers.work())
        """
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_x.py": before,
        "test_y.py": ASYNC_TEST,
    }
    result = after(files)
    assert result["test_x.py"] == dedent(before)
    assert "async def event_loop()" in result["conftest.py"]


def test_sync_test_stays_sync_where_a_fixture_drives_the_loop() -> None:
    before = """\
        import asyncio

        import pytest


        @pytest.fixture
        def run(event_loop):
            return lambda work: event_loop.run_until_complete(work)


        def test_one(event_loop, run):
            event_loop.run_until_complete(asyncio.sleep(0))
            run(asyncio.sleep(0))
        """
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_x.py": before,
        "test_y.py": ASYNC_TEST,
    }
    assert after(files)["test_x.py"] == dedent(before)


def test_safe_only_takes_the_bridge() -> None:
    before = "def test_one(event_loop):\n    event_loop.run_until_complete(work())\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_x.py": before,
        "test_y.py": ASYNC_TEST,
    }
    result = after(files, safe_only=True)
    assert result["test_x.py"] == before
    assert 'scope="session"' not in result["conftest.py"]
    assert "async def event_loop()" in result["conftest.py"]


def test_unittest_case_that_asks_for_the_loop_is_a_finding() -> None:
    test = """\
        import unittest

        import pytest


        @pytest.mark.usefixtures("event_loop")
        class TestCase(unittest.TestCase):
            def test_one(self):
                pass
        """
    assert messages(migrate_files({"test_x.py": test})) == ["test_x.py:8 LS102 action"]


def test_no_bridge_below_1_0() -> None:
    test = "def test_one(event_loop):\n    print(event_loop)\n"
    found = messages(migrate_files({"test_x.py": test}, target=Target(0, 26)))
    assert "test_x.py:1 LS102 action" in found


# -- LS103 and LS104 -------------------------------------------------------------------------


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


def test_callable_scope_gets_the_widest_loop_scope() -> None:
    fixture = """\
        import pytest


        @pytest.fixture(scope=determine)
        async def db():
            return 1


        async def test_one(db):
            pass
        """
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": fixture}
    assert '(scope=determine, loop_scope="session")' in after(files)["test_x.py"]


# -- LS105 -----------------------------------------------------------------------------------


def test_bare_mark_under_a_wider_one_of_the_same_scope_goes() -> None:
    files = {
        "pytest.ini": STRICT,
        "test_x.py": """\
            import asyncio
            import pytest

            pytestmark = pytest.mark.asyncio


            @pytest.fixture(scope="module")
            def event_loop():
                yield asyncio.new_event_loop()


            async def test_one():
                pass


            @pytest.mark.asyncio
            async def test_two():
                pass
            """,
        **{
            f"test_{name}.py": "import pytest\n\npytestmark = pytest.mark.asyncio\n\n\n"
            + "".join(f"async def test_{n}():\n    pass\n\n\n" for n in range(3))
            for name in "abc"
        },
    }
    result = after(files)["test_x.py"]
    assert 'pytestmark = pytest.mark.asyncio(loop_scope="module")' in result
    assert "@pytest.mark.asyncio" not in result


def test_module_mark_is_not_put_over_sync_tests() -> None:
    module = """\
        import asyncio
        import pytest


        @pytest.fixture(scope="module")
        def event_loop():
            yield asyncio.new_event_loop()


        async def test_one():
            pass


        def test_sync():
            pass
        """
    others = {f"test_{name}.py": ASYNC_TEST for name in "abc"}
    result = after({"pytest.ini": AUTO, "test_x.py": module, **others})["test_x.py"]
    assert "pytestmark" not in result
    assert '@pytest.mark.asyncio(loop_scope="module")\nasync def test_one' in result


def test_pytestmark_that_is_there_is_joined() -> None:
    module = """\
        import asyncio
        import pytest

        pytestmark = pytest.mark.slow


        @pytest.fixture(scope="module")
        def event_loop():
            yield asyncio.new_event_loop()


        async def test_one():
            pass
        """
    others = {f"test_{name}.py": ASYNC_TEST for name in "abc"}
    result = after({"pytest.ini": AUTO, "test_x.py": module, **others})["test_x.py"]
    assert 'pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]' in result


@pytest.mark.parametrize("keyword", ["forbid_global_loop=True", "accept_global_loop=True"])
def test_unknown_keywords_go(keyword: str) -> None:
    test = f"import pytest\n\n\n@pytest.mark.asyncio({keyword})\nasync def test_one():\n    pass\n"
    result = after({"pytest.ini": STRICT, "test_x.py": test})["test_x.py"]
    assert "@pytest.mark.asyncio\nasync def" in result


def test_scope_of_a_mark_in_a_variable_is_renamed() -> None:
    test = """\
        import pytest

        shared = pytest.mark.asyncio(scope="module")


        @shared
        async def test_one():
            pass
        """
    result = after({"pytest.ini": STRICT, "test_x.py": test})["test_x.py"]
    assert 'shared = pytest.mark.asyncio(loop_scope="module")' in result


def test_hook_that_marks_some_tests_is_a_finding() -> None:
    conftest = """\
        import pytest


        def pytest_collection_modifyitems(items):
            for item in items:
                if "slow" in item.name:
                    item.add_marker(pytest.mark.asyncio)
        """
    files = {"pytest.ini": STRICT, "conftest.py": conftest, "test_x.py": ASYNC_TEST}
    assert "conftest.py:4 LS105 action" in messages(migrate_files(files))


# -- LS201 -----------------------------------------------------------------------------------


def test_explicit_style_keeps_the_function_default() -> None:
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": ASYNC_TEST}
    result = after(files, style="explicit")
    assert "asyncio_default_fixture_loop_scope = function" in result["pytest.ini"]
    assert 'pytestmark = pytest.mark.asyncio(loop_scope="session")' in result["test_x.py"]


def test_target_without_the_test_option_marks_the_tests() -> None:
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": ASYNC_TEST}
    result = after(files, target=Target(0, 24))
    assert "asyncio_default_test_loop_scope" not in result["pytest.ini"]
    assert 'pytestmark = pytest.mark.asyncio(loop_scope="session")' in result["test_x.py"]


def test_present_default_stays_and_fixtures_name_theirs() -> None:
    ini = AUTO + "asyncio_default_fixture_loop_scope = session\n"
    test = """\
        import pytest


        @pytest.fixture
        async def db():
            return 1


        async def test_one(db, event_loop):
            pass
        """
    result = after({"pytest.ini": ini, "test_x.py": test})
    assert result["pytest.ini"] == ini
    assert '@pytest_asyncio.fixture(loop_scope="function")' in result["test_x.py"]


def test_modern_suite_without_the_option_says_what_unset_means() -> None:
    test = "import pytest\n\n\n@pytest.mark.asyncio(loop_scope='module')\n" + ASYNC_TEST
    result = after({"pytest.ini": STRICT, "test_x.py": test})
    assert result["pytest.ini"] == STRICT + "asyncio_default_fixture_loop_scope = fixture-scope\n"


def test_legacy_mode_becomes_strict() -> None:
    ini = "[pytest]\nasyncio_mode = legacy\n"
    test = "import pytest\n\n\n@pytest.mark.asyncio\n" + ASYNC_TEST
    assert "asyncio_mode = strict" in after({"pytest.ini": ini, "test_x.py": test})["pytest.ini"]


# -- suppression, annotation, errors ---------------------------------------------------------


def test_ignore_comment_leaves_a_definition_alone() -> None:
    conftest = SESSION.replace(
        "def event_loop():", "def event_loop():  # loopscope: ignore[LS101]"
    )
    files = {"pytest.ini": AUTO, "conftest.py": conftest, "test_x.py": ASYNC_TEST}
    migration = migrate_files(files)
    assert "conftest.py" not in {change.path for change in migration.changes}


def test_annotation_is_left_once_and_reported_until_it_goes() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION.replace("asyncio.new_event_loop()", "app.loop"),
        "test_x.py": ASYNC_TEST,
    }
    once = after(files, annotate=True)
    assert once["conftest.py"].count("# loopscope: LS101") == 1
    assert after(once, annotate=True) == once
    solved = {**once, "conftest.py": "# loopscope: LS101 do it\nx = 1\n"}
    assert "conftest.py:1 LS101 action" in messages(migrate_files(solved))


def test_syntax_error_has_a_place_and_the_rest_is_done() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_bad.py": "def test(:\n",
        "test_x.py": "async def test_one(event_loop):\n    pass\n",
    }
    migration = migrate_files(files)
    assert [(error.path, error.line) for error in migration.errors] == [("test_bad.py", 1)]
    assert "test_x.py" in {change.path for change in migration.changes}
