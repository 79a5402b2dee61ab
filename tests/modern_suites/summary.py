"""What many trials say together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .trial import Trial


def summary(found: Sequence[Trial], release: str) -> str:
    """Sum up the trials in a few lines."""
    idioms = Counter(idiom for trial in found for idiom in trial.suite.idioms)
    return "\n".join(
        [
            f"suites:         {len(found)} on pytest-asyncio {release}, with"
            f" {sum(t.tests for t in found)} tests on {sum(t.loops for t in found)} loops",
            f"not legal:      {sum(t.illegal for t in found)} more",
            f"green:          {sum(t.green for t in found)}",
            f"foreign uses:   in {sum(bool(t.foreign) for t in found)} suites",
            f"faults in:      {sum(bool(t.complaints) for t in found)}",
            f"drawn:          {', '.join(f'{name} {n}' for name, n in idioms.most_common())}",
        ]
    )
