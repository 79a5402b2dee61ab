"""LS105: marks that deviate, marks of other plugins, marks in hooks."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from tests.rules.changed import ASYNC_TEST
from tests.suites_in_memory import AUTO, STRICT, after, messages, migrate_files

OVERRIDE = """\
    @pytest.fixture{}
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """
HEAD = "import asyncio\n\nimport pytest\n\n\n"
TEST = "async def test_{}():\n    pass\n"


def override(scope: str = "") -> str:
    return dedent(OVERRIDE.format(scope))


def test_one_that_deviates_below_a_shared_mark_gets_its_own() -> None:
    own = override() + "\n" + TEST.format("three")
    own = own.replace("event_loop()", "event_loop(self)").replace("three()", "three(self)")
    files = {
        "pytest.ini": STRICT,
        "conftest.py": HEAD + override('(scope="session")'),
        "test_x.py": (
            HEAD
            + "pytestmark = pytest.mark.asyncio\n\n\n"
            + "\n\n".join(TEST.format(name) for name in ("one", "two"))
            + "\n\nclass TestOwn:\n"
            + indent(own, "    ")
        ),
    }
    result = after(files)
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]
    assert "pytestmark = pytest.mark.asyncio\n" in result["test_x.py"]
    mark = '    @pytest.mark.asyncio(loop_scope="function")\n    async def test_three(self):\n'
    assert mark in result["test_x.py"]


def test_marks_of_other_plugins_keep_their_keywords() -> None:
    marks = (
        '@pytest.mark.parametrize("number", [1, 2], ids=["one", "two"])\n'
        '@pytest.mark.skipif(False, reason="none")\n'
    )
    old = 'pytestmark = pytest.mark.timeout(3, method="thread")\n'
    source = (
        f"import pytest\n\n{old}\n\n{marks}@pytest.mark.asyncio(forbid_global_loop=True)\n"
        "async def test_one(number, event_loop):\n    pass\n\n\n"
        f"{marks}def test_two(number):\n    pass\n"
    )
    result = after({"pytest.ini": STRICT, "test_x.py": source})["test_x.py"]
    assert result == source.replace("(forbid_global_loop=True)", "").replace(", event_loop", "")


def test_change_of_a_mark_is_named_once() -> None:
    source = "import pytest\n\n\n@pytest.mark.asyncio(scope='module')\n" + TEST.format("one")
    source += "\n\n@pytest.mark.asyncio(forbid_global_loop=True)\n" + TEST.format("two")
    files = {"pytest.ini": STRICT, "test_x.py": source, "test_y.py": "def test(event_loop): ...\n"}
    changes = migrate_files(files).changes
    edits = [(e.code, e.line) for c in changes if c.path == "test_x.py" for e in c.edits]
    assert edits == [("LS105", 4), ("LS105", 9)]


def test_hook_that_names_a_loop_scope_is_not_deleted() -> None:
    hook = """\
        import inspect

        import pytest


        def pytest_collection_modifyitems(items):
            for item in items:
                if inspect.iscoroutinefunction(item.function):
                    item.add_marker(pytest.mark.asyncio(loop_scope="session"))
        """
    files = {"pytest.ini": AUTO, "conftest.py": hook, "test_x.py": TEST.format("one")}
    changes = {change.path: change.after.decode() for change in migrate_files(files).changes}
    assert changes.get("conftest.py", dedent(hook)) == dedent(hook)


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
