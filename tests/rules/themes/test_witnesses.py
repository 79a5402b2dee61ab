"""An edit for the sake of a test names it."""

from __future__ import annotations

from tests.suites_in_memory import AUTO, migrate_files

OVERRIDE = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture(scope='session')\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n"
)
POOL = "@pytest.fixture(scope='session')\nasync def pool():\n    return 1\n"
USES = "async def test_none(): ...\n\n\nasync def test_one(pool): ...\n"


def reasons(files: dict[str, str]) -> dict[str, str]:
    """Map the code and definition of each edit to its reason."""
    migration = migrate_files({"pytest.ini": AUTO, **files})
    edits = [edit for change in migration.changes for edit in change.edits]
    for edit in edits:
        assert edit.message.endswith(f", because {edit.reason}") or not edit.reason
        assert "\n" not in edit.message
    return {f"{edit.code} {edit.definition}": edit.reason for edit in edits}


def test_default_and_fixture_of_a_session() -> None:
    found = reasons({"conftest.py": OVERRIDE + POOL, "api/test_x.py": USES})
    used = "api/test_x.py::test_one uses pool"
    assert found["LS201 asyncio_default_fixture_loop_scope"] == used
    assert found["LS201 asyncio_default_test_loop_scope"] == used


def test_marks_of_a_module() -> None:
    others = {
        f"test_{name}.py": "async def test_a(): ...\nasync def test_b(): ...\n" for name in "ab"
    }
    module = f"{OVERRIDE}{POOL.replace('session', 'module')}\n\n{USES}"
    found = reasons({"test_x.py": module.replace("session", "module"), **others})
    assert found["LS105 pytestmark"] == "test_x.py::test_one uses pool"
    assert found["LS104 pool"] == "test_x.py::test_one uses it"


def test_override_without_a_fixture() -> None:
    found = reasons({"conftest.py": OVERRIDE, "test_x.py": "async def test_one(): ...\n"})
    assert found["LS201 asyncio_default_test_loop_scope"] == (
        "test_x.py::test_one had the loop of conftest.py:7"
    )


def test_bridge_and_fixture_made_async() -> None:
    conftest = (
        "import pytest\n\n\n@pytest.fixture\ndef client(event_loop):\n    return [event_loop]\n"
    )
    tests = "def test_sync(event_loop): print(event_loop)\n\n\nasync def test_one(client): ...\n"
    found = reasons({"conftest.py": conftest, "test_x.py": tests})
    assert found["LS102 client"] == "test_x.py::test_one uses it"
    assert found["LS102 event_loop"] == "test_x.py::test_sync asks for it"
