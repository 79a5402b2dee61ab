"""LS101 to LS305: users of raw coroutines, of overrides that stay, and of ``asyncio.run``."""

from __future__ import annotations

import pytest

from loopscope.types import Target
from tests.suites_in_memory import after, messages, migrate_files

HEAD = "import asyncio\n\nimport pytest\n\n\n"
RAW = HEAD + "@pytest.fixture\nasync def answer():\n    return 42\n\n\n"
OVERRIDE = (
    '@pytest.fixture(scope="{}")\ndef event_loop():\n'
    "    loop = asyncio.new_event_loop()\n    yield loop\n{}    loop.close()\n\n\n"
)
ASYNC = "@pytest.mark.asyncio\nasync def test_async():\n    pass\n\n\n"


@pytest.mark.parametrize(
    "body",
    [
        "await asyncio.wait_for(answer, 1)",
        "task = answer",
        "await asyncio.gather(*[answer])",
        "answer.close()",
        "answer = await answer",
    ],
)
def test_user_of_a_raw_coroutine_is_reported(body: str) -> None:
    test = f"@pytest.mark.asyncio\nasync def test_one(answer):\n    {body}\n"
    assert "test_x.py:12 LS103 action" in messages(migrate_files({"test_x.py": RAW + test}))


def test_sync_user_of_a_raw_coroutine_stays_sync() -> None:
    files = {
        "test_x.py": RAW
        + "def test_one(event_loop, answer):\n    event_loop.run_until_complete(answer)\n"
    }
    assert "test_x.py:11 LS103 action" in messages(migrate_files(files))
    assert "event_loop.run_until_complete(answer)" in after(files)["test_x.py"]


def test_value_of_a_strict_fixture_is_no_reason_for_an_action() -> None:
    test = "@pytest.mark.asyncio\nasync def test_one(answer):\n    assert answer.real\n"
    assert not messages(migrate_files({"test_x.py": RAW + test}))


def test_nobody_is_made_async_for_an_override_that_is_left() -> None:
    source = (
        HEAD + '@pytest.fixture(scope="module")\ndef event_loop(client):\n    yield client.loop\n'
        "\n\n@pytest.fixture\ndef user(event_loop):\n"
        "    return event_loop.run_until_complete(asyncio.sleep(0, 1))\n\n\n"
        "def test_one(user, event_loop):\n"
        "    assert event_loop.run_until_complete(asyncio.sleep(0, 1)) == user\n\n\n"
    )
    only_sync = {"test_x.py": source}
    assert after(only_sync) == {**only_sync, "pytest.ini": after(only_sync)["pytest.ini"]}
    text = after({"test_x.py": source + ASYNC})["test_x.py"]
    assert "\ndef test_one(user, event_loop)" in text
    assert "\ndef user(event_loop)" in text


def test_override_that_stays_has_its_loop_current_where_it_gathers() -> None:
    teardown = "    loop.run_until_complete(asyncio.gather(*asyncio.all_tasks(loop)))\n"
    body = OVERRIDE.format("class", teardown).strip().replace("\n", "\n    ")
    source = HEAD + ASYNC + f"class TestSync:\n    {body}\n\n    def test_one(self, event_loop):\n"
    text = after({"test_x.py": source + "        assert (lambda: event_loop)()\n"})["test_x.py"]
    assert "asyncio.set_event_loop(loop)\n        yield loop" in text


@pytest.mark.parametrize("scope", ["session", "function"])
@pytest.mark.parametrize("target", ["1.1", "1.2"])
@pytest.mark.parametrize("call", ["asyncio.run(asyncio.sleep(0))", "asyncio.set_event_loop(None)"])
def test_sync_test_that_unsets_the_current_loop(scope: str, target: str, call: str) -> None:
    files = {
        "conftest.py": HEAD + OVERRIDE.format(scope, ""),
        "test_x.py": HEAD + ASYNC + f"def test_sync():\n    {call}\n",
    }
    found = messages(migrate_files(files, target=Target.parse(target)))
    reported = any(text.startswith("test_x.py:11 LS305 action") for text in found)
    assert reported == (scope == "session" and target == "1.1")
