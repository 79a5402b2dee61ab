"""LS311: uses of event loop policies."""

from __future__ import annotations

import pytest

from loopscope.types import Target
from tests.rules.reported import ASYNC_TEST, HEAD, MODERN, found
from tests.suites_in_memory import AUTO, after, messages, migrate_files


@pytest.mark.parametrize(
    "source",
    [
        "asyncio.set_event_loop_policy(None)\n",
        "import uvloop\n\nuvloop.EventLoopPolicy()\n",
        "import winloop\n\nwinloop.EventLoopPolicy()\n",
        "asyncio.events.get_event_loop_policy()\n",
        "asyncio.get_event_loop_policy(); asyncio.get_event_loop_policy()\n",
        "class Policy(asyncio.DefaultEventLoopPolicy):\n    pass\n",
        "def test_it():\n" + "    asyncio.get_event_loop_policy()\n" * 2,
    ],
)
def test_ls311_policies(source: str) -> None:
    assert [text.split()[1:] for text in found(source, "LS311")] == [["LS311", "note"]]


@pytest.mark.parametrize(
    "source",
    [
        "import uvloop\n\nuvloop.new_event_loop()  # no EventLoopPolicy\n",
        "asyncio.new_event_loop()  # no EventLoopPolicy\n",
        "from app import EventLoopPolicy\n\nEventLoopPolicy()\n",
        "def event_loop_policy():\n    return EventLoopPolicy()\n",
    ],
)
def test_ls311_other_things_of_asyncio_and_other_policies(source: str) -> None:
    assert not found(source, "LS311")


def test_ls311_once_a_function_and_once_a_line_outside() -> None:
    policy = "asyncio.get_event_loop_policy()\n"
    source = policy * 2 + f"def a():\n    {policy}    {policy}def b():\n    {policy}"
    assert found(source, "LS311") == [f"test_a.py:{line} LS311 note" for line in (6, 7, 9, 12)]


def test_ls311_functions_and_lines_are_told_apart() -> None:
    policy = "asyncio.get_event_loop_policy()\n"
    functions = "".join(f"def f{number}():\n    {policy}" for number in range(4))
    source = f"import asyncio; {policy}{policy}{functions}"
    files = {"pytest.ini": MODERN, "conftest.py": "x = 1\n", "test_a.py": source + ASYNC_TEST}
    lines = (1, 2, 4, 6, 8, 10)
    assert messages(migrate_files(files)) == [f"test_a.py:{line} LS311 note" for line in lines]


def test_ls311_says_what_is_deprecated() -> None:
    source = "import asyncio\n\nasyncio.set_event_loop_policy(None)\n" + ASYNC_TEST
    (finding,) = migrate_files({"pytest.ini": MODERN, "test_a.py": source}).findings
    assert finding.message.startswith("asyncio.set_event_loop_policy is deprecated in Python 3.14")
    assert finding.column == 1


def test_ls311_another_use_beside_the_call_that_goes() -> None:
    source = (
        "@pytest.mark.asyncio\nasync def test_it():\n"
        "    asyncio.get_event_loop_policy().get_event_loop(); asyncio.get_event_loop_policy()\n"
    )
    assert found(source, "LS311") == ["test_a.py:8 LS311 note"]


@pytest.mark.parametrize(
    "source",
    [
        "def test_it():\n    asyncio.get_event_loop_policy().get_event_loop()\n",
        "asyncio.get_event_loop_policy().get_event_loop()\n",
        "async def test_it():\n    asyncio.get_event_loop_policy().new_event_loop()\n",
    ],
)
def test_ls311_call_that_stays(source: str) -> None:
    assert len(found(source, "LS311")) == 1


def test_ls311_use_after_an_override_that_goes() -> None:
    use = "\n\nasyncio.get_event_loop_policy()\n"
    override = OVERRIDE.format("yield asyncio.get_event_loop_policy().new_event_loop()")
    files = {"pytest.ini": AUTO, "conftest.py": override + use, "test_a.py": ASYNC_TEST}
    assert messages(migrate_files(files)) == ["conftest.py:11 LS311 note"]


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
        "    return fast(asyncio.get_event_loop_policy())\n"
    )
    files = {"pytest.ini": MODERN, "conftest.py": HEAD + source, "test_a.py": ASYNC_TEST}
    assert "conftest.py:8 LS311 note" in messages(migrate_files(files))


OVERRIDE = HEAD + "@pytest.fixture\ndef event_loop():\n    {}\n"
NEW = "loop = asyncio.new_event_loop()"
POLICY = "asyncio.get_event_loop_policy()"
WINDOWS = "asyncio.WindowsSelectorEventLoopPolicy()"


def noted(*body: str, **options: object) -> list[str]:
    override = OVERRIDE.format("\n    ".join((*body, "loop.close()")))
    files = {"pytest.ini": AUTO, "conftest.py": override, "test_a.py": ASYNC_TEST}
    return [text for text in messages(migrate_files(files, **options)) if "LS311" in text]


@pytest.mark.parametrize(
    "body",
    [
        (NEW, f"print({POLICY})", "yield loop"),
        (NEW, "yield loop", f"print({POLICY})"),
        (NEW, "yield loop", "loop.close()", f"print({POLICY})"),
        (f"asyncio.set_event_loop_policy({WINDOWS})", NEW, "yield loop"),
        (f"loop = {WINDOWS}.new_event_loop()", "yield loop"),
    ],
)
def test_ls311_policy_in_the_work_or_factory_of_an_override(body: tuple[str, ...]) -> None:
    assert len(noted(*body)) == 1


@pytest.mark.parametrize("work", [(), ("print(1)",)])
def test_ls311_policy_that_only_made_the_loop(work: tuple[str, ...]) -> None:
    body = (f"loop = {POLICY}.new_event_loop()", *work, "yield loop")
    assert noted(*body) == []
    assert noted(*body, ignore=("LS101",)) == ["conftest.py:8 LS311 note"]


def test_ls311_policy_in_an_override_that_is_left_to_a_person() -> None:
    body = (f"loop = {POLICY}.new_event_loop()", "print(1)", "yield loop")
    assert noted(*body, safe_only=True) == ["conftest.py:8 LS311 note"]


def test_ls311_policy_that_a_loop_factory_replaces() -> None:
    body = ("import uvloop", "loop = uvloop.EventLoopPolicy().new_event_loop()", "yield loop")
    direct = ("import uvloop", "loop = uvloop.new_event_loop()", "yield loop")
    assert len(noted(*body)) == 1
    assert noted(*direct) == []


@pytest.mark.parametrize(
    ("body", "options", "count"),
    [
        ("return uvloop.EventLoopPolicy()", {}, 0),
        ("return asyncio.DefaultEventLoopPolicy()", {}, 0),
        ("return asyncio.DefaultEventLoopPolicy()", {"ignore": ("LS106",)}, 1),
        ("return uvloop.EventLoopPolicy()", {"ignore": ("LS106",)}, 1),
        ("return uvloop.EventLoopPolicy()", {"target": Target(1, 3)}, 1),
        ("return asyncio.WindowsSelectorEventLoopPolicy()", {}, 0),
        ("return Fast(asyncio.get_event_loop_policy()).policy()", {}, 1),
    ],
)
def test_ls311_policy_fixtures(body: str, options: dict[str, object], count: int) -> None:
    source = f"import uvloop\n\n\n@pytest.fixture\ndef event_loop_policy():\n    {body}\n"
    files = {"pytest.ini": MODERN, "conftest.py": HEAD + source, "test_a.py": ASYNC_TEST}
    noted = [text for text in messages(migrate_files(files, **options)) if "LS311" in text]
    assert len(noted) == count


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("if sys.version_info < (3, 8):\n    asyncio.set_event_loop_policy(None)\n", 0),
        (
            "if sys.version_info >= (3, 12):\n    x = 1\n"
            "else:\n    asyncio.set_event_loop_policy(None)\n",
            0,
        ),
        ("if sys.version_info >= (3, 8):\n    asyncio.set_event_loop_policy(None)\n", 1),
        ("if sys.platform == 'win32':\n    asyncio.set_event_loop_policy(None)\n", 1),
    ],
)
def test_ls311_branches_for_older_pythons(source: str, count: int) -> None:
    assert len(found(f"import sys\n\n{source}", "LS311")) == count
