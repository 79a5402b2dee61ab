"""The probe beside other plugins: it changes no outcome, and sees what they run."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import PROBE, read_record
from tests import programs

from ..live.environments import LEGACY, MODERN, Environment, interpreter
from ..live.samples.sample import AUTO

pytestmark = pytest.mark.slow

_PLUGINS = ("pytest-xdist", "hypothesis", "pytest-rerunfailures")
_SUITE = """
import asyncio
import gc

import pytest
import pytest_asyncio
from hypothesis import given, settings, strategies

attempts = []


@pytest_asyncio.fixture
async def db():
    yield asyncio.get_running_loop()


async def test_again(db):
    attempts.append(db)
    assert len(attempts) > 1


@settings(max_examples=3, deadline=None, database=None)
@given(n=strategies.integers())
@pytest.mark.parametrize("k", [1, 2])
async def test_hypothesis(n, k):
    assert asyncio.get_running_loop().is_running()


class TestClass:
    @pytest.mark.xfail
    async def test_expected(self, db):
        assert False

    async def test_fails(self, db):
        assert False

    def test_sync(self, db):
        assert not db.is_running()


def test_unclosed_loop():
    asyncio.new_event_loop()
    gc.collect()
"""


@pytest.mark.parametrize("base", [LEGACY, MODERN], ids=lambda base: base.name)
def test_outcomes_are_the_same_with_and_without_the_probe(
    base: Environment, tmp_path: Path
) -> None:
    python = interpreter(Environment(f"{base.name}-plugins", (*base.requirements, *_PLUGINS)))
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "pytest.ini").write_text(AUTO, encoding="utf-8")
    (suite / "test_it.py").write_text(_SUITE, encoding="utf-8")
    record = tmp_path / "record.jsonl"
    options = ["--reruns=1", "-rA", "-Werror::ResourceWarning", "-p", "no:cacheprovider"]

    without = _run(python, suite, options, {})
    assert "XFAIL test_it.py::TestClass::test_expected" in without
    probed = {"PYTHONPATH": str(PROBE), "LOOPSCOPE_PROBE_OUT": str(record)}
    options += ["-p", "loopscope_probe"]
    for workers in ("-n0", "-n2"):
        assert _run(python, suite, [*options, workers], probed) == without
        _check(read_record(record), workers)


def _check(run: SuiteRun, workers: str) -> None:
    again = run.tests["test_it.py::test_again"]
    assert again.outcomes == dict.fromkeys(("setup", "call", "teardown"), "passed")
    assert (again.strays, len(again.fixtures)) == ({}, 1)
    for k in (1, 2):
        assert run.tests[f"test_it.py::test_hypothesis[{k}]"].loop is not None
    assert "assert False" in run.tests["test_it.py::TestClass::test_fails"].error
    assert run.tests["test_it.py::TestClass::test_sync"].fixtures
    assert any(test.process for test in run.tests.values()) is (workers == "-n2")
    assert run.exit_code == 1


def _run(python: Path, suite: Path, options: list[str], extra: dict[str, str]) -> list[str]:
    """Return the lines of pytest's summary that name a test, without the messages."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = programs.run(
        [python, "-m", "pytest", *options], cwd=suite, env={**kept, **extra},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = (line.split(" - ")[0] for line in done.stdout.splitlines() if "test_it.py::" in line)
    words = ("PASSED ", "FAILED ", "ERROR ", "XFAIL ", "XPASS ", "RERUN ")
    return sorted(line for line in lines if line.startswith(words))
