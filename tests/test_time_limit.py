"""The time limit of a file uses the alarm of the process, which somebody else may use, too."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from loopscope.timeouts import OutOfTime, time_limit
from tests.batches import until
from tests.programs import LONG

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there are no alarms")


@pytest.fixture
def rung() -> Iterator[list[bool]]:
    """Hold true for each alarm that is not loopscope's; afterwards all is as it was."""
    alarms: list[bool] = []
    timer = signal.setitimer(signal.ITIMER_REAL, 0)
    handler = signal.signal(signal.SIGALRM, lambda *_: alarms.append(True))
    yield alarms
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, *timer)


def test_alarm_of_somebody_else_comes_later_when_the_block_takes_longer(
    rung: list[bool],
) -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    with time_limit(LONG):
        time.sleep(0.2)
        assert not rung
    until(lambda: rung)


def test_alarm_of_somebody_else_goes_on_after_the_block(rung: list[bool]) -> None:
    signal.setitimer(signal.ITIMER_REAL, 2 * LONG, 7)
    with pytest.raises(OutOfTime), time_limit(0.05):
        time.sleep(LONG)
    left, step = signal.getitimer(signal.ITIMER_REAL)
    assert (LONG < left < 2 * LONG, step, rung) == (True, 7, [])


def test_no_alarm_is_left_behind(rung: list[bool]) -> None:
    with time_limit(LONG):
        pass
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
