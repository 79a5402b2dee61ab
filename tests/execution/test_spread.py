"""In which order suites are handed out, and when."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future

import pytest

from loopscope.execution import migrate_all
from loopscope.execution.jobs import Job, Workers
from loopscope.types import Migration, Status
from tests.batches import jobs

NUMBER = 40
LOOKS = 50  # of the one that waits, of which each is a fifth of a second


class OneIsSlow(Workers):
    """Has every result at once, but for that of the first suite: it comes after the last one."""

    width = 2

    def __init__(self) -> None:
        self.first: Future[Migration] | None = None
        self.submitted = self.looks = 0

    def submit(self, job: Job) -> Future[Migration]:
        future: Future[Migration] = Future()
        result = Migration(job[0].label, None, Status.CURRENT)
        self.submitted += 1
        if self.first is None:
            self.first, self._result = future, result
        else:
            future.set_result(result)
        return future

    def news(self) -> list[str]:
        self.looks += 1
        assert self.first is not None
        if not self.first.done() and (self.submitted == NUMBER or self.looks == LOOKS):
            self.first.set_result(self._result)
        return []

    def close(self) -> None:
        pass


def test_a_slow_suite_does_not_hold_the_others_back() -> None:
    """The results come in order, but nobody waits for the first one to begin the last one."""
    workers = OneIsSlow()
    done = list(migrate_all(jobs(NUMBER), workers=workers))
    assert [one.label for one in done] == [suite.label for suite, _ in jobs(NUMBER)]
    assert workers.looks < LOOKS


def broken_off(number: int) -> Iterator[Job]:
    yield from jobs(number)
    raise OSError("the disk is gone")


def test_a_failure_to_read_further_suites_is_raised() -> None:
    """It comes while a result is waited for, and is no failure of that suite."""
    with pytest.raises(OSError, match="the disk is gone"):
        list(migrate_all(broken_off(NUMBER - 1), workers=OneIsSlow()))
