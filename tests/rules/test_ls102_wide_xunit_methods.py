"""LS102: wide xunit methods that ask for the current loop find none, at every run."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import STRICT, messages, migrate_files, suite_of

HEAD = "import asyncio\nimport unittest\n\nimport pytest\n\n\n"
TESTS = "\n\n@pytest.mark.asyncio\nasync def test_one(): ...\n"
CLASS = (
    "class Test{base}:\n    @classmethod\n    def {name}(cls):\n"
    "        cls.loop = asyncio.get_event_loop()\n\n    {test}\n"
)
ASYNC = "@pytest.mark.asyncio\n    async def test_two(self): ..."
SUITES = {
    "setup_class": CLASS.format(base="A", name="setup_class", test=ASYNC),
    "setUpClass": CLASS.format(
        base="A(unittest.TestCase)", name="setUpClass", test="def test_two(self): ..."
    ),
    "setup_module": "def setup_module():\n    asyncio.get_event_loop().create_future()\n",
    "setup_function": "def setup_function():\n    asyncio.get_event_loop().create_future()\n",
}


def actions(files: dict[str, str]) -> list[str]:
    return [item for item in messages(migrate_files(files)) if "action" in item]


@pytest.mark.parametrize("code", SUITES.values(), ids=SUITES)
def test_action_stands_after_the_migration(code: str) -> None:
    files = {"pytest.ini": STRICT, "test_x.py": HEAD + code + TESTS}
    migration = migrate_files(files)
    result = {path: data.decode() for path, data in suite_of(files).files.items()}
    result.update({change.path: change.after.decode() for change in migration.changes})
    found = [item for item in messages(migration) if "action" in item]
    assert len(found) == 1
    assert " LS102 " in found[0]
    assert actions(result) == found


MODERN = (
    STRICT + "asyncio_default_fixture_loop_scope = {0}\nasyncio_default_test_loop_scope = {0}\n"
)


@pytest.mark.parametrize("code", SUITES.values(), ids=SUITES)
def test_wider_loop_of_an_earlier_module_is_there_on_1_x(code: str) -> None:
    files = {
        "pytest.ini": MODERN.format("session"),
        "test_a.py": HEAD + TESTS,
        "test_x.py": HEAD + code + TESTS,
    }
    assert actions(files) == []


def test_error_that_is_caught_on_1_x_has_its_answer() -> None:
    code = (
        "def setup_module():\n    try:\n        asyncio.get_event_loop()\n"
        "    except RuntimeError:\n        asyncio.set_event_loop(asyncio.new_event_loop())\n"
    )
    files = {"pytest.ini": MODERN.format("function"), "test_x.py": HEAD + code + TESTS}
    assert actions(files) == []


def test_releases_below_1_4_leave_a_loop() -> None:
    files = {
        "pytest.ini": MODERN.format("function"),
        "requirements.txt": "pytest-asyncio==1.3.0\n",
        "test_x.py": HEAD + SUITES["setup_module"] + TESTS,
    }
    assert actions(files) == []
