"""The generator, and the judgement of its suites."""

from __future__ import annotations

from loopscope.loop_map.model import Loop
from loopscope.loop_map.model import TestLoops as Loops
from loopscope.types import Scope
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.run_record import TestRun as Ran

from .generator import generate
from .truth import foreign_uses, misread

_FILES = {
    "test_a.py": (
        "@pytest.fixture\n"
        "async def client(lock):\n    await lock.acquire()  # client uses lock\n\n"
        "async def test_one(lock, client):\n    await lock.acquire()  # uses lock\n\n"
        "async def test_two(lock):\n    pass\n"
    )
}
_SESSION, _FUNCTION = Loop(Scope.SESSION, ""), Loop(Scope.FUNCTION, "test_a.py::test_one")


def _run(own: int, **fixtures: int) -> SuiteRun:
    test = Ran({"call": "passed"}, loop=own, fixtures=tuple(fixtures.items()))
    return SuiteRun(0, {"test_a.py::test_one[1]": test})


def test_same_suite_each_time() -> None:
    assert generate(3, "1.5.0") == generate(3, "1.5.0")
    assert generate(3, "1.5.0").files != generate(4, "1.5.0").files


def test_use_is_foreign_where_the_loops_differ() -> None:
    assert foreign_uses(_FILES, _run(1, lock=1, client=1)) == []
    assert len(foreign_uses(_FILES, _run(1, lock=1, client=2))) == 1  # the fixture's
    assert len(foreign_uses(_FILES, _run(1, lock=2, client=2))) == 1  # the test's
    assert len(foreign_uses(_FILES, _run(1, lock=2, client=1))) == 2


def test_what_is_not_used_may_be_of_another_loop() -> None:
    test = Ran({"call": "passed"}, loop=1, fixtures=(("lock", 2),))
    assert foreign_uses(_FILES, SuiteRun(0, {"test_a.py::test_two": test})) == []


def test_map_and_run_agree_on_who_shares() -> None:
    loops = {"test_a.py::test_one": Loops(_FUNCTION, {"lock": _SESSION})}
    assert misread(loops, _run(1, lock=2)) == []
    assert "the map says that it is not" in "".join(misread(loops, _run(1, lock=1)))
    assert "which the map has not" in "".join(misread(loops, _run(1, lock=2, client=2)))
    assert "which pytest has not" in "".join(misread(loops, _run(1)))
    shared = {"test_a.py::test_one": Loops(_SESSION, {"lock": _SESSION})}
    assert "the map says that it is:" in "".join(misread(shared, _run(1, lock=2)))
