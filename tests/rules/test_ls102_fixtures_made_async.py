"""LS102: sync fixtures that want the loop become async; what keeps others sync is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loopscope.pipeline import migrate
from loopscope.types import CrossSuiteFiles, Options, Target
from tests.suites_in_memory import AUTO, after, migrate_files, suite_of

HEAD = "import asyncio\n\nimport pytest\n\n\n"
TEST = "\n\n@pytest.mark.asyncio\nasync def test_one(client): ...\n"
DRIVER = "class Client:\n    def connect(self):\n        asyncio.run(work())\n\n\n"


def migrated(fixture: str, **more: str) -> str:
    """Return the module with the fixture, migrated in strict mode."""
    return after({"test_a.py": HEAD + fixture + TEST, **more})["test_a.py"]


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ("def client(event_loop):\n    return Client(event_loop)\n",
         "async def client():\n    return Client(asyncio.get_running_loop())\n"),
        ("def client():\n    loop = asyncio.get_event_loop()\n    yield Client(loop)\n",
         "async def client():\n    loop = asyncio.get_running_loop()\n    yield Client(loop)\n"),
        ("def client():\n    return Client(asyncio.get_event_loop_policy().get_event_loop())\n",
         "async def client():\n    return Client(asyncio.get_running_loop())\n"),
        ("def client():\n    return asyncio.Future()\n",
         "async def client():\n    return asyncio.Future()\n"),
        ("def client(event_loop, tmp_path):\n    return Client(tmp_path)\n",
         "async def client(tmp_path):\n    return Client(tmp_path)\n"),
    ],
)  # fmt: skip
def test_fixture_that_wants_the_loop_is_async(before: str, now: str) -> None:
    assert f"@pytest_asyncio.fixture\n{now}" in migrated(f"@pytest.fixture\n{before}")


def test_auto_mode_needs_no_other_decorator() -> None:
    fixture = "@pytest.fixture\ndef client(event_loop):\n    return Client(event_loop)\n"
    files = {"pytest.ini": AUTO, "test_a.py": HEAD + fixture + TEST}
    result = after(files)["test_a.py"]
    assert "@pytest.fixture\nasync def client():" in result
    assert "pytest_asyncio" not in result


def test_fixture_in_a_class_with_another_name() -> None:
    fixture = '    @pytest.fixture(name="client")\n    def make(self, event_loop):\n'
    test = "    @pytest.mark.asyncio\n    async def test_one(self, client): ...\n"
    body = "        yield Client(event_loop)\n\n"
    result = after({"test_a.py": f"{HEAD}class TestIt:\n{fixture}{body}{test}"})["test_a.py"]
    assert '    @pytest_asyncio.fixture(name="client")\n    async def make(self):\n' in result


@pytest.mark.parametrize(
    ("fixture", "reason"),
    [
        ("def client(event_loop):\n    yield Client(event_loop)\n"
         "    asyncio.get_event_loop().run_until_complete(stop())\n", "it drives a loop"),
        ("def client(event_loop, request):\n"
         "    request.addfinalizer(lambda: asyncio.get_event_loop().run_until_complete(stop()))\n"
         "    return Client(event_loop)\n", "it drives a loop"),
        ("def client(event_loop):\n    asyncio.run(start())\n    return Client(event_loop)\n",
         "what it calls may drive a loop"),
        ("def client(event_loop):\n    yield Client(event_loop)\n    stop()\n\n\n"
         "def stop():\n    asyncio.run(work())\n",
         "what it calls may drive a loop"),
        ("def client(event_loop, request):\n    other = request.getfixturevalue('tmp_path')\n"
         "    return Client(event_loop, other)\n",
         "getfixturevalue sets nothing up while a loop runs"),
        ("def client(event_loop):\n    yield event_loop, 1\n    asyncio.all_tasks(event_loop)\n",
         "it looks at the tasks of its loop"),
        ("def client(event_loop):\n    yield Client(event_loop)\n    check()\n\n\n"
         "def check():\n    assert not asyncio.all_tasks()\n", "what it calls may look at tasks"),
        ("def client(event_loop):\n    return Client(event_loop)\n\n\n"
         "@pytest.mark.anyio\nasync def test_two(client): ...\n",
         "tests of another plugin use it, too"),
        ("def client(event_loop, db):\n    return Client(event_loop)\n",
         "Django's database refuses a running loop"),
        ("def client(event_loop):\n    from shop.models import User\n"
         "    return Client(event_loop, User.objects.create())\n",
         "what it calls refuses a running loop"),
        ("def run(event_loop):\n    return lambda it: event_loop.run_until_complete(it)\n\n\n"
         "@pytest.fixture\ndef client(event_loop, run):\n"
         "    run(start())\n    return Client(event_loop)\n",
         "what run gives it may drive a loop"),
    ],
)  # fmt: skip
def test_what_keeps_a_fixture_sync_stands_above_it(fixture: str, reason: str) -> None:
    result = migrated(f"@pytest.fixture\n{fixture}")
    assert f"\n\n\n# sync: {reason}\n@pytest_asyncio.fixture\ndef client(" in result
    assert after({"test_a.py": result, "pytest.ini": AUTO}, runs_on="1.x")["test_a.py"] == result


@pytest.mark.parametrize("call", ["client.connect()", "Client.connect(client)", "again(client)"])
def test_method_of_what_it_makes_drives_a_loop(call: str) -> None:
    fixture = (
        f"{DRIVER}def again(client):\n    Client.connect(client)\n\n\n"
        "@pytest.fixture\ndef client(event_loop):\n"
        f"    client = Client()\n    client.loop = event_loop\n    {call}\n    return client\n"
    )
    assert "# sync: what it calls may drive a loop\n@pytest_asyncio" in migrated(fixture)
    fixture = fixture.replace(f"    {call}\n    return", "    return")
    assert "@pytest_asyncio.fixture\nasync def client():" in migrated(fixture)


def test_method_of_what_it_is_given_drives_a_loop() -> None:
    given = f"{DRIVER}@pytest.fixture\ndef given():\n    return Client()\n\n\n"
    fixture = "@pytest.fixture\ndef client(event_loop, given):\n    {}\n    return event_loop, 1\n"
    called = migrated(given + fixture.format("given.connect()"))
    assert "# sync: what given gives it may drive a loop\n@pytest_asyncio" in called
    handed = migrated(given + fixture.format("print(given)"))
    assert "@pytest_asyncio.fixture\nasync def client(given):" in handed


def test_class_that_mentions_a_variable_may_be_made() -> None:
    made = "import shop\n\nSTATES = [shop]\n\n\nclass Client:\n    states = STATES\n\n\n"
    fixture = "@pytest.fixture\ndef client(event_loop):\n    return Client(event_loop)\n"
    shop = f"import asyncio\n\n\n{DRIVER}"
    assert "async def client():" in migrated(f"{made}{fixture}", **{"shop.py": shop})


def test_context_manager_drives_a_loop() -> None:
    helper = "@contextmanager\ndef running():\n    asyncio.run(work())\n    yield\n"
    fixture = "@pytest.fixture\ndef client(event_loop):\n    with running():\n"
    source = f"from contextlib import contextmanager\n\n\n{helper}\n\n{fixture}"
    result = migrated(f"{source}        yield event_loop, 1\n")
    assert "# sync: what it calls may drive a loop\n@pytest_asyncio" in result


def test_getfixturevalue_asks_for_it() -> None:
    fixture = "@pytest.fixture\ndef client(event_loop):\n    return Client(event_loop)\n"
    asker = "\n\nasync def test_two(request):\n    request.getfixturevalue('client')\n"
    result = after({"test_a.py": HEAD + fixture + TEST + asker, "pytest.ini": AUTO})["test_a.py"]
    assert "# sync: getfixturevalue asks for it\n@pytest_asyncio.fixture\ndef client" in result


def test_safe_edits_leave_it_sync_without_a_comment() -> None:
    fixture = "@pytest.fixture\ndef client(event_loop):\n    return Client(event_loop)\n"
    result = after({"test_a.py": HEAD + fixture + TEST}, safe_only=True)["test_a.py"]
    assert "\n\n\n@pytest_asyncio.fixture\ndef client():" in result


@pytest.mark.parametrize(
    ("imported", "before", "now"),
    [
        ("from typing import Iterator", "Iterator[int]", "AsyncIterator[int]"),
        ("from collections.abc import Generator", "Generator[int, None, str]",
         "AsyncGenerator[int, None]"),
        ("import typing", '"typing.Iterator[int]"', '"typing.AsyncIterator[int]"'),
        ("import typing", "typing.Any", "typing.Any"),
    ],
)  # fmt: skip
def test_type_of_a_generator(imported: str, before: str, now: str) -> None:
    fixture = f"@pytest.fixture\ndef client(event_loop) -> {before}:\n    yield 1\n"
    result = after({"test_a.py": f"{imported}\n{HEAD}{fixture}{TEST}"})["test_a.py"]
    assert f"async def client() -> {now}:\n" in result
    name = now.partition("[")[0]
    if imported.startswith("from typing") or "import Generator" in imported:
        assert imported.rpartition(" ")[0] + f" {name}\n" in result


def test_type_that_is_no_generators_stays() -> None:
    fixture = (
        "from typing import Iterator\n\n\n@pytest.fixture\n"
        "def client(event_loop) -> Iterator[int]:\n    return Client(event_loop)\n"
    )
    assert "async def client() -> Iterator[int]:" in migrated(fixture)


def test_below_1_0_only_an_async_fixture_finds_its_loop() -> None:
    fixture = "@pytest.fixture\ndef client(event_loop):\n    return Client(event_loop)\n"
    migration = migrate_files({"test_a.py": HEAD + fixture + TEST}, target=Target(0, 26))
    text = next(one.after.decode() for one in migration.changes if one.path == "test_a.py")
    assert "async def client():\n    return Client(asyncio.get_running_loop())" in text


STYLE = "[tool.pytest.ini_options]\n[tool.black]\nline-length = {}\n"
ONE_LINE = "def client(event_loop: Any, tmp_path: Path, request: Any) -> Client:"


@pytest.mark.parametrize(
    ("head", "longest", "now"),
    [
        (ONE_LINE, 68, "async def client(tmp_path: Path, request: Any) -> Client:"),
        (ONE_LINE, 57, "async def client(tmp_path: Path, request: Any) -> Client:"),
        (ONE_LINE, 56, "async def client(\n    tmp_path: Path, request: Any\n) -> Client:"),
        (ONE_LINE, 31, "async def client(\n    tmp_path: Path,\n    request: Any,\n) -> Client:"),
        ("def client(\n    event_loop: Any, tmp_path: Path\n) -> Client:", 44,
         "async def client(tmp_path: Path) -> Client:"),
        ("def client(\n    event_loop: Any, tmp_path: Path\n) -> Client:", 42,
         "async def client(\n    tmp_path: Path,\n) -> Client:"),
    ],
)  # fmt: skip
def test_head_as_the_formatter_writes_it(head: str, longest: int, now: str) -> None:
    fixture = f"@pytest.fixture\n{head}\n    return Client(event_loop)\n"
    files = {"pyproject.toml": STYLE.format(longest), "test_a.py": HEAD + fixture + TEST}
    assert f"@pytest_asyncio.fixture\n{now}\n" in after(files)["test_a.py"]


@pytest.mark.parametrize(
    "fixture",
    [
        "@pytest.fixture\ndef pool(event_loop) -> Iterator[int]:\n    yield Pool(event_loop)\n",
        "@pytest.fixture\nasync def pool():\n    return Pool(asyncio.get_event_loop())\n",
        "@pytest.fixture\ndef pool():\n    return Pool(asyncio.get_event_loop())\n",
    ],
)
@pytest.mark.parametrize("style", ["", "[tool.black]\nline-length = 40\n"])
def test_conftest_of_another_suite_is_edited_there(fixture: str, style: str) -> None:
    config = f"[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n{style}"
    test = "async def test_one(pool): ...\n"
    conftest = f"import asyncio\nfrom typing import Iterator\n{HEAD}{fixture}".encode()
    suite = replace(
        suite_of({"pyproject.toml": config, "test_a.py": test}),
        cross_suite=CrossSuiteFiles({"../conftest.py": conftest}),
    )
    migration = migrate(suite, Options())
    assert not migration.errors
    assert [change.path for change in migration.changes] == ["pyproject.toml"]
