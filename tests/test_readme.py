"""The README's rule table says what the registry says."""

from __future__ import annotations

from pathlib import Path

from loopscope.rules.registry import REGISTRY

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_every_rule_has_its_row() -> None:
    rows = [line for line in README.splitlines() if line.startswith("| LS")]
    assert rows == [
        f"| {rule.code} | {rule.name} | {rule.summary.split(':')[0]} |" for rule in REGISTRY
    ]
