"""Rules that only report: what outlives its loop, and what outlives what it needs."""

from __future__ import annotations

import pytest

from tests.rules.reported import ASYNC_TEST, HEAD, found
from tests.suites_in_memory import messages, migrate_files

# -- LS305 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "level"),
    [
        ("event_loop.close()", "action"),
        ("asyncio.get_event_loop().close()", "note"),
        ("loop = asyncio.get_event_loop()\n    loop.close()", "note"),
    ],
)
def test_ls305_sync_test_closes_the_loop(body: str, level: str) -> None:
    assert found(f"def test_it(event_loop):\n    {body}\n", "LS305")[0].endswith(level)


def test_ls305_wide_loops_are_in_danger() -> None:
    source = (
        "def test_it():\n    asyncio.get_event_loop().close()\n\n\n"
        "@pytest.mark.asyncio(loop_scope='module')\nasync def test_wide():\n    pass\n"
    )
    assert found(source, "LS305") == ["test_a.py:7 LS305 action"]


def test_ls305_hook_closes_the_loop() -> None:
    hook = (
        "import asyncio\n\n\ndef pytest_sessionfinish():\n    asyncio.get_event_loop().close()\n"
    )
    assert found("", "LS305", conftest__py=hook) == ["conftest.py:5 LS305 action"]


def test_ls305_finalizer_closes_the_loop() -> None:
    source = """\
    @pytest.fixture
    def client(request, event_loop):
        request.addfinalizer(event_loop.close)
        return 1
    """
    assert found(source, "LS305") == ["test_a.py:8 LS305 action"]


@pytest.mark.parametrize(
    "body",
    [
        "loop = asyncio.new_event_loop()\n    loop.close()",
        "loop = asyncio.get_event_loop()\n    loop = object()\n    loop.close()",
        "with pytest.raises(RuntimeError):\n        asyncio.get_event_loop().close()",
        "loop = make_loop()\n    loop.close()",
        "asyncio.get_event_loop().run_until_complete(client.close())",
    ],
    ids=["own loop", "assigned anew", "refused", "unknown", "another close"],
)
def test_ls305_nothing_is_closed(body: str) -> None:
    assert not found(f"def test_it():\n    {body}\n", "LS305")


def test_ls305_override_closes_its_own_loop() -> None:
    conftest = HEAD + (
        "@pytest.fixture\ndef event_loop():\n    loop = asyncio.get_event_loop()\n"
        "    yield loop\n    loop.close()\n"
    )
    files = {
        "conftest.py": conftest,
        "test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\n" + ASYNC_TEST,
    }
    assert not messages(migrate_files(files))


# -- LS306 -----------------------------------------------------------------------------------


def fixture_of(before: str, end: str) -> str:
    lines = [*before.split("; "), "yield", *end.split("; ")]
    return "@pytest_asyncio.fixture\nasync def served():\n" + "".join(
        f"    {line}\n" for line in lines
    )


START = "conn = await connect(); task = asyncio.create_task(listen(conn))"


@pytest.mark.parametrize(
    "end",
    [
        "await conn.close()",
        "await conn.close(); task.cancel(); await task",
        "task.cancel(); await conn.close()",
    ],
)
def test_ls306_resource_closed_too_early(end: str) -> None:
    assert found(fixture_of(START, end), "LS306") == ["test_a.py:9 LS306 note"]


@pytest.mark.parametrize(
    "end",
    [
        "task.cancel(); await asyncio.gather(task, return_exceptions=True); await conn.close()",
        "await conn.close(); await task",
        "await stop(task); await conn.close()",
        "await other.close()",
    ],
    ids=["in order", "close ends the task", "a helper", "another resource"],
)
def test_ls306_in_order(end: str) -> None:
    assert not found(fixture_of(START, end), "LS306")


def test_ls306_list_of_tasks() -> None:
    start = "conn = await connect(); tasks = [asyncio.create_task(listen(conn)) for _ in range(2)]"
    good = "for task in tasks: task.cancel(); await asyncio.gather(*tasks); await conn.close()"
    good = good.replace("tasks: task", "tasks:; " + "    task")
    assert found(fixture_of(start, "await conn.close()"), "LS306")
    assert not found(fixture_of(start, good), "LS306")


def test_ls306_async_with_closes_at_its_end() -> None:
    source = """\
    @pytest_asyncio.fixture
    async def served():
        async with connect() as conn:
            task = asyncio.create_task(listen(conn))
            yield conn
            {}
    """
    assert found(source.format("print(1)"), "LS306") == ["test_a.py:9 LS306 note"]
    assert not found(source.format("task.cancel(); await task"), "LS306")


# -- LS307 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "queue = asyncio.Queue()\n    asyncio.run(queue.put(1))\n    asyncio.run(queue.get())",
        "session = asyncio.run(connect())\n    asyncio.run(session.close())",
        "lock = asyncio.Lock()\n\n    async def go():\n        async with lock:\n"
        "            pass\n\n    asyncio.run(go())\n    asyncio.run(go())",
        "loop = asyncio.new_event_loop()\n    loop.close()\n    loop.run_until_complete(go())",
    ],
    ids=["queue", "session", "closure", "closed loop"],
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
        "loop = asyncio.new_event_loop()\n    loop.close()\n"
        "    with pytest.raises(RuntimeError):\n        loop.run_until_complete(go())",
    ],
    ids=["plain data", "one run", "a mock", "branches", "a new loop", "refused"],
)
def test_ls307_alive(body: str) -> None:
    assert not found(f"def test_it():\n    {body}\n", "LS307")


# -- LS314 -----------------------------------------------------------------------------------

WORKER = """\
async def work(queue):
    while {test}:
        try:
            await queue.get()
        except {caught}:
            {then}
"""


@pytest.mark.parametrize(
    "caught", ["asyncio.CancelledError", "BaseException", "(OSError, asyncio.CancelledError)"]
)
@pytest.mark.parametrize("then", ["pass", "continue"])
def test_ls314_swallowed(caught: str, then: str) -> None:
    source = WORKER.format(test="True", caught=caught, then=then)
    assert found(source, "LS314") == ["test_a.py:10 LS314 note"]


def test_ls314_suppress() -> None:
    source = """\
    from contextlib import suppress

    async def work(queue):
        while True:
            with suppress(asyncio.CancelledError):
                await queue.get()
    """
    assert found(source, "LS314") == ["test_a.py:10 LS314 note"]


@pytest.mark.parametrize(
    ("test", "caught", "then"),
    [
        ("True", "asyncio.CancelledError", "raise"),
        ("True", "asyncio.CancelledError", "break"),
        ("True", "BaseException", "return"),
        ("True", "Exception", "pass"),
        ("True", "BaseException as error", "keep(error)"),
        ("running", "asyncio.CancelledError", "pass"),
        (
            "True",
            "asyncio.CancelledError:\n            raise\n        except BaseException",
            "pass",
        ),
    ],
)
def test_ls314_cancellable(test: str, caught: str, then: str) -> None:
    assert not found(WORKER.format(test=test, caught=caught, then=then), "LS314")


def test_ls314_end_of_another_task() -> None:
    source = """\
    async def restart(make):
        while True:
            task = asyncio.create_task(make())
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
    """
    assert not found(source, "LS314")
