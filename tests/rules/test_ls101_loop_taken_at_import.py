"""LS101: an override hands out the current loop, which other code has kept since its import."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, messages, migrate_files, suite_of

OVERRIDE = (
    "import asyncio\n\nimport pytest\n\n\n"
    '@pytest.fixture(scope="session")\ndef event_loop():\n'
    "    loop = asyncio.get_event_loop()\n    yield loop\n    loop.close()\n"
)
TESTS = (
    "\n\ndef test_one():\n    loop.run_until_complete(asyncio.sleep(0))\n\n\n"
    "@pytest.mark.asyncio\nasync def test_two(): ...\n"
)
TAKES = "import asyncio\n\nimport pytest\n\n{}\n"


def actions(files: dict[str, str]) -> list[list[str]]:
    """List the actions before and after the migration."""
    migration = migrate_files(files)
    result = {path: data.decode() for path, data in suite_of(files).files.items()}
    result.update({change.path: change.after.decode() for change in migration.changes})
    return [
        [item.replace(":", " ").split()[2] for item in messages(found) if "action" in item]
        for found in (migration, migrate_files(result))
    ]


@pytest.mark.parametrize(
    "code",
    [
        "loop = asyncio.get_event_loop()",
        "loop: asyncio.AbstractEventLoop = asyncio.get_event_loop()",
        "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)",
        "loop = asyncio.get_event_loop_policy().get_event_loop()",
        "class Holder:\n    loop = asyncio.get_event_loop()\n\n\nloop = Holder.loop",
        "asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))",
        "from asyncio import get_event_loop as current\n\nloop = current()",
        "def take():\n    return asyncio.get_event_loop()\n\n\nloop = take()",
        "try:\n    loop = asyncio.get_event_loop()\nexcept RuntimeError:\n    loop = None",
    ],
)
def test_its_override_stays(code: str) -> None:
    for other in (
        {"test_a.py": TAKES.format(code) + TESTS},
        {
            "helpers.py": TAKES.format(code),
            "test_a.py": TAKES.format("from helpers import loop") + TESTS,
        },
    ):
        assert actions({"conftest.py": OVERRIDE, **other}) == [["LS101"], ["LS101"]]


def test_what_uses_it_may_be_sync_tests_with_async_fixtures_only() -> None:
    fixture = (
        "import pytest_asyncio\n"
        + OVERRIDE
        + '\n\n@pytest_asyncio.fixture(scope="session")\nasync def one(): ...\n'
    )
    test = "\n\ndef test_one(one):\n    loop.run_until_complete(asyncio.sleep(0))\n"
    files = {
        "conftest.py": fixture,
        "test_a.py": TAKES.format("loop = asyncio.get_event_loop()") + test,
    }
    assert actions(files) == [["LS101"], ["LS101"]]


def test_hook_may_take_it() -> None:
    hook = "\n\ndef pytest_configure(config):\n    config.loop = asyncio.get_event_loop()\n"
    test = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_two(): ...\n"
    assert actions({"conftest.py": OVERRIDE + hook, "test_a.py": test}) == [["LS101"], ["LS101"]]


def test_override_may_take_it_through_a_function() -> None:
    helper = "def take():\n    return asyncio.get_event_loop()\n\n\n@pytest"
    override = OVERRIDE.replace("= asyncio.get_event_loop()", "= take()").replace(
        "@pytest", helper
    )
    code = TAKES.format("loop = asyncio.get_event_loop()") + TESTS
    assert actions({"conftest.py": override, "test_a.py": code}) == [["LS101"], ["LS101"]]


@pytest.mark.parametrize(
    "code",
    [
        "asyncio.get_event_loop()",
        "asyncio.set_event_loop(asyncio.new_event_loop())",
        "asyncio.set_event_loop(None)",
        'if __name__ == "__main__":\n    asyncio.get_event_loop().run_until_complete(test_two())',
        "def loop():\n    return asyncio.get_event_loop()",
    ],
)
def test_nothing_keeps_it(code: str) -> None:
    test = "\n\n@pytest.mark.asyncio\nasync def test_two(): ...\n"
    files = {"conftest.py": OVERRIDE, "test_a.py": TAKES.format(code) + test}
    assert actions(files) == [[], []]


@pytest.mark.parametrize(
    ("old", "new"),
    [("asyncio.get_event_loop()", "asyncio.new_event_loop()"), ('(scope="session")', "")],
)
def test_override_has_a_loop_of_its_own(old: str, new: str) -> None:
    code = TAKES.format("loop = asyncio.get_event_loop()")
    files = {"conftest.py": OVERRIDE.replace(old, new), "test_a.py": code + TESTS}
    assert actions(files) == [[], []]


TAKE = "def take():\n    return asyncio.get_event_loop()\n"
BUS = "class Bus:\n    def __init__(self):\n        self.loop = asyncio.get_event_loop()\n"
ASYNC_TEST = "\n\nasync def test_one(): ...\n"


def with_helpers(helpers: str, test: str) -> dict[str, str]:
    return {
        "conftest.py": OVERRIDE,
        "helpers.py": f"import asyncio\n\n\n{helpers}",
        "test_a.py": test + ASYNC_TEST,
        "pytest.ini": AUTO,
    }


@pytest.mark.parametrize(
    ("helpers", "test"),
    [
        (TAKE, "from helpers import take\n\nloop = take()"),
        (TAKE, "import helpers as h\n\nloop: object = h.take()"),
        (TAKE, "import helpers\n\nloops = [helpers.take()]"),
        (TAKE, "from helpers import take\n\n\nclass TestA:\n    loop = take()"),
        (TAKE, "from helpers import take\n\nif True:\n    print(take())"),
        (TAKE + "\n\ndef outer():\n    return take()\n", "import helpers\n\nhelpers.outer()"),
        (BUS, "from helpers import Bus\n\nbus = Bus()"),
        (BUS + "\n\nclass Sub(Bus): ...\n", "from helpers import Sub\n\nbus = Sub()"),
        (BUS + "\n\nbus = Bus()\n", "from helpers import bus"),
        ("def wait(loop=asyncio.get_event_loop()): ...\n", "import helpers"),
        ("READY = asyncio.Future()\n", "from helpers import READY"),
        ("class Base:\n    ready = asyncio.Future()\n", "from helpers import Base"),
    ],
)
def test_helper_of_another_module_takes_it_at_import(helpers: str, test: str) -> None:
    assert actions(with_helpers(helpers, test)) == [["LS101"], ["LS101"]]


@pytest.mark.parametrize(
    ("helpers", "test"),
    [
        (TAKE, "from helpers import take\n\nTAKERS = {'loop': take}"),
        (TAKE, "from helpers import take\n\nlater = lambda: take()"),
        (TAKE + "\n\nif __name__ == '__main__':\n    take()\n", "import helpers"),
        (
            "if __name__ == '__main__':\n    asyncio.gather(asyncio.sleep(0))\n",
            "import helpers",
        ),
        ("async def take():\n    return asyncio.get_event_loop()\n", "from helpers import take"),
    ],
)
def test_what_only_may_take_it_later_is_nothing(helpers: str, test: str) -> None:
    assert actions(with_helpers(helpers, test))[0] == []


def test_what_a_call_makes_an_override_of_runs_at_no_import() -> None:
    kit = (
        "import asyncio\n\nimport pytest\n\n\ndef make():\n    loop = asyncio.get_event_loop()\n"
        "    yield loop\n    loop.close()\n\n\n"
        'event_loop = pytest.fixture(scope="session")(make)\n'
    )
    test = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one():\n    pass\n"
    files = {"kit.py": kit, "conftest.py": "from kit import event_loop\n", "test_a.py": test}
    assert "LS101 action" not in " ".join(messages(migrate_files(files)))


def test_what_a_call_makes_a_fixture_of_runs_later() -> None:
    fixture = (
        "def _feed():\n    yield asyncio.get_event_loop()\n\n\nfeed = pytest.fixture(_feed)\n\n\n"
    )
    test = "@pytest.mark.asyncio\nasync def test_one(feed): ...\n"
    tests = "import asyncio\n\nimport pytest\n\n\n" + fixture + test
    assert actions({"conftest.py": OVERRIDE, "test_a.py": tests}) == [[], []]
