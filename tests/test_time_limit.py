"""The time limit of a file: by an alarm, which others may use, too, or by a second thread."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from loopscope.timeouts import OutOfTime, time_limit
from tests.batches import until
from tests.programs import LONG, run


@pytest.fixture
def rung() -> Iterator[list[bool]]:
    """Hold true for each alarm that is not loopscope's; afterwards all is as it was."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("there are no alarms")
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


def test_block_in_another_thread_is_broken_off() -> None:
    def work() -> str:
        try:
            with time_limit(0.05):
                _wait(LONG)
        except OutOfTime:
            _wait(0.2)  # nothing comes after the block
            return "out of time"
        return "done"

    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(work).result(LONG) == "out of time"


def test_many_blocks_in_other_threads_that_end_about_when_their_time_does() -> None:
    def work(_: int) -> int:
        given_up = 0
        for _ in range(60):
            try:
                with time_limit(0.002):
                    _wait(0.002)
            except OutOfTime:
                given_up += 1
        _wait(0.2)
        return given_up

    with ThreadPoolExecutor(4) as threads:
        assert any(threads.map(work, range(4), timeout=LONG))


def test_block_in_another_thread_that_ends_in_time() -> None:
    def work() -> str:
        with time_limit(LONG):
            pass
        return "done"

    before = threading.active_count()
    with ThreadPoolExecutor(1) as threads:
        assert threads.submit(work).result(LONG) == "done"
    until(lambda: threading.active_count() <= before)


AFTERWARDS = """
import sys
import threading
import time

from loopscope.timeouts import OutOfTime, time_limit


def work(seconds):
    try:
        with time_limit(seconds):
            while seconds < 1:
                pass
    except OutOfTime:
        pass


def traced():
    return "called"


for seconds in (60, 0.05):
    thread = threading.Thread(target=work, args=(seconds,))
    thread.start()
    thread.join()
    sys.settrace(lambda *_: None)
    print(traced())
    sys.settrace(None)
"""


def test_code_is_traced_after_a_block_in_another_thread() -> None:
    """Python 3.11 hung: what was not there had been taken back."""
    done = run([sys.executable, "-c", AFTERWARDS], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("called\ncalled\n", "")


def _wait(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass
