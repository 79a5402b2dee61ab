"""LS307: what is used after its loop was closed."""

from __future__ import annotations

import pytest

from tests.rules.reported import found


@pytest.mark.parametrize(
    "body",
    [
        "queue = asyncio.Queue()\n    asyncio.run(queue.put(1))\n    asyncio.run(queue.get())",
        "session = asyncio.run(connect())\n    asyncio.run(session.close())",
        "lock = asyncio.Lock()\n\n    async def go():\n        async with lock:\n"
        "            pass\n\n    asyncio.run(go())\n    asyncio.run(go())",
        "loop = asyncio.new_event_loop()\n    loop.close()\n    loop.run_until_complete(go())",
        "client = make()\n\n    async def go():\n        async for x in client.rows():\n"
        "            print(x)\n\n"
        "    asyncio.run(go())\n    asyncio.run(go())",
        "client = make()\n\n    async def go():\n        [x async for x in client.rows()]\n\n"
        "    asyncio.run(go())\n    asyncio.run(go())",
        "client = make()\n\n    async def go():\n        await fetch(client)\n\n"
        "    asyncio.run(go())\n    asyncio.run(go())",
    ],
    ids=["queue", "session", "closure", "closed loop", "rows", "listed rows", "handed on"],
)
def test_ls307_dead_loop(body: str) -> None:
    assert len(found(f"def test_it():\n    {body}\n", "LS307")) == 1


@pytest.mark.parametrize(
    "body",
    [
        "path = make()\n    asyncio.run(read(path))\n    asyncio.run(read(path))",
        "queue = asyncio.Queue()\n    asyncio.run(queue.put(1))",
        "client = Mock()\n    asyncio.run(use(client))\n    asyncio.run(use(client))",
        "if 1:\n        asyncio.run(use(queue))\n    else:\n        asyncio.run(use(queue))",
        "loop = asyncio.new_event_loop()\n    loop.close()\n    loop = asyncio.new_event_loop()\n"
        "    loop.run_until_complete(go())",
        "engine = make()\n\n    async def one():\n        async with engine.begin():\n"
        "            pass\n\n    async def two():\n        return engine.in_transaction()\n\n"
        "    asyncio.run(one())\n    asyncio.run(two())",
        "loop = asyncio.new_event_loop()\n    loop.close()\n"
        "    with pytest.raises(RuntimeError):\n        loop.run_until_complete(go())",
    ],
    ids=["plain data", "one run", "a mock", "branches", "a new loop", "a plain method", "refused"],
)
def test_ls307_alive(body: str) -> None:
    assert not found(f"def test_it():\n    {body}\n", "LS307")
