"""LS105: marks that do not stand on the test: other files, helper functions, other names."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.suites_in_memory import after, messages, migrate_files

SESSION = """\
    import asyncio
    import pytest

    @pytest.fixture(scope="session")
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """
SCOPED = 'pytest.mark.asyncio(loop_scope="session")'
TEST = "async def test_it():\n    pass\n"


def explicit(**files: str) -> dict[str, str]:
    """Migrate a strict suite with one session loop so that no option is left to tests."""
    named = {name.replace("__", "/") + ".py": dedent(text) for name, text in files.items()}
    return after({"conftest.py": SESSION, **named}, style="explicit")


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("both = pytest.mark.asyncio", f"both = {SCOPED}"),
        (
            "def both(f):\n    return pytest.mark.asyncio(pytest.mark.slow(f))",
            f"def both(f):\n    return {SCOPED}(pytest.mark.slow(f))",
        ),
        (
            "def both(f):\n    @pytest.mark.asyncio\n    async def inner():\n        await f()\n"
            "    return inner",
            f"def both(f):\n    @{SCOPED}\n    async def inner():\n        await f()\n"
            "    return inner",
        ),
        (
            "both = lambda f: pytest.mark.asyncio(f)",
            f"both = lambda f: {SCOPED}(f)",
        ),
    ],
)
@pytest.mark.parametrize("test", ["from own import both\n@both\n", "import own\n@own.both\n"])
def test_mark_of_another_file(source: str, changed: str, test: str) -> None:
    result = explicit(own=f"import pytest\n{source}\n", test_a=test + TEST)
    assert result["own.py"] == f"import pytest\n{changed}\n"
    assert result["test_a.py"] == test + TEST


def test_mark_through_two_imports_and_a_star() -> None:
    result = explicit(
        marks="import pytest\naio = pytest.mark.asyncio\n",
        own="from marks import aio\n",
        test_a=f"from own import *\n@aio\n{TEST}",
    )
    assert result["marks.py"] == f"import pytest\naio = {SCOPED}\n"


def test_imported_pytestmark() -> None:
    result = explicit(
        marks="import pytest\npytestmark = [pytest.mark.asyncio, pytest.mark.slow]\n",
        test_a=f"from marks import pytestmark\n{TEST}",
    )
    assert result["marks.py"] == f"import pytest\npytestmark = [{SCOPED}, pytest.mark.slow]\n"


@pytest.mark.parametrize(
    ("head", "mark", "changed"),
    [
        ("m = pytest.mark\n", "m.asyncio", 'm.asyncio(loop_scope="session")'),
        ("params = [pytest.param(1, marks=pytest.mark.asyncio)]\n", "", ""),
        ("def params():\n    return [pytest.param(1, marks=pytest.mark.asyncio)]\n", "", ""),
        ("aio = {'a': pytest.mark.asyncio}\n", "aio['a']", "aio['a']"),
    ],
)
def test_mark_by_another_name(head: str, mark: str, changed: str) -> None:
    use = "params()" if "def" in head else "params"
    mark, changed = (text or f"pytest.mark.parametrize('x', {use})" for text in (mark, changed))
    result = explicit(test_a=f"import pytest\n{head}@{mark}\n{TEST}")
    head = head.replace("pytest.mark.asyncio", SCOPED)
    assert result["test_a.py"] == f"import pytest\n{head}@{changed}\n{TEST}"


def test_mark_by_getattr_gets_one_beside_it() -> None:
    test = f"import pytest\n@getattr(pytest.mark, 'asyncio'){{}}\n{TEST}"
    result = explicit(test_a=test.format(""))
    assert result["test_a.py"] == test.format(f"\n@{SCOPED}")


def test_imported_pytestmark_is_not_replaced_in_auto_mode() -> None:
    files = {
        "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
        "conftest.py": SESSION,
        "marks.py": "import pytest\npytestmark = pytest.mark.slow\n",
        "test_a.py": f"from marks import pytestmark\n{TEST}",
    }
    result = after(files, style="explicit")["test_a.py"]
    assert "pytestmark =" not in result
    assert f"@{SCOPED}\nasync def" in result


@pytest.mark.parametrize("test", ["from own import Marks\n@Marks", "import own\n@own.Marks"])
def test_mark_of_a_class(test: str) -> None:
    result = explicit(
        own="import pytest\nclass Marks:\n    aio = pytest.mark.asyncio\n",
        test_a=f"{test}.aio\n{TEST}",
    )
    assert f"    aio = {SCOPED}\n" in result["own.py"]


def test_hook_that_marks_what_is_collected() -> None:
    hook = (
        "\n@pytest.hookimpl\ndef pytest_pycollect_makeitem(name, obj):\n"
        "    pytest.mark.asyncio(obj)\n"
    )
    files = {"conftest.py": dedent(SESSION) + hook, "test_a.py": TEST}
    assert "conftest.py:11 LS105 action" in messages(migrate_files(files))


@pytest.mark.parametrize(
    "added",
    [
        "pytestmark.append(pytest.mark.asyncio{})",
        "pytestmark += [pytest.mark.asyncio{}]",
        "pytestmark.extend([pytest.mark.asyncio{}])",
    ],
)
def test_mark_that_is_added_to_pytestmark(added: str) -> None:
    source = f"""\
import asyncio, pytest
pytestmark = [pytest.mark.filterwarnings("ignore")]
{added.format("")}

@pytest.fixture(scope="module")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()

async def test_a(): ...
async def test_b(): ...
"""
    others = "import pytest\npytestmark = pytest.mark.asyncio\n"
    others += "".join(f"async def test_{n}(): ...\n" for n in range(5))
    files = {"pytest.ini": "[pytest]\n", "test_a.py": source, "test_b.py": others}
    assert added.format('(loop_scope="module")') in after(files)["test_a.py"]


@pytest.mark.parametrize(
    ("imported", "name"),
    [("import own", "own.aio"), ("from own import *", "aio"), ("from own import aio as a", "a")],
)
@pytest.mark.parametrize(
    ("held", "added"),
    [
        ("{}", "pytestmark.append({})"),
        ("{}", "pytestmark.extend([{}])"),
        ("{}", "pytestmark += [{}]"),
        ("{}", "pytestmark.insert(0, {})"),
        ("[{}]", "pytestmark += {}"),
        ("[{}]", "pytestmark.extend({})"),
    ],
)
def test_mark_of_another_file_that_is_added_to_pytestmark(
    held: str, added: str, imported: str, name: str
) -> None:
    own = f"import pytest\naio = {held}\n"
    test = f"import pytest\n{imported}\npytestmark = [pytest.mark.slow]\n{added.format(name)}\n"
    result = explicit(own=own.format("pytest.mark.asyncio"), test_a=test + TEST)
    assert result["own.py"] == own.format(SCOPED)
    assert result["test_a.py"] == test + TEST


@pytest.mark.parametrize(
    "marked",
    [
        "@{}\nasync def test_it(): ...\n",
        "@{}\ndef test_it(): ...\n",
        "@{}\nclass TestIt:\n    async def test_it(self): ...\n",
        "pytestmark = {}\nasync def test_it(): ...\n",
        "pytestmark = [pytest.mark.slow, {}]\ndef test_it(): ...\n",
        "both = {}\n@both\nasync def test_it(): ...\n",
    ],
)
def test_old_keyword_of_a_mark_by_getattr_is_left_to_a_person(marked: str) -> None:
    source = "import pytest\n" + marked.format("getattr(pytest.mark, 'asyncio')(scope='module')")
    config = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    migration = migrate_files({"pytest.ini": config, "test_a.py": source})
    assert messages(migration) == ["test_a.py:2 LS105 action"]
    assert not migration.changes
