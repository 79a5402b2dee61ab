"""LS101: an override that a call registers goes, or is replaced, with that call."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after, migrate_files

BODIES = {
    "plain": "    loop = asyncio.new_event_loop()\n",
    "debug": "    loop = asyncio.new_event_loop()\n    loop.set_debug(True)\n",
    "work": "    loop = asyncio.new_event_loop()\n    loop.run_until_complete(up())\n",
    "another kind": "    loop = uvloop.new_event_loop()\n",
}
CALLS = {
    "fixture(f, scope)": "event_loop = pytest.fixture(made, scope='module')\n",
    "fixture(scope)(f)": "event_loop = pytest.fixture(scope='module')(made)\n",
    "fixture()(f)": "event_loop = pytest.fixture()(made)\n",
}
END = "    yield loop\n    loop.close()\n"
HEAD = "import asyncio\nimport pytest\nimport uvloop\n\n\nasync def up():\n    pass\n\n\n"
TESTS = (
    "import pytest\n{}\npytestmark = pytest.mark.asyncio\n\n\nasync def test_a():\n    pass\n\n\n"
    "def test_b(event_loop):\n    event_loop.run_until_complete(up())\n\n\n"
    "async def up():\n    pass\n"
)


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("imported", [True, False], ids=["imported", "conftest"])
def test_no_name_is_left_without_its_definition(body: str, call: str, imported: bool) -> None:
    override = f"{HEAD}def made():\n{body}{END}\n\n{call}"
    line = "from loops import event_loop  # noqa: F401\n" if imported else ""
    migration = migrate_files({
        "loops.py" if imported else "conftest.py": override, "test_a.py": TESTS.format(line)
    })  # fmt: skip
    assert [f for f in migration.findings if f.code == "LS390"] == []
    assert migration.changes
    for change in migration.changes:
        text = change.after.decode()
        assert ("(made" in text) == ("def made" in text), text


def test_work_of_an_imported_one_replaces_function_and_call() -> None:
    override = f"{HEAD}def made():\n{BODIES['work']}{END}\n\n{CALLS['fixture(f, scope)']}"
    files = {"loops.py": override, "test_a.py": TESTS.format("from loops import event_loop")}
    text = after(files)["loops.py"]
    assert "async def event_loop():\n    await up()\n" in text
    assert "made" not in text
