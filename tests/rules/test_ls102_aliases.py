"""LS102: fixtures that do nothing but hand on ``event_loop`` take the place of a bridge."""

from __future__ import annotations

import pytest

from loopscope.types import Target
from tests.suites_in_memory import AUTO, STRICT, after, messages, migrate_files

_FUNCTION = f"{AUTO}asyncio_default_fixture_loop_scope = function\n"
_SESSION = (
    f"{AUTO}asyncio_default_fixture_loop_scope = session\n"
    "asyncio_default_test_loop_scope = session\n"
)
_NEW = {"requirements.txt": "pytest-asyncio>=1.2\n"}
_HEAD = "import asyncio\n\nimport pytest\n\n\n"
_WORK = "async def work(): ...\n\n\n"
_ASYNC = _WORK + "async def test_async(loop):\n    await loop.create_task(work())\n"
_SYNC = "\n\ndef test_sync(loop):\n    loop.run_until_complete(work())\n"


def _override(scope: str = "function") -> str:
    return (
        f'@pytest.fixture(scope="{scope}")\ndef event_loop():\n'
        "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n"
    )


def _alias(arguments: str = "", body: str = "return event_loop") -> str:
    return f"@pytest.fixture{arguments}\ndef loop(event_loop):\n    {body}\n"


@pytest.mark.parametrize(
    "tests", [_ASYNC, _ASYNC + _SYNC, _WORK + _SYNC, "async def test(): ...\n"]
)
@pytest.mark.parametrize("body", ["return event_loop", "yield event_loop"])
def test_alias_finds_the_loop_by_itself(tests: str, body: str) -> None:
    conftest = _HEAD + _override("session") + _alias('(scope="session")', body)
    files = {
        "pytest.ini": AUTO,
        "conftest.py": conftest,
        "test_a.py": tests + "async def test_b(): ...\n",
    }
    changed = after(files)
    new = body.replace("event_loop", "asyncio.get_running_loop()")
    assert changed["conftest.py"] == (
        f'{_HEAD}@pytest.fixture(scope="session")\nasync def loop():\n    {new}\n'
    )
    assert changed["test_a.py"] == files["test_a.py"]


def test_alias_without_an_override_needs_no_bridge_either() -> None:
    changed = after({"pytest.ini": AUTO, "conftest.py": _HEAD + _alias(), "test_a.py": _ASYNC})
    assert "event_loop():" not in changed["conftest.py"]
    assert "async def loop():\n    return asyncio.get_running_loop()" in changed["conftest.py"]


def test_alias_in_strict_mode_and_under_another_name() -> None:
    alias = _alias('(name="loop", scope="module")').replace("def loop", "def made")
    test = (
        "import pytest\n\n\n@pytest.mark.asyncio\n" + _ASYNC.removeprefix(_WORK) + "\n\n" + _WORK
    )
    changed = after(
        {"pytest.ini": STRICT, "test_a.py": _HEAD + _override("module") + alias + test},
    )["test_a.py"]
    assert '@pytest_asyncio.fixture(name="loop", scope="module")\nasync def made():\n' in changed
    assert "event_loop)" not in changed


def test_alias_in_a_class() -> None:
    module = (
        _HEAD + "class TestIt:\n    @pytest.fixture\n    def loop(self, event_loop):\n"
        "        return event_loop\n\n    async def test_a(self, loop):\n        loop.stop\n"
    )
    changed = after({"pytest.ini": AUTO, "test_a.py": module})["test_a.py"]
    assert "    async def loop(self):\n        return asyncio.get_running_loop()\n" in changed


def test_alias_below_the_releases_that_allow_a_bridge() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": _HEAD + _override() + _alias(),
        "test_a.py": _ASYNC,
    }
    changed = after(files, target=Target.parse("0.24"))["conftest.py"]
    assert (
        changed
        == f"{_HEAD}@pytest.fixture\nasync def loop():\n    return asyncio.get_running_loop()\n"
    )


@pytest.mark.parametrize(
    ("others", "options"),
    [
        ({"test_b.py": "def test(event_loop):\n    assert not event_loop.is_running()\n"}, {}),
        ({"test_b.py": "def test(request):\n    request.getfixturevalue('loop')\n"}, {}),
        ({"test_b.py": _HEAD + _override("module") + _ASYNC}, {}),
        ({}, {"safe_only": True}),
    ],
    ids=["others ask too", "asked for while it runs", "two loop scopes", "safe only"],
)
def test_alias_stays_beside_a_bridge_that_is_needed(
    others: dict[str, str], options: dict[str, object]
) -> None:
    conftest = _HEAD + _override() + _alias()
    files = {"pytest.ini": AUTO, "conftest.py": conftest, "test_a.py": _ASYNC, **others}
    changed = after(files, **options)["conftest.py"]
    assert _alias() in changed
    assert "async def event_loop():\n    return asyncio.get_running_loop()" in changed


# -- on 1.x -----------------------------------------------------------------------------------


@pytest.mark.parametrize("configuration", [_SESSION, _FUNCTION])
@pytest.mark.parametrize("tests", [_ASYNC, _ASYNC + _SYNC])
def test_alias_of_a_dead_override_hands_on_the_loop_of_its_async_tests(
    configuration: str, tests: str
) -> None:
    conftest = _HEAD + _override() + _alias()
    files = {"pytest.ini": configuration, "conftest.py": conftest, "test_a.py": tests, **_NEW}
    changed = after(files)
    assert changed["conftest.py"] == (
        f"{_HEAD}@pytest.fixture\nasync def loop():\n    return asyncio.get_running_loop()\n"
    )
    assert not migrate_files(changed).changes


def test_alias_that_nobody_uses_goes_with_a_dead_override() -> None:
    conftest = _HEAD + _override("session") + _alias('(scope="session")')
    files = {
        "pytest.ini": _SESSION,
        "conftest.py": conftest,
        "test_a.py": "async def test(): ...\n",
    }
    changed = after({**files, **_NEW})["conftest.py"]
    assert "event_loop" not in changed.replace("get_running_loop", "")


_MODULE = "import pytest\n\npytestmark = pytest.mark.asyncio(loop_scope='module')\n\n\n"
_CLIENT = (
    "@pytest.fixture\ndef client(event_loop):\n    return Client(event_loop)\n\n\n"
    "async def test_client(client):\n    await client.get()\n"
)


@pytest.mark.parametrize(
    ("conftest", "test"),
    [
        (_override("session") + _alias('(scope="session")'), _ASYNC),
        (_override() + _alias(), _MODULE + _ASYNC),
        (_override(), _HEAD + _CLIENT),
        (
            _override() + "@pytest.fixture\ndef made(event_loop):\n    return [event_loop]\n",
            _HEAD + _CLIENT.replace("event_loop", "made"),
        ),
        (
            _override() + "@pytest.fixture\nasync def made(client):\n    await client.get()\n",
            _HEAD
            + _CLIENT.replace(
                "async def test_client(client):\n    await client.get()",
                "async def test_client(made): ...",
            ),
        ),
    ],
    ids=["wider than its tests", "two loop scopes", "made with it", "two steps", "fixture"],
)
def test_async_code_that_uses_a_sync_fixture_of_the_override_is_an_action(
    conftest: str, test: str
) -> None:
    files = {
        "pytest.ini": _FUNCTION,
        "conftest.py": _HEAD + conftest,
        "test_a.py": test,
        "test_b.py": _ASYNC if "loop)" in conftest and "def loop" in conftest else "",
        **_NEW,
    }
    found = migrate_files(files)
    assert [one for one in messages(found) if "action" in one] == ["conftest.py:7 LS101 action"]
    assert not found.changes


@pytest.mark.parametrize(
    "fixture",
    [
        "    return event_loop.run_until_complete(work())\n",
        "    event_loop.run_until_complete(work())\n    yield 3\n",
        "    return event_loop.time()\n",
    ],
)
def test_sync_fixture_that_only_drives_the_override_is_none(fixture: str) -> None:
    conftest = f"{_HEAD}{_override()}{_WORK}@pytest.fixture\ndef number(event_loop):\n{fixture}"
    test = "async def test_a(number):\n    assert number == 3\n"
    found = migrate_files(
        {"pytest.ini": _FUNCTION, "conftest.py": conftest, "test_a.py": test, **_NEW}
    )
    assert messages(found) == ["conftest.py:7 LS101 note"]


@pytest.mark.parametrize(
    "more",
    [
        "event_loop.run_until_complete(asyncio.sleep(0))",
        "event_loop.set_debug(True)",
        "asyncio.run(asyncio.sleep(0))",
        "asyncio.get_event_loop()",
        "drive()",
    ],
)
def test_fixture_that_does_more_than_to_hand_on_the_loop_keeps_its_bridge(more: str) -> None:
    """It would run a loop where one runs already."""
    drive = "def drive():\n    asyncio.run(asyncio.sleep(0))\n\n\n"
    conftest = _HEAD + _override() + drive + _alias(body=f"{more}\n    return event_loop")
    changed = after({"pytest.ini": AUTO, "conftest.py": conftest, "test_a.py": _ASYNC})
    assert "    return event_loop\n" in changed["conftest.py"]
    assert "def loop(event_loop):" in changed["conftest.py"]
    assert "async def event_loop():" in changed["conftest.py"]


@pytest.mark.parametrize(
    "statement",
    [
        "event_loop.run_until_complete(asyncio.sleep(0))",
        "asyncio.run(asyncio.sleep(0))",
        "start()",
        "event_loop.call_soon(print)",
    ],
)
def test_fixture_that_does_more_is_no_alias(statement: str) -> None:
    body = f"{statement}\n    return event_loop"
    start = "def start():\n    asyncio.run(asyncio.sleep(0))\n\n\n"
    conftest = _HEAD + start + _alias(body=body)
    changed = after({"pytest.ini": AUTO, "conftest.py": conftest, "test_a.py": _ASYNC})
    assert "async def loop" not in changed.get("conftest.py", "")
