"""LS102: whoever asks for event_loop gets the running loop in another way."""

from __future__ import annotations

from textwrap import dedent

import pytest

from loopscope.types import Target
from tests.rules.changed import ASYNC_TEST, SESSION, changed
from tests.suites_in_memory import AUTO, after, messages, migrate_files


def test_event_loop_of_a_mixture_becomes_a_variable() -> None:
    changed(
        "test_x.py",
        """\
        async def test_one(event_loop):
            task = event_loop.create_task(work())
            await event_loop.run_in_executor(None, task)
        """,
        """\
        import asyncio


        async def test_one():
            event_loop = asyncio.get_running_loop()
            task = event_loop.create_task(work())
            await event_loop.run_in_executor(None, task)
        """,
    )


def test_event_loop_of_several_calls_becomes_a_variable() -> None:
    changed(
        "test_x.py",
        """\
        async def test_one(event_loop):
            event_loop.call_soon(print)
            event_loop.call_later(1, print)
        """,
        """\
        import asyncio


        async def test_one():
            event_loop = asyncio.get_running_loop()
            event_loop.call_soon(print)
            event_loop.call_later(1, print)
        """,
    )


def test_names_are_written_as_the_file_imports_them() -> None:
    changed(
        "test_x.py",
        """\
        import asyncio as aio


        async def test_one(event_loop):
            event_loop.call_soon(print)
        """,
        """\
        import asyncio as aio


        async def test_one():
            aio.get_running_loop().call_soon(print)
        """,
    )


def test_sync_test_with_a_decorator_of_unknown_kind_stays_sync() -> None:
    before = """\
        import helpers


        @helpers.retry
        def test_one(event_loop):
            event_loop.run_until_complete(helpers.work())
        """
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_x.py": before,
        "test_y.py": ASYNC_TEST,
    }
    result = after(files)
    assert result["test_x.py"] == dedent(before)
    assert "async def event_loop()" in result["conftest.py"]


def test_sync_test_stays_sync_where_a_fixture_drives_the_loop() -> None:
    before = """\
        import asyncio

        import pytest


        @pytest.fixture
        def run(event_loop):
            return lambda work: event_loop.run_until_complete(work)


        def test_one(event_loop, run):
            event_loop.run_until_complete(asyncio.sleep(0))
            run(asyncio.sleep(0))
        """
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_x.py": before,
        "test_y.py": ASYNC_TEST,
    }
    assert after(files)["test_x.py"] == dedent(before)


@pytest.mark.parametrize(
    "given",
    [
        "run():\n    return asyncio.get_event_loop()",
        "run():\n    return lambda: asyncio.get_event_loop().time()",
        "run():\n    return (asyncio.get_event_loop() for _ in range(2))",
        "run(event_loop):\n    return event_loop.create_task(helpers.work())",
    ],
    ids=["the loop", "a lambda", "a generator", "a task"],
)
def test_sync_test_stays_sync_where_a_fixture_hands_out_what_may_drive_the_loop(
    given: str,
) -> None:
    test = (
        "def test_one(event_loop, run):\n    event_loop.run_until_complete(asyncio.sleep(0))\n"
        "    helpers.drive(run)\n"
    )
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_x.py": f"import asyncio\n\nimport helpers\nimport pytest\n\n\n@pytest.fixture\n"
        f"def {given}\n\n\n{test}",
        "test_y.py": ASYNC_TEST,
    }
    assert after(files)["test_x.py"].endswith(f"\n\n\n{test}")


def test_safe_only_takes_the_bridge() -> None:
    before = "def test_one(event_loop):\n    event_loop.run_until_complete(work())\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_x.py": before,
        "test_y.py": ASYNC_TEST,
    }
    result = after(files, safe_only=True)
    assert result["test_x.py"] == before
    assert 'scope="session"' not in result["conftest.py"]
    assert "async def event_loop()" in result["conftest.py"]


def test_unittest_case_that_asks_for_the_loop_is_a_finding() -> None:
    test = """\
        import unittest

        import pytest


        @pytest.mark.usefixtures("event_loop")
        class TestCase(unittest.TestCase):
            def test_one(self):
                pass
        """
    assert messages(migrate_files({"test_x.py": test})) == ["test_x.py:8 LS102 action"]


def test_the_bridge_has_another_name_below_1_0() -> None:
    test = "def test_one(event_loop):\n    print(event_loop)\n"
    text = after({"test_x.py": test}, target=Target(0, 26))["test_x.py"]
    assert "def test_one(running_loop):\n    print(running_loop)\n" in text


def test_who_asks_in_async_code_that_nothing_runs_asks_for_the_bridge_below_1_0() -> None:
    files = {"test_x.py": "async def test_one(event_loop):\n    event_loop.time()\n"}
    first = migrate_files(files, target=Target(0, 26))
    text = next(change.after.decode() for change in first.changes if change.path == "test_x.py")
    assert "async def test_one(running_loop):\n    running_loop.time()\n" in text
    again = migrate_files({"test_x.py": text}, target=Target(0, 26))
    assert not [change for change in again.changes if change.path == "test_x.py"]


def test_fixture_of_a_suite_on_loop_scopes_goes_to_the_loop_of_its_tests() -> None:
    before = """\
        import pytest


        @pytest.fixture
        def client(event_loop):
            return Client(loop=event_loop)


        @pytest.mark.asyncio(loop_scope="module")
        async def test_one(client):
            await client.get()
        """
    config = AUTO + "asyncio_default_fixture_loop_scope = function\n"
    result = after({"pytest.ini": config, "test_x.py": before}, runs_on="1.x")
    fixture = '@pytest_asyncio.fixture(loop_scope="module")\nasync def client():'
    assert fixture in result["test_x.py"]
    assert result["pytest.ini"] == config


def test_override_of_a_fixture_that_becomes_async_is_a_bridge_for_the_sync_test() -> None:
    """An ordinary fixture would make another loop than that of the async fixture."""
    fixture = "def job(event_loop):\n    return event_loop.run_until_complete(run())\n"
    tests = "def test_one(job): ...\n\n\ndef test_two(event_loop):\n    assert event_loop\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION.replace('(scope="session")', ""),
        "test_x.py": f"import pytest\n\n\n@pytest.fixture\n{fixture}\n\n{tests}",
    }
    assert not messages(migrate_files(files))
    result = after(files)
    bridge = "async def event_loop():\n    return asyncio.get_running_loop()"
    assert bridge in result["conftest.py"]
    assert "async def job():\n    return await run()" in result["test_x.py"]
    assert result["test_x.py"].endswith(tests)


@pytest.mark.parametrize("body", ["return event_loop", "yield asyncio.new_event_loop()"])
def test_override_that_no_test_reaches_asks_for_no_bridge(body: str) -> None:
    head = "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "helpers/conftest.py": f"{head}def event_loop(event_loop):\n    {body}\n",
        "test_x.py": ASYNC_TEST,
    }
    assert "event_loop" not in after(files)["helpers/conftest.py"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ("async def client(make):\n    return make()", []),
        (
            "async def client(event_loop):\n    return make(event_loop)",
            ["test_x.py:7", "test_x.py:9"],
        ),
    ],
)
def test_call_of_what_a_fixture_gives_is_no_call_of_the_fixture(
    other: str, said: list[str]
) -> None:
    fixture = "@pytest.fixture\nasync def make(event_loop):\n    return dict\n"
    files = {
        "pytest.ini": AUTO,
        "test_x.py": f"import pytest\n\n\n\n\n{fixture}\n\n@pytest.fixture\n{other}\n\n\n"
        "async def test_one(client): ...\n",
    }
    found = migrate_files(files).findings
    assert [f"{one.path}:{one.line}" for one in found if one.code == "LS102"] == said


@pytest.mark.parametrize(
    ("imports", "returns", "imports_after", "returns_after"),
    [
        (
            "from typing import Iterator\n",
            "Iterator[int]",
            "from typing import AsyncIterator\n",
            "AsyncIterator[int]",
        ),
        (
            "from collections.abc import Generator, Mapping\n",
            "Generator[Mapping[str, int], None, None]",
            "from collections.abc import AsyncGenerator, Mapping\n",
            "AsyncGenerator[Mapping[str, int], None]",
        ),
        (
            "from collections.abc import Iterable\n",
            "Iterable",
            "from collections.abc import AsyncIterable\n",
            "AsyncIterable",
        ),
        (
            "import typing as t\n",
            "t.Generator[int, None, None]",
            "import typing as t\n",
            "t.AsyncGenerator[int, None]",
        ),
        (
            "import collections.abc\n",
            "collections.abc.Iterator[int]",
            "import collections.abc\n",
            "collections.abc.AsyncIterator[int]",
        ),
        (
            "from typing import Iterator as It\n",
            "It[int]",
            "from typing import AsyncIterator\n",
            "AsyncIterator[int]",
        ),
        (
            "from typing import Generator\n",
            '"Generator[int, None, None]"',
            "from typing import AsyncGenerator\n",
            '"AsyncGenerator[int, None]"',
        ),
        (
            "from typing import Generator\n",
            "Generator[\n    int,\n    None,\n    None,\n]",
            "from typing import AsyncGenerator\n",
            "AsyncGenerator[int, None]",
        ),
        ("from app import Iterator\n", "Iterator", "from app import Iterator\n", "Iterator"),
        ("import typing\n", "typing.Any", "import typing\n", "typing.Any"),
    ],
)  # fmt: skip
def test_annotation_of_a_generator_that_becomes_async(
    imports: str, returns: str, imports_after: str, returns_after: str
) -> None:
    head = f"{imports}\nimport pytest\n\n\n@pytest.fixture\ndef job(event_loop) -> {returns}:\n"
    body = "    event_loop.run_until_complete(run())\n    yield 1\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": SESSION,
        "test_x.py": f"{head}{body}\n\nasync def run(): ...\n\n\nasync def test_one(job): ...\n",
    }
    result = after(files)["test_x.py"]
    assert result.startswith(f"{imports_after}\nimport pytest\n\n\n")
    assert f"async def job() -> {returns_after}:\n    await run()\n" in result


def test_annotation_that_others_need_too_keeps_its_import() -> None:
    text = "from typing import Iterator\n\nimport pytest\n\n\n@pytest.fixture\n"
    text += "def job(event_loop) -> Iterator[int]:\n    event_loop.run_until_complete(run())\n"
    text += "    yield 1\n\n\nasync def run(): ...\n\n\nasync def test_one(job): ...\n\n\n"
    text += "def first(numbers: Iterator[int]) -> int:\n    return next(numbers)\n"
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": text}
    result = after(files)["test_x.py"]
    assert result.startswith("from typing import AsyncIterator, Iterator\n")
    assert "def first(numbers: Iterator[int]) -> int:" in result
    plain = files["test_x.py"].replace("    yield 1\n\n\nasync", "    return iter([1])\n\n\nasync")
    assert "async def job() -> Iterator[int]:" in after({**files, "test_x.py": plain})["test_x.py"]
