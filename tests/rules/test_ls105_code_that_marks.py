"""LS105: classes that code marks, and hooks that let helpers mark."""

from __future__ import annotations

import pytest

from loopscope.types import Level
from tests.suites_in_memory import AUTO, after, messages, migrate_files

MODULE = """\
import asyncio
import inspect

import pytest


@pytest.fixture(scope="module")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


"""
METHODS = "    async def test_a(self): ...\n    async def test_b(self): ...\n"
OTHERS = "import pytest\n\n\n" + "".join(
    f"@pytest.mark.asyncio\nasync def test_{n}(): ...\n\n\n" for n in range(4)
)
WIDE = 'pytest.mark.asyncio(loop_scope="module")'

# -- classes -----------------------------------------------------------------------------------

SET = {
    "a mark": "cls.pytestmark = pytest.mark.asyncio",
    "a list": "cls.pytestmark = [pytest.mark.asyncio, pytest.mark.slow]",
    "setattr": 'setattr(cls, "pytestmark", [pytest.mark.asyncio])',
    "beside those there": "cls.pytestmark = [*cls.pytestmark, pytest.mark.asyncio]",
    "added": "cls.pytestmark = getattr(cls, 'pytestmark', []) + [pytest.mark.asyncio]",
}
USED = {
    "a decorator": f"@marked\nclass TestA:\n{METHODS}",
    "a call": f"class TestA:\n{METHODS}\n\nmarked(TestA)\n",
    "an assigned call": f"class TestA:\n{METHODS}\n\nTestA = marked(TestA)\n",
    "a base class": f"@marked\nclass Base:\n    pass\n\n\nclass TestA(Base):\n{METHODS}",
}


@pytest.mark.parametrize("line", SET.values(), ids=SET.keys())
@pytest.mark.parametrize("use", USED.values(), ids=USED.keys())
def test_decorator_that_marks_a_class(line: str, use: str) -> None:
    marked = f'def marked(cls):\n    """Mark it."""\n    {line}\n    return cls\n\n\n'
    result = after({"test_a.py": MODULE + marked + use, "test_b.py": OTHERS})
    wide = line.replace("pytest.mark.asyncio", WIDE)
    assert marked.replace(line, wide) + use in result["test_a.py"]


@pytest.mark.parametrize("line", SET.values(), ids=SET.keys())
@pytest.mark.parametrize("where", ["here", "there"])
def test_base_class_that_marks_its_subclasses(line: str, where: str) -> None:
    base = "class Base:\n    def __init_subclass__(cls, **options):\n"
    base += f"        super().__init_subclass__(**options)\n        {line}\n\n\n"
    test = f"class TestA(Base):\n{METHODS}"
    if where == "here":
        files = {"test_a.py": MODULE + base + test}
    else:
        files = {
            "base.py": "import pytest\n\n\n" + base,
            "test_a.py": "from base import Base\n" + MODULE + test,
        }
    result = after({**files, "test_b.py": OTHERS})
    place = "test_a.py" if where == "here" else "base.py"
    assert line.replace("pytest.mark.asyncio", WIDE) in result[place]
    assert WIDE not in result["test_b.py"]


def test_mark_of_a_base_takes_the_place_of_the_class_s_own() -> None:
    base = "class Base:\n    def __init_subclass__(cls):\n"
    base += "        cls.pytestmark = pytest.mark.asyncio\n\n\n"
    own = "    pytestmark = [pytest.mark.slow]\n\n"
    result = after({"test_a.py": MODULE + base + f"class TestA(Base):\n{own}{METHODS}"})
    assert own in result["test_a.py"]
    assert "test_default_test" not in result["test_a.py"]


def test_the_class_that_marks_its_subclasses_is_not_marked_itself() -> None:
    """It is no subclass of itself, so nothing runs its async tests in strict mode."""
    base = "class TestBase:\n    def __init_subclass__(cls):\n"
    base += f"        cls.pytestmark = pytest.mark.asyncio\n\n{METHODS}"
    found = messages(migrate_files({"test_a.py": MODULE + base, "test_b.py": OTHERS}))
    assert [text for text in found if " action" in text] == ["test_a.py:18 LS317 action"]


def test_marked_methods() -> None:
    marked = """\
def marked(cls):
    for name, member in list(vars(cls).items()):
        if inspect.iscoroutinefunction(member):
            setattr(cls, name, pytest.mark.asyncio(member))
    return cls


"""
    use = f"@marked\nclass TestA:\n{METHODS}"
    result = after({"test_a.py": MODULE + marked + use, "test_b.py": OTHERS})
    assert f"{WIDE}(member)" in result["test_a.py"]


# -- hooks -------------------------------------------------------------------------------------

HELPERS = {
    "a helper for each item": """
        def mark(item):
            \"\"\"Mark it.\"\"\"
            if inspect.iscoroutinefunction(item.function):
                item.add_marker(pytest.mark.asyncio)


        def pytest_collection_modifyitems(items):
            for one in items:
                mark(one)
        """,
    "a helper for all": """
        def mark_all(tests):
            for test in tests:
                if inspect.iscoroutinefunction(test.function):
                    test.add_marker("asyncio")


        def pytest_collection_modifyitems(session, config, items):
            mark_all(items)
        """,
    "a helper of a helper": """
        def mark(item):
            item.add_marker(pytest.mark.asyncio)


        def look(item):
            mark(item)


        def pytest_collection_modifyitems(items):
            for item in items:
                if inspect.iscoroutinefunction(item.function):
                    look(item)
        """,
    "another hook": """
        def mark(test):
            if inspect.iscoroutinefunction(test.obj):
                test.add_marker(pytest.mark.asyncio)


        @pytest.hookimpl(tryfirst=True)
        def pytest_itemcollected(item):
            mark(item)
        """,
}


def dedented(text: str) -> str:
    return "import inspect\n\nimport pytest\n" + text.replace("\n        ", "\n")


@pytest.mark.parametrize("hook", HELPERS.values(), ids=HELPERS.keys())
def test_hook_goes_with_the_helpers_that_only_it_calls(hook: str) -> None:
    test = MODULE + "async def test_a(): ...\n"
    result = after({"conftest.py": dedented(hook), "test_a.py": test, "test_b.py": OTHERS})
    assert "asyncio_mode = auto" in result["pytest.ini"]
    assert "def " not in result["conftest.py"]


def test_helper_that_others_use_stays() -> None:
    more = "\n\ndef twice(item):\n    return mark(item)\n"
    conftest = dedented(HELPERS["a helper for each item"]) + more
    files = {"conftest.py": conftest, "test_a.py": MODULE + "async def test_a(): ...\n"}
    migration = migrate_files(files)
    assert any(text.startswith("conftest.py:") and "LS318" in text for text in messages(migration))
    [changed] = [one for one in migration.changes if one.path == "conftest.py"]
    assert "def mark(item):" in changed.after.decode()
    assert "pytest_collection_modifyitems" not in changed.after.decode()


UNREAD = {
    "by name": ("mark(item)", "if 'io' in item.name: item.add_marker(pytest.mark.asyncio)"),
    "by a keyword": ("mark(item, deep=True)", "item.add_marker(pytest.mark.asyncio)"),
    "by a value": ("mark(item.obj)", "item.add_marker(pytest.mark.asyncio)"),
}


@pytest.mark.parametrize("ways", UNREAD.values(), ids=UNREAD.keys())
def test_hook_whose_helper_does_more_is_an_action(ways: tuple[str, str]) -> None:
    call, line = ways
    hook = f"def mark(item, deep=False):\n    {line}\n\n\n"
    hook += f"def pytest_collection_modifyitems(items):\n    for item in items: {call}\n"
    files = {"conftest.py": "import pytest\n\n\n" + hook, "test_a.py": OTHERS}
    assert "conftest.py:8 LS105 action" in messages(migrate_files(files))


@pytest.mark.parametrize(
    "conftest",
    [
        "from helpers import mark\n\n\n{}mark(item)\n",
        "import helpers\n\n\n{}helpers.mark(item)\n",
    ],
)
def test_hook_whose_helper_is_in_another_file_is_an_action(conftest: str) -> None:
    hook = "def pytest_collection_modifyitems(items):\n    for item in items:\n        "
    helper = "import pytest\n\n\ndef mark(item):\n    item.add_marker(pytest.mark.asyncio)\n"
    files = {"helpers.py": helper, "conftest.py": conftest.format(hook), "test_a.py": OTHERS}
    assert "conftest.py:4 LS105 action" in messages(migrate_files(files))
    files["pytest.ini"] = AUTO
    assert not [text for text in messages(migrate_files(files)) if " action" in text]


def test_imported_hook_goes_with_its_import() -> None:
    helpers = dedented(HELPERS["a helper for each item"])
    files = {
        "helpers.py": helpers + "\nWIDE = 1\n",
        "conftest.py": "from helpers import WIDE, pytest_collection_modifyitems\n",
        "test_a.py": MODULE + "async def test_a(): ...\n",
    }
    result = after(files)
    assert result["conftest.py"] == "from helpers import WIDE\n"
    assert "def " not in result["helpers.py"]


def test_old_keyword_in_a_helper_is_renamed_there() -> None:
    helper = "def mark(item):\n    item.add_marker(pytest.mark.asyncio({}='session'))\n\n\n"
    hook = (
        "def pytest_collection_modifyitems(items):\n    for item in items:\n        mark(item)\n"
    )
    head = "import pytest\n\n\n"
    files = {"conftest.py": head + helper.format("scope") + hook, "test_a.py": OTHERS}
    assert after(files)["conftest.py"] == head + helper.format("loop_scope") + hook


def test_hook_is_read_however_it_is_spaced() -> None:
    conftest = "import pytest\n\n\ndef  pytest_itemcollected(item):\n"
    conftest += "    item.add_marker(pytest.mark.asyncio)\n"
    files = {"conftest.py": conftest, "test_a.py": "async def test_a(): ...\n"}
    assert "pytest_itemcollected" not in after(files).get("conftest.py", "")


@pytest.mark.parametrize(("other", "said"), [("slow", False), ("asyncio", True)])
def test_a_hook_that_chooses_among_names_of_other_marks(other: str, said: bool) -> None:
    files = {
        "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = session\n",
        "requirements.txt": "pytest-asyncio>=1.0\n",
        "conftest.py": "def pytest_collection_modifyitems(items):\n    for item in items:\n"
        f"        if 'x' in item.path.name:\n            name = '{other}'\n        else:\n"
        "            name = 'quick'\n        item.add_marker(name)\n",
        "test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a():\n    pass\n",
    }
    assert any("LS105" in text for text in messages(migrate_files(files))) is said


MARKED = "item.get_closest_marker('asyncio')"


@pytest.mark.parametrize(
    ("condition", "silent"),
    [
        (MARKED, True),
        ("'asyncio' in item.keywords", True),
        (f"{MARKED} and 'unit' in item.nodeid", True),
        (f"'unit' in item.nodeid and {MARKED}", True),
        (f"{MARKED} or 'asyncio' in item.keywords", True),
        (f"'unit' in item.nodeid and ({MARKED} or 'asyncio' in item.keywords)", True),
        (f"{MARKED} or 'unit' in item.nodeid", False),
        (f"'unit' in item.nodeid or {MARKED}", False),
        (f"not {MARKED}", False),
        ("item.get_closest_marker('slow') and 'unit' in item.nodeid", False),
        ("'unit' in item.keywords", False),
        ("'unit' in item.nodeid", False),
    ],
)
def test_hook_that_marks_only_what_is_marked_already(condition: str, silent: bool) -> None:
    """On 1.x a mark of this hook makes no async test of one that is not marked."""
    hook = "import pytest\n\n\ndef pytest_collection_modifyitems(items):\n    for item in items:\n"
    hook += f"        if {condition}:\n"
    hook += (
        "            item.add_marker(pytest.mark.asyncio(loop_scope='session'), append=False)\n"
    )
    config = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    test = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
    files = {"pytest.ini": config, "conftest.py": hook, "test_unit.py": test, "test_b.py": test}
    expected = [] if silent else ["conftest.py:4 LS105 action"]
    assert messages(migrate_files(files)) == expected
    if silent:
        assert after(files) == files


MARKS_ALL = (
    "import asyncio\nimport pytest\n\n\ndef pytest_collection_modifyitems(items):\n"
    "    for item in items:\n        if asyncio.iscoroutinefunction(item.function):\n"
    "            item.add_marker(pytest.mark.asyncio)\n"
)


@pytest.mark.parametrize("addopts", ["--asyncio-mode=strict", "-o asyncio_mode=strict"])
def test_a_mode_in_addopts_cannot_become_auto_so_the_hook_stays(addopts: str) -> None:
    files = {
        "pytest.ini": f"[pytest]\naddopts = {addopts}\n",
        "conftest.py": MARKS_ALL,
        "test_a.py": "async def test_a(event_loop):\n    pass\n",
    }
    migration = migrate_files(files)
    assert "conftest.py" not in [change.path for change in migration.changes]
    [found] = [f for f in migration.findings if f.level is Level.ACTION]
    assert (found.code, found.path, found.line) == ("LS105", "conftest.py", 5)
    assert "take the mode out of addopts and set asyncio_mode = auto" in found.message
    files["pytest.ini"] = "[pytest]\n"
    assert "def pytest_collection_modifyitems" not in after(files)["conftest.py"]
