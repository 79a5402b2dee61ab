"""The comparison itself: what counts as a difference."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from loopscope.verify.difference import Cause, alike, new_warnings
from loopscope.verify.differences import always, compare, groups, outcomes, reason, slower, strays
from loopscope.verify.id_matching import aligned
from loopscope.verify.run_record import SuiteRun, TestRun, Warned, parse
from loopscope.verify.verification import incomparable, left_out

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


def test_who_did_nothing_with_its_loop_is_on_that_of_its_sync_fixtures() -> None:
    before = _run(a=TestRun(_PASSED, event_loop=0), b=0, c=1)
    assert _texts(groups(before, _run(a=TestRun(_PASSED, around=5), b=5, c=6))) == []
    found = _texts(groups(before, _run(a=TestRun(_PASSED, around=6), b=5, c=6)))
    assert found[0] == "b: shared its loop with a, no longer does"


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
        "a: its fixture event_loop is on another loop"
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
        "a: passed -> error (teardown)\nE  boom"
    ]


def test_a_worker_that_crashed_is_no_list_of_phases() -> None:
    crashed = TestRun({"setup": "passed", "???": "error"})
    assert _texts(outcomes(_run(a=0), _run(a=crashed))) == [
        "a: the worker of pytest-xdist that ran it crashed"
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


def test_a_run_that_was_cut_off_names_the_test_that_hangs_and_what_never_ran() -> None:
    after = SuiteRun(
        None, {"a": TestRun(_PASSED)}, unfinished=("b",), order=("a", "b", "c"),
        ended="was stopped after 20 seconds",
    )  # fmt: skip
    before = _run(a=None, b=None, c=None)
    [found] = compare(before, after)
    assert str(found) == "b: had not ended when the run was stopped after 20 seconds"
    assert left_out(before, after) == ("c",)
    assert left_out(before, before) == ()


def test_a_run_that_ends_between_tests_is_a_difference_of_the_run() -> None:
    after = SuiteRun(3, {"a": TestRun(_PASSED)}, ended="ended with an internal error")
    before = _run(a=None, b=None)
    [found] = compare(before, after)
    assert str(found) == "(session): was under way when the run ended with an internal error"
    assert left_out(before, after) == ("b",)
    assert incomparable(before, after, differ=True) == ("", "")
    problem, _ = incomparable(after, before, differ=False)
    assert "1 of 2 tests never ran there" in problem
    assert compare(after, after) == ()  # all that ran ran in both
    assert incomparable(after, after, differ=False) == ("", "")


# --- nothing to compare


def _ended(outcome: str, phase: str = "setup") -> SuiteRun:
    before_it = {"setup": "passed"} if phase == "call" else {}
    return _run(a=TestRun({**before_it, phase: outcome, "teardown": "passed"}, error="E  boom"))


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (_run(), "ran no tests in either run"),
        (_ended("skipped"), "no test passed in either run (1 skipped)"),
        (_ended("error"), "no test passed in either run (1 error)"),
        (_ended("failed", "call"), "no test passed in either run (1 failed)"),
        (
            SuiteRun(2, {}, {"test_a.py": "E  boom"}),
            "1 module was collected in neither run (test_a",
        ),
        (
            SuiteRun(1, {"b": TestRun(_PASSED)}, {"test_a.py": "E  boom"}),
            "1 module was collected in neither run (test_a",
        ),
    ],
)
def test_where_nothing_was_shown_there_is_no_verdict(run: SuiteRun, words: str) -> None:
    assert compare(run, run) == ()
    assert words in incomparable(run, run, differ=False)[0]


def test_one_test_that_passes_is_something() -> None:
    for word in ("passed", "xfailed", "xpassed"):
        run = _ended(word, "call")
        assert incomparable(run, run, differ=False) == ("", "")


def test_what_is_collected_on_one_side_is_a_difference_whatever_ran() -> None:
    good, bad = _run(**{"test_a.py::test_a": 0}), SuiteRun(2, {}, {"test_a.py": "E  boom"})
    for one, other in ((good, bad), (bad, good)):
        [found] = compare(one, other)
        assert (found.cause, found.test) == (Cause.COLLECTION, "test_a.py")
        assert incomparable(one, other, differ=True) == ("", "")
    conftest = SuiteRun(4, {}, {"conftest.py": "E  boom"})
    [found] = compare(good, conftest)  # and not one more for each test below it
    assert found.test == "conftest.py"


def test_warnings_that_were_given_before_elsewhere_are_not_new() -> None:
    old = SuiteRun(0, {}, warnings=frozenset({Warned("a", "W", "known")}))
    given = frozenset(
        {Warned("b", "W", "known"), Warned("b", "W", "new"), Warned("c", "W", "new")}
    )
    assert new_warnings(old, SuiteRun(0, {}, warnings=given)) == (Warned("b", "W", "new"),)


_OLD = "The test <Function test_a> is marked, but is not async. Please remove asyncio marker."
_NEW = _OLD.replace("remove asyncio marker", "remove the asyncio mark")


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        (_OLD, _NEW, True),
        (_OLD, _NEW.replace("test_a", "test_b"), False),
        ("coroutine 'a' was never awaited", "coroutine 'b' was never awaited", False),
        (_OLD, "asyncio: <Function test_a> has another thing to say", False),
    ],
)
def test_a_warning_in_other_words_is_not_new(old: str, new: str, same: bool) -> None:
    before, after = (
        SuiteRun(0, {}, warnings=frozenset({Warned("t", "W", text)})) for text in (old, new)
    )
    assert (new_warnings(before, after) == ()) is same


def test_a_warning_that_stays_does_not_hide_a_new_one_like_it() -> None:
    before = SuiteRun(0, {}, warnings=frozenset({Warned("t", "W", _OLD)}))
    after = SuiteRun(0, {}, warnings=frozenset({Warned("t", "W", _OLD), Warned("t", "W", _NEW)}))
    assert new_warnings(before, after) == (Warned("t", "W", _NEW),)


# --- names


def _named(*names: str) -> SuiteRun:
    return SuiteRun(0, {name: TestRun(_PASSED, loop=n) for n, name in enumerate(names)})


def test_ids_that_are_written_otherwise_are_matched_by_function_and_order() -> None:
    before = _named("m::a[x y]", "m::a[1]", "m::b", "m::a[z]")
    after = _named("m::a[x\\ny]", "m::a[1]", "m::b", "m::a[zz]")
    assert list(aligned(before, after).tests) == list(before.tests)
    assert compare(before, aligned(before, after)) == ()


def test_ids_are_not_guessed_where_a_run_has_more_of_them() -> None:
    before, after = _named("m::a[x]", "m::b"), _named("m::a[y]", "m::a[z]", "m::c")
    assert [str(one) for one in compare(before, aligned(before, after))] == [
        "m::a[x]: is gone", "m::b: is gone", "m::a[y]: is new", "m::a[z]: is new", "m::c: is new",
    ]  # fmt: skip


def test_the_order_of_the_collection_counts_and_not_that_of_the_workers() -> None:
    before = replace(_named("m::a[x]", "m::a[y]"), order=("m::a[x]", "m::a[y]"))
    after = replace(_named("m::a[yy]", "m::a[xx]"), order=("m::a[xx]", "m::a[yy]"))
    assert aligned(before, after).tests["m::a[x]"] == after.tests["m::a[xx]"]


# --- loops of a kind


@pytest.mark.parametrize("name", ["debug mode", "an exception handler", "a task factory"])
def test_what_was_set_on_a_loop_is_compared(name: str) -> None:
    with_it, plain = TestRun(_PASSED, 0, settings=(name,)), TestRun(_PASSED, 0, settings=())
    [found] = compare(_run(a=with_it), _run(a=plain))
    assert str(found) == f"a: was on a loop with {name}, is on one without"
    [found] = compare(_run(a=plain), _run(a=with_it))
    assert (found.cause, found.what) == (
        Cause.KIND,
        f"was on a loop without {name}, is on one with it",
    )
    assert compare(_run(a=with_it), _run(a=TestRun(_PASSED, 0))) == ()  # an older record


def test_a_loop_that_was_given_and_not_asked_for_does_not_count() -> None:
    given = TestRun(_PASSED, event_loop=0, given=True)
    assert (given.home, given.strays) == (None, {})
    assert compare(_run(a=given), _run(a=None)) == ()
    took = replace(given, took=True)
    assert took.home == 0
    assert len(compare(_run(a=took), _run(a=None))) == 1
    assert replace(given, fixtures=(("db", 4),)).home == 4


# --- reports


def test_differences_that_differ_in_their_tests_alone_are_one_group() -> None:
    stray = TestRun(_PASSED, loop=1, fixtures=(("db", 2),))
    other = TestRun(_PASSED, loop=1, fixtures=(("cache", 2),))
    found = compare(_run(a=1, b=1, c=1), _run(a=stray, b=stray, c=other))
    assert [[one.test for one in group.differences] for group in alike(found)] == [
        ["a", "b"],
        ["c"],
    ]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        ("E   TypeError: fixture() got an unexpected keyword argument 'loop_scope'", "0.24"),
        ("E   TypeError: connect() got an unexpected keyword argument 'scope'", ""),
        ("t: mark.asyncio accepts only a keyword argument 'loop_scope'.", "asyncio mark"),
        ("    raise RuntimeError('different loop')\nE   AssertionError: boom", ""),
        ("E   DeprecationWarning: old", "turns into an error"),
        ("E   Failed: DID NOT WARN. No warnings of type (<class 'DeprecationWarning'>,)", ""),
    ],
)
def test_a_reason_is_given_where_the_error_has_it(error: str, words: str) -> None:
    assert (words in reason(error)) if words else reason(error) == ""


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
