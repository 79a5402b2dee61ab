"""LS311: uses of event loop policies."""

from __future__ import annotations

import pytest

from tests.rules.reported import ASYNC_TEST, HEAD, MODERN, found
from tests.suites_in_memory import after, messages, migrate_files


@pytest.mark.parametrize(
    "source",
    [
        "asyncio.set_event_loop_policy(None)\n",
        "class Policy(asyncio.DefaultEventLoopPolicy):\n    pass\n",
        "def test_it():\n" + "    asyncio.get_event_loop_policy()\n" * 2,
    ],
)
def test_ls311_policies(source: str) -> None:
    assert [text.split()[1:] for text in found(source, "LS311")] == [["LS311", "note"]]


def test_ls311_gone_with_the_override_or_the_call() -> None:
    source = HEAD + (
        "@pytest.fixture\ndef event_loop():\n"
        "    yield asyncio.get_event_loop_policy().new_event_loop()\n\n\n"
        "@pytest.mark.asyncio\nasync def test_it():\n"
        "    asyncio.get_event_loop_policy().get_event_loop()\n"
    )
    assert not messages(migrate_files({"test_a.py": source}))
    assert "policy" not in after({"test_a.py": source})["test_a.py"]


def test_ls311_policy_fixture_that_stays() -> None:
    source = (
        "@pytest.fixture\ndef event_loop_policy():\n"
        "    return asyncio.WindowsProactorEventLoopPolicy()\n"
    )
    files = {"pytest.ini": MODERN, "conftest.py": HEAD + source, "test_a.py": ASYNC_TEST}
    assert "conftest.py:8 LS311 note" in messages(migrate_files(files))
