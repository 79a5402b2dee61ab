"""LS306: resources that are closed before the tasks that use them end."""

from __future__ import annotations

import pytest

from tests.rules.reported import found


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
