"""Sample suites migrated to releases below 1.0, where the name ``event_loop`` is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import compare
from .environments import Environment, interpreter
from .runner import run_loopscope, run_pytest
from .samples import ALL
from .test_samples import write

SYNC_ASKERS = [name for name in ALL if name.startswith(("sync_askers-", "kinds-", "setups-"))]


@pytest.fixture(scope="module", params=["0.24", "0.26"])
def release(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def python(release: str) -> Path:
    requirements = ("pytest<9", f"pytest-asyncio=={release}.0", "uvloop")
    return interpreter(Environment(f"live-{release}", requirements))


@pytest.mark.parametrize("name", SYNC_ASKERS)
def test_suite_runs_as_before_below_1_0(
    name: str, release: str, python: Path, tmp_path: Path, legacy_python: Path
) -> None:
    """What is left to a person works as before, too: the overrides are still there."""
    sample = ALL[name]
    old, new = tmp_path / "old" / "suite", tmp_path / "new" / "suite"
    write(sample, old)
    write(sample, new)
    before = run_pytest(legacy_python, old, tmp_path / "old.json", sample.legacy_options)

    done = run_loopscope("migrate", new, "--target", release)
    assert done.returncode in (0, 1), done.stderr
    after = run_pytest(python, new, tmp_path / "new.json", ())

    complaints = [
        *compare.outcomes(before, after),
        *compare.groups(before, after, may_join=sample.may_join),
    ]
    assert not complaints, "\n".join([*complaints, done.stdout])
