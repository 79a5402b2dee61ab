"""LS316: something that keeps the loop of its first use, and outlives it."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.discovery.load import load_suites
from loopscope.pipeline import migrate
from loopscope.types import Options, Suite
from tests.suites_in_memory import AUTO, messages, migrate_files

MODERN = AUTO + "asyncio_default_fixture_loop_scope = function\n"
USES = """\
    from db import thing

    async def test_one():
        await thing.get()

    async def test_two():
        await thing.get()
    """


def kept(module: str, uses: str = USES, config: str = MODERN) -> list[str]:
    migration = migrate_files({"pytest.ini": config, "db.py": module, "test_a.py": uses})
    assert not migration.errors
    return [text for text in messages(migration) if "LS316" in text]


@pytest.mark.parametrize(
    "module",
    [
        "import asyncio\nthing = asyncio.Lock()\n",
        "from asyncio import Queue as Q\nthing: Q = Q()\n",
        "import aiohttp\nthing = aiohttp.ClientSession()\n",
        "import redis.asyncio as redis\nthing = redis.from_url('redis://')\n",
        "import motor.motor_asyncio\nthing = motor.motor_asyncio.AsyncIOMotorClient()\n",
        "from collections import defaultdict\nimport asyncio\nthing = defaultdict(asyncio.Lock)\n",
        "import asyncio\nthing = {'a': [asyncio.Event()]}\n",
    ],
)
def test_known_by_name(module: str) -> None:
    assert kept(module) == [f"db.py:{len(module.splitlines())} LS316 note"]


@pytest.mark.parametrize(
    "module",
    [
        "import fakeredis.aioredis\nthing = fakeredis.aioredis.FakeRedis()\n",
        "from tests.mocks.aiohttp import ClientSession\nthing = ClientSession()\n",
        "import asyncio\nthing = asyncio.open_connection('localhost', 1)\n",
    ],
    ids=["a fake", "a mock", "a coroutine of asyncio"],
)
def test_names_that_look_like_a_client(module: str) -> None:
    assert kept(module) == []


COLLECTED = """\
    import httpx

    clients = {start}

    async def get():
        if not clients: {fill}

    class thing:
        get = get
    """


@pytest.mark.parametrize(
    ("start", "fill"),
    [
        ("[]", "clients.append(httpx.AsyncClient())"),
        ("{}", "clients['a'] = httpx.AsyncClient()"),
        ("{}", "clients.setdefault('a', httpx.AsyncClient())"),
    ],
)
def test_collected_in_a_variable(start: str, fill: str) -> None:
    assert kept(COLLECTED.format(start=start, fill=fill)) == ["db.py:6 LS316 note"]


@pytest.mark.parametrize("owner", ["Clock", "cls"])
def test_kept_on_a_class_of_the_project(owner: str) -> None:
    module = """\
    import asyncio

    class Clock:
        loop = None

        @classmethod
        def now(cls):
            if OWNER.loop is None:
                OWNER.loop = asyncio.get_running_loop()
            return OWNER.loop.time()

    async def get():
        return Clock.now()

    class thing:
        get = get
    """.replace("OWNER", owner)
    assert kept(module) == ["db.py:9 LS316 note"]


def test_collected_in_a_local_variable() -> None:
    module = COLLECTED.format(
        start="[]", fill="pass\n        own = []; own.append(httpx.AsyncClient())"
    )
    assert kept(module) == []


CLASS = """\
    import asyncio
    from dataclasses import dataclass, field

    class Pool:
        {body}

    thing = Pool()
    """


@pytest.mark.parametrize(
    "body",
    [
        "def __init__(self): self._lock = asyncio.Lock()",
        "def __init__(self, loop=None): self.loop = loop or asyncio.get_event_loop()",
        "lock: asyncio.Lock = field(default_factory=asyncio.Lock)",
        "async def get(self):\n"
        "            if self._loop is None: self._loop = asyncio.get_running_loop()",
        "async def get(self):\n"
        "            if not hasattr(self, 'future'):\n"
        "                self.future = asyncio.get_running_loop().create_future()",
        "async def get(self):\n"
        "            loop = asyncio.get_running_loop()\n"
        "            self._loop = self._loop or loop",
        "async def get(self):\n"
        "            if self.ready: return\n"
        "            self.ready = True\n"
        "            self.loop = asyncio.get_running_loop()",
    ],
)
def test_known_by_what_the_class_keeps(body: str) -> None:
    assert kept(CLASS.format(body=body)) != []


def test_a_method_of_the_name_of_getattr_needs_no_arguments() -> None:
    body = "def get(self):\n            if self.store.getattr(): self.lock = asyncio.Lock()"
    assert kept(CLASS.format(body=body)) == []


@pytest.mark.parametrize(
    "body",
    [
        "async def get(self): return asyncio.get_running_loop().time()",
        "async def get(self):\n            async with asyncio.Lock(): pass",
        "async def connect(self): self._loop = asyncio.get_running_loop()",
        "def __init__(self): self.names = []",
    ],
)
def test_what_keeps_nothing(body: str) -> None:
    assert kept(CLASS.format(body=body)) == []


LOCK = "import asyncio\nthing = asyncio.Lock()\n"


@pytest.mark.parametrize(
    "config",
    [
        MODERN + "asyncio_default_test_loop_scope = module\n",
        AUTO + "asyncio_default_fixture_loop_scope = session\n"
        "asyncio_default_test_loop_scope = session\n",
    ],
)
def test_one_loop_is_right(config: str) -> None:
    assert kept(LOCK, config=config) == []


def test_one_test_is_right() -> None:
    assert kept(LOCK, "from db import thing\n\nasync def test_one(): await thing.get()\n") == []


def test_a_fixture_of_that_name_is_another_thing() -> None:
    uses = USES.replace("()", "(thing)").replace("get(thing)", "get()")
    assert kept(LOCK, uses) == []


def test_modules_that_lead_to_it_are_read(tmp_path: Path) -> None:
    files = {
        "pytest.ini": MODERN,
        "engine.py": "import httpx\n\n\nclass Api:\n    def __init__(self):\n"
        "        self.client = httpx.AsyncClient()\n",
        "made.py": "from engine import Api\n\nAPI = Api()\n",
        "service.py": "from made import API\n\n\nasync def get():\n    return await API.get()\n",
        "test_a.py": "from service import get\n\n\nasync def test_one(): await get()\n\n\n"
        "async def test_two(): await get()\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (suite,) = load_suites([tmp_path])
    assert isinstance(suite, Suite)
    assert messages(migrate(suite, Options())) == ["made.py:3 LS316 note"]


@pytest.mark.parametrize(
    ("body", "noted"),
    [
        ("    client = httpx.AsyncClient()\n    return client\n", True),
        ("    client = httpx.AsyncClient()\n    yield {'client': client}\n", True),
        ("    return made()\n", True),
        ("    client = httpx.AsyncClient()\n    return f'http://{client.base_url}'\n", False),
        ("    start(httpx.AsyncClient())\n    yield 'http://localhost'\n", False),
        ("    return address()\n", False),
    ],
)
def test_a_wide_sync_fixture_that_hands_out_an_address(body: str, noted: bool) -> None:
    files = {
        "pytest.ini": "[pytest]\nasyncio_mode = auto\n"
        "asyncio_default_fixture_loop_scope = function\n",
        "conftest.py": "import httpx\nimport pytest\n\n\n"
        "def made():\n    return httpx.AsyncClient()\n\n\n"
        "def address() -> str:\n    client = httpx.AsyncClient()\n    return client.base_url\n\n\n"
        f"@pytest.fixture(scope='session')\ndef server():\n{body}",
        "test_a.py": "async def test_a(server):\n    await get(server)\n\n\n"
        "async def test_b(server):\n    await get(server)\n",
    }
    codes = [finding.code for finding in migrate_files(files).findings]
    assert ("LS316" in codes) is noted


@pytest.mark.parametrize(
    "module",
    [
        "import typing, httpx\nthing = typing.TypeVar('thing', httpx.AsyncClient, httpx.Client)\n",
        "from typing import NewType\nimport httpx\nthing = NewType('thing', httpx.AsyncClient)\n",
        "import httpx\nthing = isinstance(1, httpx.AsyncClient)\n",
    ],
)
def test_a_name_for_types_keeps_nothing(module: str) -> None:
    assert kept(module) == []


@pytest.mark.parametrize(
    ("decorators", "call"),
    [
        ("@functools.cached_property", ""),
        ("@property; @functools.lru_cache(maxsize=None)", ""),
        ("@functools.cache", "()"),
        ("@functools.lru_cache", "()"),
    ],
)
def test_what_a_method_caches_lives_as_long_as_its_object(decorators: str, call: str) -> None:
    lines = decorators.replace("; ", "\n    ")
    module = (
        f"import functools, httpx\n\nclass Service:\n    {lines}\n"
        "    def client(self):\n        return httpx.AsyncClient()\n\n"
        f"    async def get(self): await self.client{call}.get('/')\n"
    )
    made = "from db import Service\n\nasync def test_{}(): await Service().get()\n"
    assert kept(module, made.format("a") + made.format("b")) == []
    last = module.count("\n") + 2
    assert kept(module + "\nthing = Service()\n") == [f"db.py:{last} LS316 note"]


def test_a_class_method_caches_for_all_objects() -> None:
    module = (
        "import functools, httpx\n\nclass Service:\n    @classmethod\n    @functools.cache\n"
        "    def client(cls):\n        return httpx.AsyncClient()\n\n"
        "    async def get(self): await self.client().get('/')\n"
    )
    made = "from db import Service\n\nasync def test_{}(): await Service().get()\n"
    assert kept(module, made.format("a") + made.format("b")) == ["db.py:6 LS316 note"]


FIXTURES = {
    "async": (
        "@pytest_asyncio.fixture(scope='module', loop_scope='session', autouse=True)\n"
        "async def up():",
        False,
    ),
    "sync": ("@pytest.fixture(scope='module', autouse=True)\ndef up():", False),
    "sync that hands out": ("@pytest.fixture(scope='module')\ndef up():\n    return thing", True),
    "for each test": ("@pytest.fixture(autouse=True)\ndef up():", True),
}


@pytest.mark.parametrize(("fixture", "noted"), FIXTURES.values(), ids=FIXTURES.keys())
def test_what_a_wide_fixture_uses_meets_one_loop(fixture: str, noted: bool) -> None:
    uses = (
        "import unittest, pytest, pytest_asyncio\nfrom db import thing\n\n"
        f"{fixture}\n    thing.clear()\n\n"
        "class TestA(unittest.IsolatedAsyncioTestCase):\n"
        "    async def test_one(self): ...\n    async def test_two(self): ...\n\n"
        "async def test_three(): ...\n"
    )
    if "scope='module')" in fixture:
        uses = uses.replace("test_three()", "test_three(up)") + "async def test_four(up): ...\n"
    assert bool(kept(LOCK, uses)) is noted


def test_the_same_in_many_modules_is_said_once() -> None:
    module = "import asyncio\n\nthing = asyncio.Lock()\n\n" + "".join(
        f"async def test_{name}(): await thing.acquire()\n" for name in "ab"
    )
    files = {"pytest.ini": MODERN, **{f"test_{number}.py": module for number in range(6)}}
    (finding,) = [f for f in migrate_files(files).findings if f.code == "LS316"]
    assert finding.path == "test_0.py"
    others = "likewise at test_1.py:3, test_2.py:3, test_3.py:3 and 2 more places)"
    assert others in finding.message


def test_a_variable_that_is_set_in_two_places_is_one() -> None:
    module = (
        "import asyncio\n\nthing = None\n\ndef get():\n    global thing\n"
        "    if thing is None:\n        try:\n            thing = asyncio.get_running_loop()\n"
        "        except RuntimeError:\n            thing = asyncio.get_event_loop()\n"
        "    return thing\n"
    )
    uses = "from db import get\n\n" + "".join(f"async def test_{name}(): get()\n" for name in "ab")
    assert kept(module, uses) == ["db.py:9 LS316 note"]


@pytest.mark.parametrize(
    "made", ["asyncio.run(detect())", "asyncio.new_event_loop().run_until_complete(detect())"]
)
def test_what_a_coroutine_returned_is_not_what_it_made(made: str) -> None:
    shop = (
        "import asyncio, aiohttp\n\n\nasync def detect():\n"
        "    async with aiohttp.ClientSession() as session:\n        return session.ok\n\n\n"
        f"provider = {made}\n"
    )
    tests = "".join(f"async def test_{n}():\n    assert shop.provider\n\n\n" for n in range(3))
    files = {"pytest.ini": AUTO, "shop.py": shop, "test_a.py": f"import shop\n\n\n{tests}"}
    assert not [one for one in messages(migrate_files(files)) if "LS316" in one]


@pytest.mark.parametrize(
    ("body", "noted"),
    [
        ("app = object()\n    app.start()", False),
        ("import app\n    app.shared.take()", True),
        ("global app\n    import app\n    app.shared.take()", True),
    ],
)
def test_local_variable_with_the_name_of_a_module_beside_the_tests(body: str, noted: bool) -> None:
    tests = "".join(f"async def test_{n}():\n    {body}\n\n\n" for n in range(3))
    files = {
        "pytest.ini": AUTO,
        "tests/app.py": "import asyncio\n\nshared = asyncio.Queue()\n",
        "tests/test_a.py": tests,
    }
    told = messages(migrate_files(files))
    assert any("LS316" in one for one in told) is noted
