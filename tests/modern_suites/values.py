"""The values that fixtures give, and what tests do with them.

A comment tells the truth of a line: ``# uses NAME`` that what stands there works only on the loop
of the fixture NAME, ``# OTHER uses NAME`` that this is done by the fixture OTHER (``uses.py``).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of value. ``{v}`` stands for the value in what is done with it.

    ``uses`` work only on the value's loop, ``reads`` anywhere. Whether one reads what a task or a
    server says that goes on elsewhere is a matter of taste: they have no reads.
    """

    name: str
    make: str  # statements
    value: str  # the expression that is given
    uses: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    end: str = ""  # statements after the yield
    needs: tuple[str, ...] = ()  # of SUPPORT

    @property
    def bound(self) -> bool:
        """Whether the value belongs to the loop that it is made on."""
        return bool(self.uses)


# Classes and functions of the suite that values and uses need.
SUPPORT = {
    "Client": '''
class Client:
    """Calls a service by way of the loop that it is made on."""

    def __init__(self, name):
        self.name = name
        self.loop = asyncio.get_running_loop()

    async def fetch(self):
        answer = self.loop.create_future()
        self.loop.call_soon(answer.set_result, self.name)
        return await answer

    async def __aenter__(self):
        await self.fetch()
        return self

    async def __aexit__(self, *error):
        await self.fetch()

    async def pages(self):
        for _ in range(2):
            yield await self.fetch()

    def __aiter__(self):
        return self.pages()
''',
    "Pool": '''
class Pool:
    """Hands out its places one at a time."""

    def __init__(self):
        self.size = 2
        self._free = asyncio.Queue()

    async def open(self):
        for number in range(self.size):
            await self._free.put(number)
        return self

    async def take(self):
        number = await self._free.get()
        await self._free.put(number)
        return number
''',
    "Account": '''
@dataclass
class Account:
    """Plain data."""

    name: str
    balance: int = 0
''',
    "hold": '''
async def hold(lock):
    async with lock:
        await asyncio.sleep(0)
''',
    "settle": '''
async def settle(awaitable):
    return await awaitable
''',
    "call": '''
async def call(client):
    return await client.fetch()
''',
    "echo": '''
async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()
''',
}  # fmt: skip

_WAITER = "waiter = asyncio.ensure_future({name}.{ask}())\nawait asyncio.sleep(0)\n"
BOUND = (
    Kind(
        "lock",
        "lock = asyncio.Lock()",
        "lock",
        (
            "async with {v}:\n    await asyncio.sleep(0)",
            "await {v}.acquire()\n{v}.release()",
            "await hold({v})",
        ),
        ("assert not {v}.locked()",),
        needs=("hold",),
    ),
    Kind(
        "contended",
        "lock = asyncio.Lock()\nawait lock.acquire()\n"
        + _WAITER.format(name="lock", ask="acquire")
        + "lock.release()\nawait waiter\nlock.release()",
        "lock",
        ("async with {v}:\n    await asyncio.sleep(0)", "await asyncio.wait_for(hold({v}), 2)"),
        ("assert not {v}.locked()",),
        needs=("hold",),
    ),
    Kind(
        "event",
        "ready = asyncio.Event()\nasyncio.get_running_loop().call_soon(ready.set)",
        "ready",
        ("await asyncio.wait_for({v}.wait(), 2)", "await settle(asyncio.wait_for({v}.wait(), 2))"),
        ("assert {v}.is_set() in (True, False)",),
        needs=("settle",),
    ),
    Kind(
        "queue",
        "queue = asyncio.Queue()",
        "queue",
        ("await {v}.put(1)\nassert await {v}.get() == 1",),
        ("assert {v}.maxsize == 0", "assert {v}.empty()"),
    ),
    Kind(
        "task",
        "task = asyncio.create_task(asyncio.sleep(0))",
        "task",
        ("await {v}", "await asyncio.gather({v})", "assert await settle({v}) is None"),
        needs=("settle",),
    ),
    Kind(
        "future",
        "loop = asyncio.get_running_loop()\nfuture = loop.create_future()\n"
        "loop.call_soon(future.set_result, 3)",
        "future",
        ("assert await {v} == 3", "assert await settle({v}) == 3"),
        ("assert {v}.done() in (True, False)",),
        needs=("settle",),
    ),
    Kind(
        "loop",
        "",
        "asyncio.get_running_loop()",
        (
            "assert {v} is asyncio.get_running_loop()",
            'assert await {v}.run_in_executor(None, len, "abc") == 3',
            "await {v}.create_task(asyncio.sleep(0))",
        ),
        ("assert not {v}.is_closed()",),
    ),
    Kind(
        "client",
        "",
        'Client("shop")',
        (
            'assert await {v}.fetch() == "shop"',
            "async with {v} as opened:\n    assert await opened.fetch()",
            "async for page in {v}:\n    assert page",
            "assert [page async for page in {v}.pages()]",
            "assert await call({v})",
        ),
        ('assert {v}.name == "shop"',),
        needs=("Client", "call"),
    ),
    Kind(
        "pool",
        "pool = Pool()\nawait pool.open()",
        "pool",
        ("assert await {v}.take() in (0, 1)",),
        ("assert {v}.size == 2",),
        needs=("Pool",),
    ),
    Kind(
        "server",
        'server = await asyncio.start_server(echo, "127.0.0.1", 0)',
        "server",
        ("await {v}.start_serving()",),
        end="server.close()",
        needs=("echo",),
    ),
    Kind(
        "stream",
        'server = await asyncio.start_server(echo, "127.0.0.1", 0)\n'
        "address = server.sockets[0].getsockname()\n"
        "reader, writer = await asyncio.open_connection(*address[:2])",
        "(reader, writer)",
        (
            'reader, writer = {v}\nwriter.write(b"x\\n")\n'
            "await asyncio.wait_for(reader.readline(), 2)",
        ),
        end="writer.close()\nserver.close()",
        needs=("echo",),
    ),
)
HARMLESS = (
    Kind("nothing", "await asyncio.sleep(0)", "", reads=("assert {v} is None",)),
    Kind("number", "", "42", reads=("assert {v} == 42",)),
    Kind(
        "string",
        'name = "shop"\nawait asyncio.sleep(0)',
        "name",
        reads=('assert {v} == "shop"', "assert {v}.upper()"),
    ),
    Kind("path", "", 'Path("shop") / "data"', reads=('assert {v}.name == "data"',)),
    Kind(
        "dict",
        "",
        '{"name": "shop", "size": 3}',
        reads=('assert {v}["size"] == 3', "assert {v}.get('size')"),
    ),
    Kind("list", "rows = [1, 2]\nawait asyncio.sleep(0)", "rows", reads=("assert {v} == [1, 2]",)),
    Kind(
        "account",
        "",
        'Account("shop", 3)',
        reads=("assert {v}.balance == 3", 'assert {v}.name == "shop"'),
        needs=("Account",),
    ),
)
