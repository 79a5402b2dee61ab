"""LS390: loops of the result that are not those of the original."""

from __future__ import annotations

from tests.suites_in_memory import AUTO, migrate_files


def test_selected_rules_that_lose_loops_name_those_that_are_missing() -> None:
    override = (
        "import asyncio\nimport pytest\n@pytest.fixture(scope='session')\ndef event_loop():\n"
        "    yield asyncio.new_event_loop()\n"
    )
    test = "async def test_one():\n    pass\nasync def test_two():\n    pass\n"
    files = {"pytest.ini": AUTO, "conftest.py": override, "test_a.py": test}
    finding = next(
        f for f in migrate_files(files, ignore=("LS201",)).findings if f.code == "LS390"
    )
    assert "--select or --ignore leaves out LS201" in finding.message
