"""Small suites that really provoke the errors that ``explain`` knows.

Each entry says what ``explain`` must name, and the files. Nothing hides a warning: it is text like
any other.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.explain.modern_module import MODERN_MODULE

_ONE_TEST = """
import pytest

@pytest.mark.asyncio
async def test_one():
    pass
"""

_OVERRIDE = """
import asyncio
import pytest

@pytest.fixture
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""

_CLIENT = """
import asyncio
import pytest
import pytest_asyncio

class Client:
    def __init__(self):
        self.loop = asyncio.get_running_loop()

    async def get(self):
{check}

@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def client():
    return Client()

@pytest.mark.asyncio
async def test_one(client):
    await client.get()
"""

Suite = tuple[tuple[str, ...], Mapping[str, str]]

MODERN: dict[str, Suite] = {
    "one module": (
        (
            "attached to a different loop",
            "Event loop is closed",
            "ScopeMismatch for a loop",
            "ScopeMismatch",
            "fixture 'event_loop' not found",
            "There is no current event loop",
            "no running event loop",
            "This event loop is already running",
            "Cannot close a running event loop",
            "async def functions are not natively supported",
            "requested an async fixture, with no plugin or hook that handled it",
            "is marked with '@pytest.mark.asyncio' but it is not an async function",
            'The "scope" keyword argument to the asyncio marker has been deprecated',
            'The configuration option "asyncio_default_fixture_loop_scope" is unset',
            "unclosed event loop",
            "coroutine was never awaited",
        ),
        {"test_x.py": MODERN_MODULE},
    ),
    "a lock of another loop": (
        ("attached to a different loop",),
        {
            "test_x.py": """
import asyncio

def test_lock():
    lock = asyncio.Lock()

    async def wait():
        await lock.acquire()
        try:
            await asyncio.wait_for(lock.acquire(), 0.01)
        except asyncio.TimeoutError:
            pass

    asyncio.run(wait())
    asyncio.run(wait())
"""
        },
    ),
    "unknown argument": (
        ("mark.asyncio accepts only keyword arguments",),
        {"test_x.py": _ONE_TEST.replace("asyncio\n", "asyncio(forbid_global_loop=True)\n")},
    ),
    "old import": (
        ("cannot import name 'event_loop' from 'pytest_asyncio.plugin'",),
        {"test_x.py": "from pytest_asyncio.plugin import event_loop\n"},
    ),
    "override of itself": (
        ("recursive dependency involving fixture 'event_loop'",),
        {
            "conftest.py": "import pytest\n\n@pytest.fixture\ndef event_loop(event_loop):\n"
            "    return event_loop\n",
            "test_x.py": _ONE_TEST.replace("test_one()", "test_one(event_loop)"),
        },
    ),
    "marked fixture": (
        ("Marks cannot be applied to fixtures",),
        {
            "test_x.py": "import pytest\n\n@pytest.mark.asyncio\n@pytest.fixture\ndef f():\n"
            "    return 1\n"
        },
    ),
    "closed under the runner": (
        ("Event loop is closed", "An exception occurred during teardown of an asyncio.Runner"),
        {
            "test_x.py": """
import asyncio
import pytest

mark = pytest.mark.asyncio(loop_scope="module")
loops = []

@mark
async def test_one():
    loops.append(asyncio.get_running_loop())

def test_close():
    loops[0].close()

@mark
async def test_two():
    pass
"""
        },
    ),
    "policy": (
        ('Overriding the "event_loop_policy" fixture is deprecated',),
        {
            "conftest.py": "import asyncio, pytest\n\n@pytest.fixture(scope='session')\n"
            "def event_loop_policy():\n    return asyncio.DefaultEventLoopPolicy()\n",
            "test_x.py": _ONE_TEST,
        },
    ),
    "no factories": (
        ("pytest_asyncio_loop_factories must return a non-empty mapping",),
        {
            "conftest.py": "def pytest_asyncio_loop_factories():\n    return None\n",
            "test_x.py": _ONE_TEST,
        },
    ),
    "yield_fixture": (
        ("@pytest.yield_fixture is deprecated",),
        {
            "test_x.py": "import pytest\n\n@pytest.yield_fixture\ndef f():\n    yield\n\n"
            "def test_one(f):\n    pass\n"
        },
    ),
    "quotes in an INI file": (
        ("is not a valid asyncio_default_fixture_loop_scope (or asyncio_mode)",),
        {
            "pytest.ini": '[pytest]\nasyncio_default_fixture_loop_scope = "session"\n',
            "test_x.py": _ONE_TEST,
        },
    ),
    "legacy mode": (
        ("is not a valid asyncio_default_fixture_loop_scope (or asyncio_mode)",),
        {"pytest.ini": "[pytest]\nasyncio_mode = legacy\n", "test_x.py": _ONE_TEST},
    ),
    "lost task": (
        ("Task was destroyed but it is pending!",),
        {
            "test_x.py": """
import asyncio
import gc

def test_lost():
    loop = asyncio.new_event_loop()
    task = loop.create_task(asyncio.sleep(9))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    del task, loop
    gc.collect()
    assert 0
"""
        },
    ),
    "a client of another loop": (
        ("Timeout context manager should be used inside a task",),
        {
            "test_x.py": _CLIENT.format(
                check="""
        if asyncio.current_task(loop=self.loop) is None:  # as aiohttp's TimerContext does
            raise RuntimeError("Timeout context manager should be used inside a task")"""
            )
        },
    ),
    "a connection of another loop": (
        ("another operation is in progress",),
        {
            "test_x.py": _CLIENT.format(
                check="""
        if asyncio.get_running_loop() is not self.loop:  # what asyncpg comes to
            raise RuntimeError("cannot perform operation: another operation is in progress")"""
            )
        },
    ),
    "a mongo client of another loop": (
        ("attached to a different loop",),
        {
            "test_x.py": _CLIENT.format(
                check="""
        if asyncio.get_running_loop() is not self.loop:  # as pymongo's client does
            raise RuntimeError("Cannot use AsyncMongoClient in different event loop")"""
            )
        },
    ),
    "two tasks": (
        ("Attempted to exit cancel scope in a different task than it was entered in",),
        {
            "test_x.py": """
import asyncio
import pytest
import pytest_asyncio

@pytest_asyncio.fixture
async def group():
    task = asyncio.current_task()
    yield
    if asyncio.current_task() is not task:  # as anyio's CancelScope does
        raise RuntimeError(
            "Attempted to exit cancel scope in a different task than it was entered in"
        )

@pytest.mark.asyncio
async def test_one(group):
    pass
"""
        },
    ),
    "requested while it runs": (
        ("Runner.run() cannot be called from a running event loop",),
        {
            "test_x.py": """
import pytest
import pytest_asyncio

@pytest_asyncio.fixture
async def one():
    return 1

@pytest.mark.asyncio
async def test_one(request):
    assert request.getfixturevalue("one")
"""
        },
    ),
    "sockets forbidden": (
        ("A test tried to use socket.socket",),
        {
            "test_x.py": """
import socket
import pytest

class Forbidden(socket.socket):
    def __new__(cls, *args, **kwargs):
        raise RuntimeError("A test tried to use socket.socket.")  # as pytest-socket does

@pytest.fixture(autouse=True)
def forbid(monkeypatch):
    monkeypatch.setattr(socket, "socket", Forbidden)

@pytest.mark.asyncio
async def test_one():
    pass
"""
        },
    ),
    "async set-up": (
        ("coroutine 'setup_method' (or another set-up) was never awaited",),
        {
            "test_x.py": """
import pytest

class TestApi:
    ready = False

    async def setup_method(self):
        self.ready = True

    @pytest.mark.asyncio
    async def test_ready(self):
        assert self.ready
"""
        },
    ),
    "async test of TestCase": (
        ("coroutine 'test_...' was never awaited",),
        {
            "test_x.py": """
import unittest

class TestApi(unittest.TestCase):
    async def test_one(self):
        assert False

    def test_two(self):
        import gc
        gc.collect()
        assert False
"""
        },
    ),
}

LEGACY: dict[str, Suite] = {
    "wide fixture": (
        ("ScopeMismatch for a loop",),
        {
            "test_x.py": """
import pytest
import pytest_asyncio

@pytest_asyncio.fixture(scope="session")
async def wide():
    return 1

@pytest.mark.asyncio
async def test_one(wide):
    pass
"""
        },
    ),
    "too old for loop_scope": (
        ("unexpected keyword argument 'loop_scope'",),
        {
            "test_x.py": "import pytest_asyncio\n\n"
            "@pytest_asyncio.fixture(loop_scope='module')\nasync def one():\n    return 1\n"
        },
    ),
    "too old for the option": (
        ("Unknown config option: asyncio_default_fixture_loop_scope",),
        {
            "pytest.ini": "[pytest]\nasyncio_default_fixture_loop_scope = module\n",
            "test_x.py": _ONE_TEST,
        },
    ),
    "raw coroutine": (
        ("'coroutine' object has no attribute (or is not subscriptable)",),
        {
            "test_x.py": """
import pytest

@pytest.fixture
async def numbers():
    return [1]

@pytest.mark.asyncio
async def test_one(numbers):
    assert numbers[0] == 1
"""
        },
    ),
}

BETWEEN: dict[str, Suite] = {
    "redefined": (
        ("The event_loop fixture provided by pytest-asyncio has been redefined",),
        {"conftest.py": _OVERRIDE, "test_x.py": _ONE_TEST},
    ),
    "two loops": (
        ("MultipleEventLoopsRequestedError",),
        {
            "test_x.py": _ONE_TEST.replace("asyncio\n", 'asyncio(scope="module")\n').replace(
                "test_one()", "test_one(event_loop)"
            )
        },
    ),
    "class scope outside of a class": (
        ("is marked to be run in an event loop with scope class, but is not part of any class",),
        {"test_x.py": _ONE_TEST.replace("asyncio\n", 'asyncio(scope="class")\n')},
    ),
}
