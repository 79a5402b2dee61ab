"""LS318: what decides about loops where no rule reads it, and what does not."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.suites_in_memory import messages, migrate_files

HEAD = """\
import asyncio, functools, pytest, pytest_asyncio

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()

"""
TEST = "@pytest.mark.asyncio\nasync def test_a(): ...\n"
UNREAD = {
    "a dict of what takes the current loop": """
        import collections
        found = collections.defaultdict(asyncio.Future)""",
    "a factory handed to a function": """
        def make(default_factory): return default_factory()
        def later(): return make(default_factory=asyncio.Future)""",
    "a partial of what takes the current loop": "when = functools.partial(asyncio.get_event_loop)",
    "a fixture made of a method": """
        class Kit:
            async def make(self): ...
        db = pytest_asyncio.fixture(Kit().make)""",
    "two fixtures made of one function that asks": """
        def make(event_loop): ...
        db = pytest.fixture(scope="module")(make)
        other = pytest.fixture(make)""",
    "a fixture whose scope is computed": """
        async def make(): ...
        db = pytest_asyncio.fixture(**options())(make)""",
    "an argument under a decorator that does more": """
        def shared(function):
            print(function)
            return pytest.fixture(scope="session")(function)
        @shared
        def db(event_loop): return event_loop""",
    "a key of funcargs": """
        def pytest_runtest_teardown(item):
            assert item.funcargs["event_loop"]""",
    "a comparison": """
        def pytest_fixture_setup(fixturedef):
            if fixturedef.argname == "event_loop": print()""",
    "parameters": """
        @pytest.mark.parametrize("event_loop", [1], indirect=True)
        async def test_b(event_loop): ...""",
    "a parameter that a helper gets": """
        @pytest.mark.parametrize("asked", ["event_loop"])
        def test_b(request, asked): get(request, asked)""",
    "a parameter that an async test asks for": """
        @pytest.mark.parametrize("asked", ["event_loop"])
        async def test_b(request, asked): request.getfixturevalue(asked)""",
    "one of several parameters": """
        @pytest.mark.parametrize("event_loop, x", [(1, 2)], indirect=True)
        async def test_b(event_loop, x): ...""",
    "the source of a suite in a string": """
        def test_b(pytester):
            pytester.makepyfile("def test_x(event_loop): ...")""",
    "a mode set by code": """
        def pytest_configure(config):
            config.option.asyncio_mode = "auto\"""",
    "a fixture of the plugin assigned": """
        import pytest_asyncio.plugin
        pytest_asyncio.plugin.event_loop = None""",
    "a fixture of the plugin set": """
        import pytest_asyncio.plugin
        setattr(pytest_asyncio.plugin, "event_loop", event_loop)""",
    "a helper that adds marks, of nobody": """
        def mark(item): item.add_marker(pytest.mark.asyncio)""",
    "a class that marks some of its subclasses": """
        class Base:
            def __init_subclass__(cls, marked=True):
                if marked: cls.pytestmark = [pytest.mark.asyncio]""",
    "a decorator that marks by an argument": """
        def marked(cls, scope="module"):
            cls.pytestmark = pytest.mark.asyncio(scope=scope)
            return cls""",
    "a function that marks what is in a list": """
        def marked(cls):
            cls.pytestmark = pytest.mark.asyncio
        for cls in []: marked(cls)""",
    "tests made by a function": """
        def make():
            @pytest.mark.asyncio
            async def test(): ...
            return test
        test_b = make()""",
    "plugins that grow": "pytest_plugins = []\npytest_plugins += names()",
    "plugins put together": "pytest_plugins = [f'kit.{name}' for name in names()]",
    "a fixture on the loop asked for while it runs": """
        @pytest.fixture
        def opened(event_loop): return event_loop
        async def test_b(request): request.getfixturevalue("opened")""",
}
UNREAD |= {
    f"a fixture that a function makes: {name}": f"""
        def make():
            {inner}
            return value
        names = pytest.fixture(make())"""
    for name, inner in {
        "async": "async def value(): ...",
        "asks": "def value(tmp_path): ...",
        "a loop": "def value(): return asyncio.get_event_loop()",
    }.items()
}
READ = {
    "a default factory that takes the current loop": """
        import dataclasses
        @dataclasses.dataclass
        class Box:
            future: asyncio.Future = dataclasses.field(default_factory=asyncio.Future)""",
    "a helper of a hook that marks": """
        def mark(item): item.add_marker(pytest.mark.asyncio)
        def pytest_collection_modifyitems(items):
            for item in items: mark(item)""",
    "a class that marks its subclasses": """
        class Base:
            def __init_subclass__(cls): cls.pytestmark = [pytest.mark.asyncio]""",
    "a default factory of another kind": """
        import dataclasses
        @dataclasses.dataclass
        class Box:
            names: list = dataclasses.field(default_factory=list)
            future: asyncio.Future = None""",
    "a docstring": """
        def help():
            \"\"\"Use event_loop.\"\"\" """,
    "usefixtures": "@pytest.mark.usefixtures('event_loop')\ndef test_b(): ...",
    "an attribute of its own": """
        class Client:
            def __init__(self, event_loop): self.event_loop = event_loop""",
    "a helper that is called": "def run(event_loop): return event_loop",
    "a context manager": """
        import contextlib
        @contextlib.contextmanager
        def running(event_loop): yield event_loop""",
    "a static method": """
        class Kit:
            @staticmethod
            def run(event_loop): ...""",
    "a log call": "def f(log): log.info('event_loop')",
    "a mode that is asked for": "def f(config): return config.getini('asyncio_mode')",
    "plugins by name": "pytest_plugins = ['kit.a', 'kit.b']",
    "plugins added by name": "pytest_plugins = []\npytest_plugins += ['kit']",
    "a fixture made by a call": "async def make(): ...\ndb = pytest_asyncio.fixture(make)",
    "a fixture that a function makes and that asks for nothing": """
        def make(name):
            def values():
                yield name
            return values
        names = pytest.fixture(make("a"))""",
    "a decorator made of a fixture": "wide = functools.partial(pytest.fixture, scope='session')",
    "an alias of fixture": "fixture = pytest.fixture\n@fixture\ndef db(): ...",
    "a literal with the name": "NAMES = ['event_loop']",
    "a parameter that is asked for": """
        @pytest.mark.parametrize("asked", ["event_loop", "tmp_path"])
        def test_b(request, asked): request.getfixturevalue(asked)""",
    "a parameter that is asked for, with an id": """
        @pytest.mark.parametrize("asked", [pytest.param("event_loop", id="loop")])
        def test_b(request, asked):
            value = request.getfixturevalue(asked)
            assert value""",
}


def unread(source: str) -> list[str]:
    files = {"conftest.py": HEAD + dedent(source) + "\n", "test_a.py": "import pytest\n" + TEST}
    return [text for text in messages(migrate_files(files)) if "LS318" in text]


def in_test_module(source: str) -> list[str]:
    files = {"test_a.py": HEAD + TEST + dedent(source) + "\n"}
    return [text for text in messages(migrate_files(files)) if "LS318" in text]


@pytest.mark.parametrize("source", UNREAD.values(), ids=UNREAD.keys())
def test_what_is_not_read_is_an_action(source: str) -> None:
    assert in_test_module(source)


@pytest.mark.parametrize("source", READ.values(), ids=READ.keys())
def test_what_is_read_or_means_nothing_is_not_named(source: str) -> None:
    assert unread(source) == in_test_module(source) == []


FACTORIES = {
    "async": "def make(n=1):\n    async def check(): ...\n    return check\n",
    "asks": "def make(n=1):\n    def check(event_loop): ...\n    return check\n",
    "uses": "def make(n=1):\n    def check(db): ...\n    return check\n",
    "marked where it is returned": (
        "def make(n=1):\n    async def check(): ...\n    return pytest.mark.asyncio(check)\n"
    ),
}
USERS = {
    "alone": "test_b = make()\n",
    "several": "test_b, test_c = make(1), make(2)\n",
    "marked": "test_b = pytest.mark.asyncio(make())\n",
    "in a class": "class TestB:\n    test_b = make()\n",
}
DB = "@pytest_asyncio.fixture\nasync def db(): ...\n"


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("factory", FACTORIES)
def test_tests_that_a_function_makes(factory: str, user: str, elsewhere: bool) -> None:
    factory = FACTORIES[factory]
    files = {
        "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
        "conftest.py": HEAD + DB,
        "test_a.py": "import pytest\n" + ("from helpers import make\n" if elsewhere else factory),
    }
    files["test_a.py"] += USERS[user] + "async def test_a(): ...\n"
    if elsewhere:
        files["helpers.py"] = "import pytest\n" + factory
    said = messages(migrate_files(files))
    assert any("LS318 action" in message for message in said), said


@pytest.mark.parametrize(
    "text",
    [
        "def make():\n    def check(x): ...\n    return check\ntest_b = make()\n",
        "def make():\n    async def work(): ...\n    return work\nwork = make()\n",
        "def make():\n    async def work(): ...\n    return 1\ntest_b = make()\n",
        "def make(): ...\ntest_client = make()\n",
    ],
)
def test_what_a_function_makes_and_no_loop_has_to_do_with(text: str) -> None:
    files = {"conftest.py": HEAD, "test_a.py": f"import pytest\n{text}{TEST}"}
    assert not any("LS318" in message for message in messages(migrate_files(files)))


# -- decorators of the suite that ask for the loop ------------------------------------------------

WRAPS = """\
import functools


def sync(function):
    @functools.wraps(function)
    def inner({argument}):
        return {body}
    return {returned}
"""
DECORATED = "import pytest\n{}\n\n@sync\nasync def test_a(): ...\n\n\n"


@pytest.mark.parametrize("place", ["test_a.py", "conftest.py", "helpers.py"])
@pytest.mark.parametrize(
    ("argument", "body", "returned", "said"),
    [
        ("event_loop", "event_loop.run_until_complete(function())", "inner", True),
        ("event_loop, *args", "event_loop.run_until_complete(function(*args))", "inner", True),
        ("event_loop", "function()", "inner(None)", False),  # called here
        ("event_loop", "event_loop.time()", "inner", True),
        ("*args", "function(*args)", "inner", False),
    ],
)
def test_a_decorator_whose_wrapper_asks_for_the_loop(
    place: str, argument: str, body: str, returned: str, said: bool
) -> None:
    wraps = WRAPS.format(argument=argument, body=body, returned=returned)
    other = TEST.replace("test_a", "test_b")
    if place == "test_a.py":
        files = {"test_a.py": wraps + DECORATED.format("") + other}
    else:
        imported = f"from {place.removesuffix('.py')} import sync\n"
        files = {place: wraps, "test_a.py": DECORATED.format(imported) + other}
    found = [text for text in messages(migrate_files(files)) if "LS318" in text]
    assert found == ([f"{place}:6 LS318 action"] if said else [])
