"""LS390: loops of the result that are not those of the original."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from loopscope import pipeline
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.rules.context import action
from loopscope.types import Migration, Scope, Status
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


# -- the plans that are tried in turn --------------------------------------------------------

SUITE = {
    "conftest.py": """
        import asyncio, pytest
        @pytest.fixture(scope="module")
        def event_loop():
            loop = asyncio.new_event_loop()
            yield loop
            loop.close()
        """,
    "test_a.py": """
        import asyncio, pytest
        @pytest.mark.asyncio
        async def test_one(): ...
        def test_two(event_loop):
            event_loop.run_until_complete(asyncio.sleep(0))
        """,
    "test_b.py": """
        import asyncio, pytest
        @pytest.mark.asyncio
        async def test_three(): ...
        def test_four(event_loop):
            event_loop.run_until_complete(asyncio.sleep(0))
        """,
}
TOLD = action("LS390", "test_a.py", 3, "test_one: it would run on another loop than its fixtures")


def migrated(monkeypatch: pytest.MonkeyPatch, condemns: Callable[[SuiteModel], bool]) -> Migration:
    """Migrate with a recheck that condemns what ``condemns`` says of the result."""
    monkeypatch.setattr(
        pipeline,
        "lost_loops",
        lambda before, original, after, *more: [TOLD] if condemns(after) else [],
    )
    monkeypatch.setattr(
        pipeline, "region_of_differences", lambda *models: frozenset({"test_a.py"})
    )
    return migrate_files(SUITE)


def is_async(model: SuiteModel, name: str) -> bool:
    return next(test for test in model.tests if test.function.name == name).function.is_async


def notes(migration: Migration) -> list[str]:
    return [f.message.partition("; ")[2] for f in migration.findings if f.code == "LS390"]


def test_the_region_of_a_difference_is_planned_without_assumptions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    migration = migrated(monkeypatch, lambda after: is_async(after, "test_two"))
    assert notes(migration) == ["this one rests on no assumption in test_a.py"]
    texts = {change.path: change.after.decode() for change in migration.changes}
    assert "test_a.py" not in texts
    assert "async def test_four" in texts["test_b.py"]
    assert "async def event_loop" in texts["conftest.py"]


@pytest.mark.parametrize(("module", "given"), [("test_a.py", False), ("test_b.py", True)])
def test_no_test_of_the_region_gets_a_current_loop(
    module: str, given: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asking = "        def test_asks(): assert asyncio.get_event_loop()\n"
    monkeypatch.setitem(SUITE, module, f"{SUITE[module]}\n{asking}")
    migration = migrated(monkeypatch, lambda after: is_async(after, "test_two"))
    assert notes(migration) == ["this one rests on no assumption in test_a.py"]
    assert any(b"_ambient" in change.after for change in migration.changes) is given


def test_the_whole_suite_is_planned_without_assumptions(monkeypatch: pytest.MonkeyPatch) -> None:
    migration = migrated(
        monkeypatch, lambda after: is_async(after, "test_two") or is_async(after, "test_four")
    )
    assert notes(migration) == ["this one rests on no assumption, as with --safe-only"]


def test_the_tests_of_the_region_share_one_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def condemns(after: SuiteModel) -> bool:
        loops = after.modern_map
        return loops["test_a.py::test_one"].own.scope is not Scope.SESSION  # type: ignore[union-attr]

    monkeypatch.setattr(
        pipeline, "lost_loops", lambda before, original, after, *more: [TOLD] * condemns(after)
    )
    monkeypatch.setattr(pipeline, "region_of_differences", lambda *models: frozenset(SUITE))
    migration = migrate_files(SUITE)
    assert notes(migration) == ["this one puts the tests of conftest.py and 2 more on one loop"]
    assert migration.loops_after == 1


def test_the_tests_of_one_module_share_a_module_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def condemns(after: SuiteModel) -> bool:
        loops = after.modern_map
        return loops["test_a.py::test_one"].own.scope is Scope.FUNCTION  # type: ignore[union-attr]

    monkeypatch.setattr(
        pipeline, "lost_loops", lambda before, original, after, *more: [TOLD] * condemns(after)
    )
    monkeypatch.setattr(
        pipeline, "region_of_differences", lambda *models: frozenset({"test_a.py"})
    )
    migration = migrate_files(
        {**SUITE, "conftest.py": SUITE["conftest.py"].replace("module", "function")}
    )
    assert notes(migration) == ["this one puts the tests of test_a.py on one loop"]
    texts = {change.path: change.after.decode() for change in migration.changes}
    assert 'pytest.mark.asyncio(loop_scope="module")' in texts["test_a.py"]
    assert "module" not in texts["test_b.py"]


def test_where_no_plan_is_right_nothing_changes_and_the_map_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "lost_loops", lambda *models: [TOLD])
    monkeypatch.setattr(
        pipeline, "region_of_differences", lambda *models: frozenset({"test_a.py"})
    )
    migration = migrate_files(SUITE, loop_maps=True)
    assert (migration.changes, migration.status) == ((), Status.MANUAL)
    assert migration.loops_before == migration.loops_after
    message = next(f.message for f in migration.findings if f.code == "LS390")
    assert message.endswith("Nothing of this suite is changed until then")
    assert migration.maps is not None
    assert migration.maps.after is not None
    tests = {test.id for loop in migration.maps.after.loops for test in loop.tests}
    assert "test_a.py::test_two" not in tests  # a sync test that meets no async fixture


@pytest.mark.parametrize(
    ("mark", "backend"),
    [("@pytest.mark.anyio\n", "session"), ("@pytest.mark.anyio\n", "module"), ("", "session")],
)
def test_tests_of_anyio_have_its_loops(mark: str, backend: str) -> None:
    files = {
        "service.py": "import asyncio\n\n\nasync def f():\n    return asyncio.get_event_loop()\n",
        "conftest.py": f"import pytest\n\n\n@pytest.fixture(scope='{backend}')\n"
        "def anyio_backend():\n    return 'asyncio'\n\n\n"
        f"@pytest.fixture(scope='{backend}')\nasync def app(anyio_backend):\n    yield object()\n"
        f"\n\n@pytest.fixture(scope='{backend}')\nasync def client():\n    yield object()\n",
        "test_a.py": f"import pytest\n\nimport service\n\n\n{mark}"
        "async def test_a(app, client):\n    await client.get()\n",
    }
    migration = migrate_files(files)
    assert [change.path for change in migration.changes] == ["service.py"]
    assert [finding for finding in migration.findings if finding.code == "LS390"] == []
