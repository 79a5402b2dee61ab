"""What many trials say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .trial import Trial


def topics(trial: Trial) -> list[str]:
    """List the topics of the complaints, each once."""
    return list(dict.fromkeys(complaint.partition(":")[0] for complaint in trial.complaints))


def summary(found: Sequence[Trial], release: str) -> str:
    """Sum up the trials in a few lines."""
    idioms = Counter(idiom for trial in found for idiom in trial.suite.idioms)
    faults = Counter(topic for trial in found for topic in topics(trial))
    foreign = [trial for trial in found if trial.foreign]
    right = sum(bool(trial.found) for trial in foreign)
    reported = sum(bool(trial.found) for trial in found)
    tests, lines = sum(t.tests for t in found), sum(t.lines for t in foreign)
    before, after = sum(t.loops for t in foreign), sum(t.loops_after for t in foreign)
    return "\n".join(
        [
            f"suites:         {len(found)} on pytest-asyncio {release}, with {tests} tests on"
            f" {sum(t.loops for t in found)} loops",
            f"not legal:      {sum(t.illegal for t in found)} more",
            f"green:          {sum(t.green for t in found)}",
            f"foreign values: used in {len(foreign)}, found in {right} of them",
            f"found at all:   in {reported}, right in {right} of them;"
            f" notes in {sum(bool(t.notes) for t in found)}",
            f"migrations:     {lines} lines, {after} of {before} loops kept",
            f"faults in:      {sum(bool(t.complaints) for t in found)} ({_counts(faults)})",
            f"drawn:          {_counts(idioms)}",
        ]
    )


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in counted.most_common()) or "none"
