"""The live samples through the pure core: quick, and every one of them twice."""

from __future__ import annotations

import pytest

from tests.live.samples import ALL
from tests.suites_in_memory import after, messages, migrate_files


@pytest.mark.parametrize("name", ALL)
def test_second_migration_changes_nothing(name: str) -> None:
    once = after(ALL[name].files)
    again = migrate_files(once)
    assert [change.path for change in again.changes] == []
    assert not [found for found in messages(again) if found.endswith("action")]


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize(
    "options",
    [{"style": "explicit"}, {"safe_only": True}, {"annotate": True}],
    ids=["explicit", "safe_only", "annotate"],
)
def test_no_option_loses_a_loop(name: str, options: dict[str, object]) -> None:
    migration = migrate_files(ALL[name].files, **options)
    assert not migration.errors
    assert "LS390" not in {finding.code for finding in migration.findings}


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("target", ["0.24", "0.26", "1.0", "1.1", "1.3"])
def test_no_target_loses_a_loop_silently(name: str, target: str) -> None:
    from loopscope.types import Target

    migration = migrate_files(ALL[name].files, target=Target.parse(target))
    assert not migration.errors
    lost = [finding for finding in migration.findings if finding.code == "LS390"]
    reasons = [f for f in migration.findings if f.code != "LS390" and f.level.value == "action"]
    assert not lost or reasons
