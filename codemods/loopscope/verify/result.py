"""The result of a verification, which reports show and the exit code follows."""

from __future__ import annotations

from dataclasses import dataclass

from loopscope.verify.differences import Difference
from loopscope.verify.run_record import SuiteRun, Warned


@dataclass(frozen=True, slots=True)
class Verification:
    """One suite, run before and after its migration.

    ``before`` and ``after`` are None where a run could not be made; ``problem`` then says why,
    and ``details`` holds what the program that failed had printed.
    """

    suite: str  # the label of the suite
    before: SuiteRun | None = None
    after: SuiteRun | None = None
    differences: tuple[Difference, ...] = ()
    flaky: tuple[Difference, ...] = ()  # of tests that differ from themselves
    warnings: tuple[Warned, ...] = ()  # about asyncio, and new
    slower: tuple[tuple[str, float, float], ...] = ()  # node id, seconds before and after
    notes: tuple[str, ...] = ()
    problem: str = ""
    details: str = ""

    @property
    def status(self) -> str:
        """In one word: failed, different, recorded (the original alone was run) or same."""
        if self.problem:
            return "failed"
        if self.differences:
            return "different"
        return "recorded" if self.after is None else "same"

    def exit_code(self, *, strict: bool = False) -> int:
        """0 the same, 1 differences (``strict``: or notes), 2 could not run."""
        if self.problem:
            return 2
        advice = self.flaky or self.warnings or self.slower
        return 1 if self.differences or (strict and advice) else 0
