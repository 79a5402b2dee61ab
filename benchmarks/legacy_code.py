"""What suites for pytest-asyncio 0.21 hold, as often as it was counted in public code.

The numbers are per cent, of 55 overrides, 193 requests for ``event_loop`` and 132 calls of
``get_event_loop()`` that were read.
"""

from __future__ import annotations

from random import Random
from typing import TypeVar

_Kind = TypeVar("_Kind")

SCOPES = {"session": 76, "function": 22, "module": 2}
PLACES = {"conftest": 76, "module": 24}

# The bodies of overrides.
BODIES = {
    """\
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
""": 40,
    """\
    loop = asyncio.get_event_loop_policy().new_event_loop()
    yield loop
    loop.close()
""": 41,
    """\
    loop = asyncio.get_event_loop()
    yield loop
    loop.close()
""": 11,
    """\
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    loop.close()
    asyncio.set_event_loop(None)
""": 2,
    """\
    app = make_app()
    yield app.loop
    app.close()
""": 4,
    """\
    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
""": 2,
}  # fmt: skip

# Who asks for the fixture.
REQUESTS = {
    """

@pytest.fixture
def store_{n}(event_loop):
    store = event_loop.run_until_complete(open_store("{n}"))
    yield store
    event_loop.run_until_complete(store.close())


def test_store_{n}(store_{n}):
    assert store_{n}.name == "{n}"
""": 20,
    """

@pytest.fixture
def ordered_{n}(event_loop):
    return ["first", "{n}"]


{mark}async def test_ordered_{n}(ordered_{n}):
    assert ordered_{n}[-1] == "{n}"
""": 12,
    """

@pytest.fixture
def loop_{n}(event_loop):
    return event_loop


def test_loop_{n}(loop_{n}):
    assert loop_{n}.run_until_complete(answer({n})) == {n}
""": 6,
    """

{mark}async def test_unused_{n}(event_loop):
    assert await answer({n}) == {n}
""": 10,
    """

{mark}async def test_task_{n}(event_loop):
    task = event_loop.create_task(answer({n}))
    assert await task == {n}
""": 10,
    """

def test_sync_{n}(event_loop):
    assert event_loop.run_until_complete(answer({n})) == {n}
""": 17,
    """

@{async_fixture}
async def rows_{n}(event_loop):
    rows = [await answer({n})]
    yield rows
    rows.clear()


{mark}async def test_rows_{n}(rows_{n}):
    assert rows_{n} == [{n}]
""": 15,
    """

@pytest.mark.usefixtures("event_loop")
def test_plain_{n}():
    assert {n} == int("{n}")
""": 5,
    """

def run_{n}(loop, value):
    return loop.run_until_complete(answer(value))


def test_helper_{n}(event_loop):
    assert run_{n}(event_loop, {n}) == {n}
""": 5,
}  # fmt: skip

# Async tests and fixtures that do not name the loop: most of what the mark stands on.
ASYNC_TESTS = (
    """

{mark}async def test_answer_{n}():
    first = await answer({n})
    second = await answer(first + 1)
    assert second == first + 1
""",
    """

{mark}async def test_together_{n}():
    found = await asyncio.gather(*(answer(value) for value in range({n})))
    assert found == list(range({n}))
""",
    """

@{async_fixture}
async def store_at_{n}():
    store = await open_store("{n}")
    yield store
    await store.close()


{mark}async def test_store_at_{n}(store_at_{n}):
    assert store_at_{n}.name == "{n}"
    assert not store_at_{n}.closed
""",
)

HELPERS = '''

class Store:
    """Something that is opened, used and closed on a loop."""

    def __init__(self, name):
        self.name = name
        self.closed = False

    async def close(self):
        self.closed = True


async def open_store(name):
    await asyncio.sleep(0)
    return Store(name)


async def answer(value):
    await asyncio.sleep(0)
    return value
'''

# Calls in the code under test.
LOOP_CALLS = (
    '''

async def deadline_{n}(seconds):
    """When a wait of ``seconds`` that begins now is over."""
    return asyncio.get_event_loop().time() + seconds
''',
    '''

async def promise_{n}():
    """A future of the loop that runs."""
    loop = asyncio.get_event_loop()
    return loop.create_future()
''',
    '''

def run_{n}(work):
    """Run ``work`` to its end, from code that is not async."""
    return asyncio.get_event_loop().run_until_complete(work)
''',
)


def draw(random: Random, shares: dict[_Kind, int]) -> _Kind:
    """One of the kinds, each as often as its share says."""
    return random.choices(list(shares), list(shares.values()))[0]


def override(random: Random, scope: str) -> str:
    """Write an ``event_loop`` fixture."""
    arguments = "" if scope == "function" else f'(scope="{scope}")'
    return f"\n\n@pytest.fixture{arguments}\ndef event_loop():\n{draw(random, BODIES)}"
