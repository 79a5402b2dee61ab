"""A few mutants in every test run; ``python -m tests.verify`` tries many."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.verify.collect_suite import COLLECT_ONLY
from loopscope.verify.collected_loops import legacy_loops

from ..live.runner import run_pytest
from ..live.samples.sample import STRICT, override, sample
from ..random_suites.trial import write
from .mutants import disagree, legacy_map, mutants, try_mutants

pytestmark = pytest.mark.slow

_SUITE = sample({
    "pytest.ini": STRICT,
    "conftest.py": override("module"),
    "test_it.py": """
        import pytest
        import pytest_asyncio


        @pytest_asyncio.fixture(scope="module")
        async def db():
            return 1


        @pytest.mark.asyncio
        async def test_one(db):
            pass


        @pytest.mark.asyncio
        async def test_two(db):
            pass


        def test_sync(event_loop):
            event_loop.call_soon(print)
        """,
}).files  # fmt: skip


def test_every_mutant_that_changes_a_loop_is_found(
    tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    tried = try_mutants("suite", _SUITE, (), tmp_path)
    assert tried.false_alarms == tried.collected_alarms == tried.disagreements == ()
    changing = [result for result in tried.results if result.changes_loops]
    assert {result.dropped.split()[0] for result in changing} >= {"mark", "bridge"}
    assert [result for result in changing if not (result.found and result.collected)] == []


@pytest.mark.parametrize("kind", ["loop_scope", "mark", "option", "bridge"])
def test_there_are_mutants_of_every_kind(kind: str) -> None:
    files = {
        "pytest.ini": "[pytest]\nasyncio_default_test_loop_scope = module\n",
        "conftest.py": '@f(loop_scope="module")\nasync def event_loop():\n    pass\n',
        "test_it.py": "@pytest.mark.asyncio\nasync def test_one():\n    pass\n",
    }
    assert kind in {mutant.dropped.split()[0] for mutant in mutants(files)}


def test_maps_of_the_source_and_of_a_collection_agree_on_the_same_suite_alone(
    tmp_path: Path, legacy_python: Path
) -> None:
    write(_SUITE, tmp_path / "suite")
    run = run_pytest(legacy_python, tmp_path / "suite", tmp_path / "out", COLLECT_ONLY)
    collected = legacy_loops(run)
    assert list(disagree("", legacy_map(_SUITE), collected)) == []
    narrow = {**_SUITE, "conftest.py": override("function")}
    assert list(disagree("", legacy_map(narrow), collected)) != []
    unmarked = {**_SUITE, "test_it.py": _SUITE["test_it.py"].replace("@pytest.mark.asyncio", "")}
    assert list(disagree("", legacy_map(unmarked), collected)) != []
