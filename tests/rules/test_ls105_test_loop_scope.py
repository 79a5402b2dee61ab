"""LS105: marks that deviate, marks of other plugins, marks in hooks."""

from __future__ import annotations

from textwrap import dedent, indent

from tests.suites_in_memory import AUTO, STRICT, after, migrate_files

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
