"""The comparison itself: what counts as a difference."""

from __future__ import annotations

from .compare import SuiteRun, TestRun, groups, loops_kept, outcomes, parse, strays

_PASSED = {"setup": "passed", "call": "passed", "teardown": "passed"}


def _run(**tests: TestRun | int | None) -> SuiteRun:
    """A run of passed tests, each given by its loop or in full."""
    return SuiteRun(
        0,
        {
            name: test if isinstance(test, TestRun) else TestRun(_PASSED, loop=test)
            for name, test in tests.items()
        },
    )


def test_other_serials_for_the_same_groups_are_no_difference() -> None:
    assert groups(_run(a=0, b=0, c=1), _run(a=5, b=5, c=2)) == []


def test_sharing_less_is_a_difference_even_where_joining_is_allowed() -> None:
    assert groups(_run(a=0, b=0), _run(a=0, b=1), may_join=True) == [
        "b: shared its loop with a, no longer does"
    ]


def test_sharing_more_is_a_difference_unless_joining_is_allowed() -> None:
    before, after = _run(a=0, b=1), _run(a=0, b=0)
    assert groups(before, after) == ["b: now shares its loop with a, did not before"]
    assert groups(before, after, may_join=True) == []
    assert loops_kept(before, after) == (2, 1)


def test_a_loop_that_is_no_longer_seen_is_a_difference() -> None:
    assert groups(_run(a=0), _run(a=None)) == ["a: had a loop, none was seen after"]


def test_a_sync_test_lives_on_the_loop_that_it_was_given() -> None:
    assert TestRun(_PASSED, event_loop=3, fixtures=(("db", 4),)).home == 3
    assert TestRun(_PASSED, fixtures=(("db", 4),)).home == 4
    assert TestRun(_PASSED).home is None


def test_fixture_on_another_loop_is_a_stray() -> None:
    test = TestRun(_PASSED, loop=1, event_loop=2, fixtures=(("db", 1), ("event_loop", 2)))
    assert strays(_run(a=test)) == ["a: on loop 1, its fixture event_loop on loop 2"]


def test_outcomes_of_each_phase_count() -> None:
    failed = TestRun({**_PASSED, "teardown": "error"}, error="E  boom")
    assert outcomes(_run(a=0), _run(a=failed)) == [
        "a: was setup passed, call passed, teardown passed,"
        " is setup passed, call passed, teardown error\nE  boom"
    ]


def test_lost_and_found_tests_are_differences() -> None:
    assert outcomes(_run(a=0), _run(b=0)) == ["a: gone", "b: new"]


def test_what_the_probe_writes_can_be_read() -> None:
    test = {
        "outcomes": _PASSED, "loop": 0, "event_loop": None, "fixtures": [["db", 0]], "error": "",
    }  # fmt: skip
    run = parse({"exit": 1, "collect": {"b": "E  boom"}, "tests": {"a": test}})
    assert run == SuiteRun(1, {"a": TestRun(_PASSED, 0, None, (("db", 0),))}, {"b": "E  boom"})
    assert outcomes(_run(a=0), run) == ["b: not collected: E  boom"]
