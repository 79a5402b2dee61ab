"""Idioms that decide about loops and are read like their plain form."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, after, messages, migrate_files

OVERRIDE = """\
import asyncio, pytest

@pytest.fixture(scope="{}")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
SESSION, MODULE = OVERRIDE.format("session"), OVERRIDE.format("module")
BRIDGE = "async def event_loop():\n    return asyncio.get_running_loop()\n"
TEST = "import pytest\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"

# -- steps of pytest-bdd -----------------------------------------------------------------------

STEP = "from pytest_bdd import given, scenarios, {0}\n\nscenarios('x.feature')\n\n\n{1}\n"
STEP += "def step_a(event_loop):\n    event_loop.run_until_complete(print())\n"


@pytest.mark.parametrize("word", ["given", "when", "then", "step"])
def test_step_that_asks_gets_a_bridge_where_it_stands(word: str) -> None:
    files = {"test_a.py": STEP.format(word, f"@{word}('a server')")}
    result = after(files)["test_a.py"]
    assert result.endswith(f"\n\n\n@pytest_asyncio.fixture\n{BRIDGE}")
    assert "def step_a(event_loop):\n    event_loop.run_until_complete(print())\n" in result


@pytest.mark.parametrize("line", ["@given('a server')", "@given('a {x}', target_fixture='y')"])
def test_override_of_steps_becomes_the_bridge(line: str) -> None:
    files = {"conftest.py": SESSION, "test_a.py": STEP.format("then", line)}
    result = after(files)
    assert f'@pytest_asyncio.fixture(loop_scope="session")\n{BRIDGE}' in result["conftest.py"]
    assert "async" not in result["test_a.py"]


def test_step_beside_an_async_test_of_the_same_override() -> None:
    files = {
        "conftest.py": SESSION,
        "test_a.py": STEP.format("then", "@given('a')"),
        "test_b.py": TEST,
    }
    result = after(files)
    assert "async def event_loop()" in result["conftest.py"]
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]


# -- files that pytest runs when they are named ------------------------------------------------


@pytest.mark.parametrize("name", ["_tests.py", "check_orders.py", "examples/tests.py"])
def test_file_with_async_tests_is_one_of_tests_by_any_name(name: str) -> None:
    """All of it is migrated, although pytest collects it only when it is named."""
    result = after({name: MODULE + TEST.removeprefix("import pytest\n")})
    assert "new_event_loop" not in result[name]
    assert "session" not in "".join(result.values())
    assert "module" in "".join(result.values())


def test_file_that_tests_import_is_none() -> None:
    """Its classes are run where they are imported."""
    base = "import pytest\nclass TestBase:\n    @pytest.mark.asyncio\n"
    base += "    async def test_a(self): ...\n"
    files = {"base.py": base, "conftest.py": SESSION, "test_x.py": "from base import TestBase\n"}
    assert "asyncio_default_test_loop_scope = session" in after(files)["pytest.ini"]
    assert after(files)["base.py"] == base


def test_product_code_is_none() -> None:
    code = "import asyncio\n\nasync def test_connection(event_loop): return event_loop\n"
    assert after({"app.py": code, "test_a.py": TEST})["app.py"] == code


def test_fixtures_of_anyio_stay_in_such_a_file() -> None:
    source = (
        "import pytest\n\n@pytest.fixture(scope='module')\ndef anyio_backend():\n"
        "    return 'asyncio'\n\n@pytest.fixture(scope='module')\nasync def resource(): ...\n\n"
        "@pytest.mark.anyio\nasync def test_a(resource): ...\n"
    )
    assert after({"_tests.py": source, "test_a.py": TEST})["_tests.py"] == source


# -- parametrize with a scope ------------------------------------------------------------------

PARAMETRIZED = """\
import pytest

@pytest.fixture(scope="module")
def server(): ...

@pytest.fixture(scope="session")
def document(request, server): ...

@pytest.mark.parametrize("document", [1], indirect={}, scope="{}")
def test_document(document): ...
"""


@pytest.mark.parametrize("indirect", ["True", "['document']", "NAMES"])
def test_parametrize_sets_the_scope_of_a_fixture(indirect: str) -> None:
    source = "NAMES = ('document',)\n" + PARAMETRIZED.format(indirect, "module")
    assert "LS302" not in "".join(messages(migrate_files({"test_a.py": source})))


def test_parametrize_with_a_wide_scope_is_a_mismatch_all_the_same() -> None:
    source = PARAMETRIZED.format("True", "session")
    assert "test_a.py:7 LS302 action" in messages(migrate_files({"test_a.py": source}))


def test_async_fixture_is_as_wide_as_parametrize_says() -> None:
    source = MODULE + (
        "@pytest.fixture\nasync def db(request): ...\n\n"
        "@pytest.mark.parametrize('db', [1], indirect=True, scope='module')\n"
        "async def test_a(db): ...\n"
    )
    result = after({"pytest.ini": AUTO, "test_a.py": source})
    assert "module" in result["pytest.ini"] + result["test_a.py"]


# -- loops of another kind in modules of one name ----------------------------------------------

KIND = """\
import asyncio, pytest
from own import OwnLoop

@pytest.fixture
def event_loop():
    loop = OwnLoop()
    yield loop
    loop.close()

@pytest.mark.asyncio
async def test_kind(): ...
"""


@pytest.mark.parametrize(
    ("other", "condition"),
    [
        ("tests/b/test_same.py", 'item.path.match("a/test_same.py")'),
        ("tests/b/a/test_same.py", 'item.path.match("tests/a/test_same.py")'),
        ("tests/test_same.py", 'item.path.match("a/test_same.py")'),
        ("tests/a/test_other.py", 'item.path.name == "test_same.py"'),
    ],
)
def test_modules_of_one_name_are_told_apart_by_their_folders(other: str, condition: str) -> None:
    files = {
        "own.py": "import asyncio\nclass OwnLoop(asyncio.SelectorEventLoop): ...\n",
        "tests/conftest.py": "import pytest\n",
        "tests/a/test_same.py": KIND,
        other: TEST,
    }
    assert f"    if {condition}:\n" in after(files)["tests/conftest.py"]


# -- debug mode --------------------------------------------------------------------------------

DEBUG = MODULE.replace("    yield", "    loop.set_debug(True)\n    yield")


def test_override_of_all_tests_sets_the_debug_mode_in_the_configuration() -> None:
    files = {"tests/conftest.py": DEBUG, "tests/test_a.py": TEST, "app.py": "import asyncio\n"}
    result = after(files)
    assert "asyncio_debug = true" in result["pytest.ini"]
    assert "event_loop" not in result["tests/conftest.py"]


def test_override_of_some_tests_does_not() -> None:
    files = {"a/conftest.py": DEBUG, "a/test_a.py": TEST, "b/test_b.py": TEST}
    result = after(files)
    assert "asyncio_debug" not in result["pytest.ini"]
    assert "loop.set_debug(True)" in result["a/conftest.py"]


# -- names of fixtures by constants ------------------------------------------------------------

REQUESTS = {
    "constant": ("NAME = 'db'", "", "request.getfixturevalue(NAME)"),
    "parameter": (
        "",
        "@pytest.mark.parametrize('name', ['db'])\n",
        "request.getfixturevalue(name)",
    ),
    "parameter with an id": (
        "",
        "@pytest.mark.parametrize('name', [pytest.param('db', id='x')])\n",
        "request.getfixturevalue(name)",
    ),
    "usefixtures": ("NAMES = ['db']", "@pytest.mark.usefixtures(*NAMES)\n", "..."),
}


@pytest.mark.parametrize(("line", "mark", "body"), REQUESTS.values(), ids=REQUESTS.keys())
def test_fixture_asked_for_by_a_constant(line: str, mark: str, body: str) -> None:
    argument = "request, name" if "name" in mark and "parametrize" in mark else "request"
    source = (
        f"{SESSION}{line}\n@pytest.fixture\ndef db(event_loop):\n    return lambda: event_loop\n\n"
        f"{mark}def test_s({argument}): {body}\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
    )
    assert BRIDGE in after({"test_a.py": source})["test_a.py"]


@pytest.mark.parametrize("line", ["SCOPE = 'module'", "class S:\n    WIDE = 'module'"])
def test_marks_take_their_scope_from_constants(line: str) -> None:
    name = "SCOPE" if "class" not in line else "S.WIDE"
    mark = f"@pytest.mark.asyncio(loop_scope={name})\n"
    files = {"test_a.py": f"import pytest\n{line}\n{mark}async def test_a(): ...\n"}
    assert after(files)["test_a.py"] == files["test_a.py"]
    assert not [text for text in messages(migrate_files(files)) if "action" in text]


# -- tests that other tests call, doctests -------------------------------------------------------

CALLED = """\
import asyncio, pytest

@pytest.mark.asyncio
async def test_a(event_loop):
    assert event_loop.is_running()

@pytest.mark.asyncio
async def test_b(event_loop):
    await test_a(event_loop)
"""


def test_argument_of_a_test_that_another_one_calls_goes_at_both_ends() -> None:
    files = {"test_a.py": CALLED}
    assert not messages(migrate_files(files))
    assert "async def test_a():" in after(files)["test_a.py"]
    assert "    await test_a()\n" in after(files)["test_a.py"]


@pytest.mark.parametrize(
    "handed_on", ["asyncio.gather(*map(test_a, [event_loop]))", "test_a(*[event_loop])"]
)
def test_argument_of_a_test_that_another_one_hands_on_is_left_to_a_person(handed_on: str) -> None:
    source = CALLED.replace("await test_a(event_loop)", f"await {handed_on}")
    files = {"test_a.py": source}
    assert "test_a.py:4 LS102 action" in messages(migrate_files(files))
    assert "async def test_a(event_loop):" in after(files)["test_a.py"]


def test_sync_test_that_another_one_calls_stays_sync() -> None:
    body = "    event_loop.run_until_complete(asyncio.sleep(0))\n"
    source = f"import asyncio, pytest\n\ndef test_a(event_loop):\n{body}\n"
    caller = "def test_b(event_loop):\n    test_a(event_loop)\n"
    assert "async def test_a():" in after({"test_a.py": source})["test_a.py"]
    result = after({"test_a.py": source + caller})["test_a.py"]
    assert f"\ndef test_a(event_loop):\n{body}" in result
    assert BRIDGE in result


DOCTEST = 'def f():\n    """\n    >>> getfixture("event_loop").close\n    """\n'


def test_doctest_that_asks_is_left_to_a_person() -> None:
    files = {"conftest.py": SESSION, "app.py": f"import asyncio\n{DOCTEST}", "test_a.py": TEST}
    assert "app.py:4 LS102 action" in messages(migrate_files(files))


@pytest.mark.parametrize("line", [">>> getfixture('db')", "x = getfixture('event_loop')"])
def test_other_doctests_are_not_named(line: str) -> None:
    source = f'import asyncio\ndef f():\n    """\n    {line}\n    """\n'
    files = {"conftest.py": SESSION, "app.py": source, "test_a.py": TEST}
    assert messages(migrate_files(files)) == []


def test_usefixtures_with_the_loop_among_others_in_a_constant_is_left_to_a_person() -> None:
    line = "NAMES = ['event_loop', 'tmp_path']\n\n@pytest.mark.usefixtures(*NAMES)\n"
    files = {"test_a.py": TEST.replace("@pytest.mark.asyncio", f"{line}@pytest.mark.asyncio")}
    assert "test_a.py:5 LS102 action" in messages(migrate_files(files))


CONSTANTS = {
    "text": ("LOOP = 'event_loop'", "LOOP"),
    "list": ("NAMES = ['event_loop']", "*NAMES"),
    "mapping": ("NAMES = {'loop': 'event_loop'}", 'NAMES["loop"]'),
    "enumeration": ("class Names:\n    LOOP = 'event_loop'\n", "Names.LOOP"),
    "sum": ("LOOP = 'event'", "LOOP + '_loop'"),
}


@pytest.mark.parametrize("constant", CONSTANTS)
@pytest.mark.parametrize("elsewhere", [False, True])
def test_usefixtures_with_the_loop_in_a_constant(constant: str, elsewhere: bool) -> None:
    line, argument = CONSTANTS[constant]
    here = "from names import *" if elsewhere else line
    test = "@pytest.mark.usefixtures({})\n@pytest.mark.asyncio\nasync def test_{}(): ...\n"
    text = f"import pytest\n{here}\n\n{test.format(argument, 'a')}\n" + test.format(
        f'"tmp_path", {argument}', "b"
    )
    result = after({"test_a.py": text, **({"names.py": f"{line}\n"} if elsewhere else {})})
    assert result["test_a.py"] == text.replace(
        f"@pytest.mark.usefixtures({argument})\n", ""
    ).replace(f'"tmp_path", {argument}', '"tmp_path"')


def test_pytestmark_with_the_loop_in_a_constant() -> None:
    test = "\n\nasync def test_a(): ...\n"
    marks = "pytestmark = [pytest.mark.asyncio{}]"
    text = "import pytest\nLOOP = 'event_loop'\n" + marks + test
    files = {"test_a.py": text.format(", pytest.mark.usefixtures(LOOP)")}
    assert after(files)["test_a.py"] == text.format("")
