"""Fixtures that a call makes, or a decorator of the project, are those of plain decorators."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after, messages, migrate_files

HEAD = "import asyncio, functools, pytest, pytest_asyncio\n"
LOOP = "\n    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
OVERRIDE = f"@pytest.fixture(scope='module')\ndef event_loop():{LOOP}"
TEST = "@pytest.mark.asyncio\nasync def test_a({}): ...\n"
MARKED = '@pytest.mark.asyncio(loop_scope="module")\nasync def test_a({}): ...\n'
OTHERS = TEST.format("") + TEST.format("").replace("test_a", "test_b")

BRIDGE = "async def event_loop():\n    return asyncio.get_running_loop()\n"
OVERRIDES = {
    "call of a decorator": f"def make():{LOOP}event_loop = pytest.fixture(scope='module')(make)\n",
    "call with the function": (
        f"def make():{LOOP}event_loop = pytest.fixture(make, scope='module')\n"
    ),
    "pytest-asyncio's own": (
        f"def make():{LOOP}event_loop = pytest_asyncio.fixture(make, scope='module')\n"
    ),
    "annotated": f"def make():{LOOP}event_loop: object = pytest.fixture(make, scope='module')\n",
    "other variable": (
        f"def make():{LOOP}loop = pytest.fixture(make, scope='module', name='event_loop')\n"
    ),
    "lambda": "event_loop = pytest.fixture(scope='module')(lambda: asyncio.new_event_loop())\n",
    "partial": (
        "wide = functools.partial(pytest.fixture, scope='module')\n"
        f"@wide()\ndef event_loop():{LOOP}"
    ),
    "held decorator": f"wide = pytest.fixture(scope='module')\n@wide\ndef event_loop():{LOOP}",
    "function": (
        "def wide(function):\n    return pytest.fixture(scope='module')(function)\n"
        f"@wide\ndef event_loop():{LOOP}"
    ),
    "function with options": (
        "def wide(**options):\n    def decorate(function):\n"
        "        return pytest.fixture(**options)(function)\n    return decorate\n"
        f"@wide(scope='module')\ndef event_loop():{LOOP}"
    ),
    "function that hands all on": (
        "def ours(*args, **kwargs):\n    return pytest.fixture(*args, **kwargs)\n"
        f"@ours(scope='module')\ndef event_loop():{LOOP}"
    ),
    "function that hands all on, with a scope": (
        "def wide(*args, **kwargs):\n"
        "    return pytest.fixture(*args, scope='module', **kwargs)\n"
        f"@wide\ndef event_loop():{LOOP}"
    ),
    "decorator that hands all on": (
        "def wide(*args, **kwargs):\n    def decorate(function):\n"
        "        return pytest.fixture(*args, **kwargs)(function)\n    return decorate\n"
        f"@wide(scope='module')\ndef event_loop():{LOOP}"
    ),
    "call of a function that hands all on": (
        "def ours(*args, **kwargs):\n    return pytest.fixture(*args, **kwargs)\n"
        f"def make():{LOOP}event_loop = ours(make, scope='module')\n"
    ),
    "function around it": (
        "def wide(function):\n    @pytest.fixture(scope='module')\n"
        "    @functools.wraps(function)\n    def inner(*args):\n"
        "        return function(*args)\n    return inner\n"
        "@wide\ndef event_loop():\n    return asyncio.new_event_loop()\n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", OVERRIDES.values(), ids=OVERRIDES.keys())
def test_override(source: str) -> None:
    files = {"test_a.py": HEAD + source + TEST.format(""), "test_b.py": HEAD + OTHERS}
    result = after(files)["test_a.py"]
    assert MARKED.format("") in result
    assert "new_event_loop" not in result
    assert "event_loop =" not in result


FIXTURES = {
    "call": ("{}({})(make)", "{}({})(make)"),
    "call with the function": ("{}(make, {})", "{}(make, {})"),
}


@pytest.mark.parametrize(("source", "expected"), FIXTURES.values(), ids=FIXTURES.keys())
def test_async_fixture(source: str, expected: str) -> None:
    make = "async def make(): ...\ndb = "
    line = source.format("pytest.fixture", 'scope="module"')
    files = {
        "test_a.py": f"{HEAD}{OVERRIDE}{make}{line}\n{TEST.format('db')}",
        "test_b.py": HEAD + OTHERS,
    }
    wanted = expected.format("pytest_asyncio.fixture", 'scope="module", loop_scope="module"')
    assert f"{make}{wanted}\n{MARKED.format('db')}" in after(files)["test_a.py"]


MAKERS = {
    "partial": ("shared = functools.partial(pytest_asyncio.fixture, scope='module')\n", "shared"),
    "called": ("shared = functools.partial(pytest.fixture)\n", "shared(scope='module')"),
    "lambda": ("shared = lambda f: pytest.fixture(scope='module')(f)\n", "shared"),
    "default": (
        "def shared(**more):\n    more.setdefault('scope', 'module')\n"
        "    return pytest.fixture(**more)\n",
        "shared()",
    ),
    "optional function": (
        "def shared(f=None, **more):\n    if f is None:\n"
        "        return functools.partial(shared, **more)\n    return pytest.fixture(f, **more)\n",
        "shared(scope='module')",
    ),
    "argument": (
        "def shared(scope='session'):\n    def inner(f):\n"
        "        return pytest.fixture(f, scope=scope)\n    return inner\n",
        "shared('module')",
    ),
}


@pytest.mark.parametrize(("maker", "decorator"), MAKERS.values(), ids=MAKERS.keys())
@pytest.mark.parametrize("imported", [False, True], ids=["here", "imported"])
def test_decorator_of_the_project_is_written_out(
    maker: str, decorator: str, imported: bool
) -> None:
    """The maker stays as it is for all others."""
    head = HEAD + OVERRIDE + ("from kit import shared\n" if imported else maker)
    files = {
        "kit.py": HEAD + maker,
        "test_a.py": f"{head}@{decorator}\nasync def db(): ...\n{TEST.format('db')}",
        "test_b.py": HEAD + OTHERS,
    }
    wanted = '@pytest_asyncio.fixture(scope="module", loop_scope="module")\nasync def db(): ...\n'
    assert f"{wanted}{MARKED.format('db')}" in after(files)["test_a.py"]
    assert after(files)["kit.py"] == files["kit.py"]


def test_arguments_that_are_no_literals_are_an_action() -> None:
    files = {
        "test_a.py": f"{HEAD}{OVERRIDE}def shared(**more):\n    return pytest.fixture(**more)\n"
        f"@shared(scope='module', params=PARAMS)\nasync def db(): ...\n{TEST.format('db')}",
    }
    assert "test_a.py:10 LS103 action" in messages(migrate_files(files))


SYNC = {
    "call": "def make(event_loop):\n    return lambda: event_loop\ndb = pytest.fixture(make)\n",
    "lambda": "db = pytest.fixture(lambda event_loop: lambda: event_loop)\n",
    "decorator": (
        "def shared(f):\n    return pytest.fixture(f)\n"
        "@shared\ndef db(event_loop):\n    return lambda: event_loop\n"
    ),
}


@pytest.mark.parametrize("source", SYNC.values(), ids=SYNC.keys())
def test_sync_fixture_that_asks_gets_the_bridge(source: str) -> None:
    files = {"test_a.py": f"{HEAD}{OVERRIDE}{source}def test_s(db): ...\n{TEST.format('db')}"}
    result = after(files)["test_a.py"]
    assert BRIDGE in result
    assert source in result


def test_scope_that_is_handed_on_by_its_place_is_not_read() -> None:
    wide = "def wide(*args):\n    return pytest.fixture(*args)\n"
    source = f"{wide}@wide('module')\ndef event_loop():{LOOP}"
    said = messages(migrate_files({"test_a.py": HEAD + source + TEST.format("")}))
    assert said == ["test_a.py:5 LS101 action"]


def test_function_of_another_file() -> None:
    """It stays where it is: others may use it."""
    kit = f"import asyncio\ndef make():{LOOP}def get(event_loop):\n    return event_loop\n"
    files = {
        "kit.py": kit,
        "conftest.py": "import pytest\nimport kit\nfrom kit import get\n"
        "event_loop = pytest.fixture(scope='session')(kit.make)\ndb = pytest.fixture(get)\n",
        "test_a.py": HEAD + TEST.format("db") + "def test_s(db): ...\n",
    }
    result = after(files)
    assert result["kit.py"] == kit
    assert (
        "async def event_loop():\n    return asyncio.get_running_loop()" in result["conftest.py"]
    )
    assert "kit.make" not in result["conftest.py"]
    assert "db = pytest.fixture(get)\n" in result["conftest.py"]
    assert "default_test_loop_scope = session" in result["pytest.ini"]


def test_fixture_made_by_a_call_is_imported_by_its_variable() -> None:
    files = {
        "kit.py": f"{HEAD}def make():{LOOP}event_loop = pytest.fixture(scope='session')(make)\n",
        "conftest.py": "from kit import event_loop\n",
        "test_a.py": HEAD + TEST.format(""),
    }
    result = after(files)
    assert "event_loop" not in result["kit.py"] + result["conftest.py"]
    assert "default_test_loop_scope = session" in result["pytest.ini"]


@pytest.mark.parametrize(
    "made",
    ["pytest.fixture(make)", "pytest.fixture(scope='module')(make)", "pytest.fixture(new_loop)"],
)
@pytest.mark.parametrize("name", ["event_loop", "*"])
def test_override_made_by_a_call_is_imported(made: str, name: str) -> None:
    made = made.replace("new_loop", "lambda: asyncio.new_event_loop()")
    files = {
        "loops.py": f"{HEAD}def make():{LOOP}event_loop = {made}\n",
        "test_a.py": f"import pytest\nfrom loops import {name}\n\n{TEST.format('')}",
    }
    migration = migrate_files(files)
    assert not [text for text in messages(migration) if text.endswith("action")]


def test_constants_of_another_file_give_scope_and_name() -> None:
    files = {
        "consts.py": "SCOPE = 'session'\nclass Names:\n    LOOP = 'event' + '_loop'\n"
        "OPTIONS = dict(scope=SCOPE)\n",
        "conftest.py": f"{HEAD}import consts\nfrom consts import OPTIONS\n"
        f"@pytest.fixture(name=consts.Names.LOOP, scope=consts.SCOPE)\ndef loop():{LOOP}"
        "@pytest_asyncio.fixture(**OPTIONS)\nasync def db(): ...\n",
        "test_a.py": HEAD + TEST.format("db"),
    }
    result = after(files)
    assert "@pytest_asyncio.fixture(**OPTIONS)" in result["conftest.py"]
    assert "new_event_loop" not in result["conftest.py"]
    assert "default_test_loop_scope = session" in result["pytest.ini"]


@pytest.mark.parametrize(
    "changed", ["if 1:\n    SCOPE = 'module'\n", "SCOPE = 'module'\n", "for SCOPE in []: ...\n"]
)
def test_variable_that_is_set_twice_is_no_constant(changed: str) -> None:
    """Its scope is not known, so the widest is allowed for."""
    files = {
        "test_a.py": f"{HEAD}SCOPE = 'function'\n{changed}{OVERRIDE}"
        f"@pytest_asyncio.fixture(scope=SCOPE)\nasync def db(): ...\n{TEST.format('db')}",
    }
    assert 'loop_scope="session"' in after(files)["test_a.py"]
