"""Each sample suite, run as it is on the old release and migrated on the new one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from . import compare
from .runner import deprecations_as_errors, run_loopscope, run_pytest
from .samples import ALL, Sample


@pytest.mark.parametrize("name", ALL)
def test_migrated_suite_runs_as_before(
    name: str, tmp_path: Path, legacy_python: Path, modern_python: Path
) -> None:
    sample = ALL[name]
    old, new = tmp_path / "old" / "suite", tmp_path / "new" / "suite"
    write(sample, old)
    write(sample, new)

    before = run_pytest(legacy_python, old, tmp_path / "old.json", sample.legacy_options)
    assert before.exit_code == 0, f"the sample itself is not green: {before}"

    _migrate(sample, new)
    options = deprecations_as_errors(keeps_policy=sample.keeps_policy)
    after = run_pytest(modern_python, new, tmp_path / "new.json", options)

    complaints = [
        *compare.outcomes(before, after),
        *compare.groups(before, after, may_join=sample.may_join),
        *compare.strays(after),
    ]
    kept = "loops before and after: {}, {}".format(*compare.loops_kept(before, after))
    assert not complaints, "\n".join([*complaints, kept, _show(new)])


def _migrate(sample: Sample, suite: Path) -> None:
    """Migrate twice: the second time changes nothing and ``check`` agrees."""
    done = run_loopscope("migrate", suite)
    assert done.returncode == sample.exit_code, done.stdout + _show(suite)
    once = _read(suite)
    again = run_loopscope("migrate", suite)
    assert again.returncode == sample.exit_code, again.stdout + _show(suite)
    assert _read(suite) == once
    check = run_loopscope("check", suite)
    assert check.returncode == sample.exit_code, check.stdout + _show(suite)


def write(sample: Sample, suite: Path) -> None:
    for name, text in sample.files.items():
        path = suite / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _read(suite: Path) -> Mapping[str, bytes]:
    return {
        path.relative_to(suite).as_posix(): path.read_bytes()
        for path in sorted(suite.rglob("*"))
        if path.is_file()
    }


def _show(suite: Path) -> str:
    """Print the suite's files for the message of a failure."""
    return "".join(f"\n--- {name}\n{data.decode()}" for name, data in _read(suite).items() if data)
