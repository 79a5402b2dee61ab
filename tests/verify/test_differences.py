"""The comparison itself: what counts as a difference."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from loopscope.verify.differences import (
    Cause,
    always,
    compare,
    groups,
    new_warnings,
    outcomes,
    slower,
    strays,
)
from loopscope.verify.run_record import SuiteRun, TestRun, Warned, parse

_PASSED = {"setup": "passed", "call": "passed", "teardown": "passed"}


def _run(**tests: TestRun | int | None) -> SuiteRun:
    """Make a run of passed tests, each given by its loop or in full."""
    return SuiteRun(
        0,
        {
            name: test if isinstance(test, TestRun) else TestRun(_PASSED, loop=test)
            for name, test in tests.items()
        },
    )


def _texts(found: object) -> list[str]:
    return list(map(str, found))  # type: ignore[call-overload]


def test_other_serials_for_the_same_groups_are_no_difference() -> None:
    assert compare(_run(a=0, b=0, c=1), _run(a=5, b=5, c=2)) == ()


def test_sharing_less_is_a_difference_even_where_sharing_more_is_allowed() -> None:
    assert _texts(groups(_run(a=0, b=0), _run(a=0, b=1), always)) == [
        "b: shared its loop with a, no longer does"
    ]


def test_sharing_more_is_a_difference_unless_it_is_allowed() -> None:
    before, after = _run(a=0, b=1), _run(a=0, b=0)
    [found] = compare(before, after)
    assert found.cause is Cause.SHARED
    assert str(found) == "b: now shares its loop with a, did not before"
    assert compare(before, after, always) == ()
    assert (before.loops, after.loops) == (2, 1)


def test_a_third_test_that_joins_is_named_where_only_it_may_not() -> None:
    before, after = _run(a=0, b=1, c=2), _run(a=0, b=0, c=0)
    [found] = compare(before, after, lambda one, other: {one, other} == {"a", "b"})
    assert found.test == "c"


def test_tests_of_different_processes_are_not_held_against_each_other() -> None:
    def of(loop: int, process: str) -> TestRun:
        return TestRun(_PASSED, loop=loop, process=process)

    one = _run(a=of(0, "gw0"), b=of(0, "gw0"), c=of(1, "gw1"))
    assert compare(one, _run(a=of(0, "gw0"), b=of(1, "gw1"), c=of(0, "gw0"))) == ()
    assert [found.test for found in compare(one, _run(a=of(0, "gw0"), b=of(1, "gw0")))] == [
        "b", "c",
    ]  # fmt: skip


def test_a_loop_that_is_no_longer_seen_is_a_difference() -> None:
    assert _texts(groups(_run(a=0), _run(a=None))) == ["a: had a loop, none was seen after"]


def test_a_test_whose_set_up_failed_before_and_after_needs_no_loop() -> None:
    failed = {"setup": "failed", "teardown": "passed"}
    before, after = _run(a=TestRun(failed, loop=0)), _run(a=TestRun(failed))
    assert compare(before, after) == ()
    assert len(compare(_run(a=0), after)) == 1


def test_a_sync_test_lives_on_the_loop_that_it_was_given() -> None:
    assert TestRun(_PASSED, event_loop=3, fixtures=(("db", 4),)).home == 3
    assert TestRun(_PASSED, fixtures=(("db", 4),)).home == 4
    assert TestRun(_PASSED).home is None


def test_a_fixture_on_another_loop_is_foreign_unless_it_was_so_before() -> None:
    test = TestRun(_PASSED, loop=1, event_loop=2, fixtures=(("db", 1), ("event_loop", 2)))
    assert _texts(strays(_run(a=1), _run(a=test))) == [
        "a: on loop 1, its fixture event_loop on loop 2"
    ]
    assert compare(_run(a=test), _run(a=test)) == ()


def test_a_loop_of_another_class_is_a_difference() -> None:
    before = replace(_run(a=0, b=1), kinds={0: "uvloop.Loop", 1: "asyncio.Loop"})
    after = replace(_run(a=3, b=4), kinds={3: "asyncio.Loop", 4: "asyncio.Loop"})
    assert [(one.cause, one.test) for one in compare(before, after)] == [(Cause.KIND, "a")]
    assert compare(before, replace(after, kinds={})) == ()  # a record of an older release


def test_outcomes_of_each_phase_count() -> None:
    failed = TestRun({**_PASSED, "teardown": "error"}, error="E  boom")
    assert _texts(outcomes(_run(a=0), _run(a=failed))) == [
        "a: was setup passed, call passed, teardown passed;"
        " is setup passed, call passed, teardown error\nE  boom"
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("got Future attached to a different loop", "LS104"),
        ("RuntimeError: There is no current event loop in thread", "LS109"),
        ("fixture 'event_loop' not found", "LS102"),
    ],
)
def test_an_error_has_a_reason(error: str, words: str) -> None:
    [found] = compare(_run(a=None), _run(a=TestRun({**_PASSED, "call": "failed"}, error=error)))
    assert words in found.why


def test_lost_and_found_tests_are_differences() -> None:
    assert _texts(outcomes(_run(a=0), _run(b=0))) == ["a: is gone", "b: is new"]


def test_the_tests_of_a_module_that_is_not_collected_are_not_named_one_by_one() -> None:
    after = SuiteRun(2, {}, {"test_a.py": "E  boom"})
    [found] = compare(SuiteRun(0, {"test_a.py::test_one": TestRun(_PASSED)}), after)
    assert (found.cause, found.test) == (Cause.COLLECTION, "test_a.py")


def test_a_run_that_was_cut_off_names_the_test_that_hangs() -> None:
    after = SuiteRun(None, {"a": TestRun(_PASSED)}, unfinished=("b",))
    [found] = compare(_run(a=None, b=None, c=None), after)
    assert str(found) == "b: had not ended when the time was up"


def test_warnings_that_were_given_before_elsewhere_are_not_new() -> None:
    old = SuiteRun(0, {}, warnings=frozenset({Warned("a", "W", "known")}))
    given = frozenset(
        {Warned("b", "W", "known"), Warned("b", "W", "new"), Warned("c", "W", "new")}
    )
    assert new_warnings(old, SuiteRun(0, {}, warnings=given)) == (Warned("b", "W", "new"),)


def test_slower_needs_a_second_and_twice_the_time() -> None:
    def of(*seconds: float) -> SuiteRun:
        return _run(**{f"t{n}": TestRun(_PASSED, seconds=s) for n, s in enumerate(seconds)})

    assert slower(of(0.1, 5, 1), of(0.9, 6.5, 3)) == (("t2", 1, 3),)


def test_the_lines_of_all_processes_make_one_run() -> None:
    def test(process: str, loop: int | None) -> dict[str, object]:
        return {
            "kind": "test", "process": process, "test": "a", "outcomes": _PASSED, "loop": loop,
            "event_loop": None, "fixtures": [["db", 0]] if process else [], "used": ["db"],
            "error": "", "seconds": 0.5,
        }  # fmt: skip

    start = {"kind": "start", "python": "3.8.18", "pytest": "7.4.4", "asyncio": "0.21.2"}
    lines = [
        {**start, "process": ""},
        {"kind": "begin", "process": "", "test": "b"},
        test("", None),
        {"kind": "end", "process": "", "exit": 1},
        {**start, "process": "gw1"},
        test("gw1", 0),
        {"kind": "collect", "process": "gw1", "node": "c", "error": "E  boom"},
    ]
    run = parse([*map(json.dumps, lines), '{"kind": "te'])
    expected = TestRun(_PASSED, 0, None, (("db", 0),), seconds=0.5, process="gw1", used=("db",))
    assert run.tests == {"a": expected}
    assert (run.exit_code, run.unfinished, run.collect_errors) == (1, ("b",), {"c": "E  boom"})
    assert run.pytest_asyncio == "0.21.2"


def test_what_is_no_record_is_refused() -> None:
    with pytest.raises(ValueError, match="no record"):
        parse(["{}", "[]", "1", "nonsense"])
