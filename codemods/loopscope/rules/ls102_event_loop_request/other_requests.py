"""LS102 for requests that are no parameters: names built at run time, usefixtures, xunit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.dynamic_requests import is_fixture_names, is_loop_name
from loopscope.analysis.file.facts import Place, Position
from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.suite.closure import EVENT_LOOP, RequestKind
from loopscope.analysis.suite.fixtures import CURRENT, FixtureDef, Key, Test
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.python_source.syntax_tree import walk
from loopscope.rules.codegen.bridge import current_loop_code
from loopscope.rules.context import (
    AppendEdit,
    DefinitionEdit,
    OptionEdit,
    RuleContext,
    RuleResult,
    StatementEdit,
    action,
)
from loopscope.rules.ls102_event_loop_request.renamed_requests import rename_mark
from loopscope.types import Scope

_MESSAGE = 'usefixtures("event_loop") dropped: its tests run on the loop anyway'

_OF_UNITTEST = ("setUpClass", "tearDownClass", "setUpModule", "tearDownModule")
_QUESTIONS = (
    "close",
    "get_debug",
    "is_closed",
    "is_running",
    "time",
)  # nothing is kept of the loop
_WIDE_XUNIT = {
    "setup_class": Scope.CLASS,
    "setup_module": Scope.MODULE,
    "setup_function": Scope.FUNCTION,
    "teardown_class": Scope.CLASS,
    "teardown_module": Scope.MODULE,
    "teardown_function": Scope.FUNCTION,
}
_SET_UPS = frozenset((*_WIDE_XUNIT, *_OF_UNITTEST))


def indirect_requests(context: RuleContext) -> Iterator[RuleResult]:
    """Report requests that no edit can answer, in the order of the files."""
    model = context.model
    legacy = model.suite_style is SuiteStyle.LEGACY
    if not model.uses_plugin:
        return
    if legacy or model.misses_event_loop:
        yield from _questions(context)
    if not legacy:
        return
    yield from _built_names(context)
    yield from _in_coroutines(context)
    yield from _too_early(context)


def _questions(context: RuleContext) -> Iterator[RuleResult]:
    for path, facts in context.files.items():
        for hazard in facts.hazards:
            if hazard.code == "LS102":
                yield action(
                    "LS102",
                    path,
                    hazard.line,
                    "this asks whether event_loop is among the fixtures, and no async test has "
                    "it any more: ask pytest_asyncio.is_async_test(request.node)",
                    hazard.column,
                )


def loop_questions(node: ast.AST, names: object) -> Iterator[Position]:
    """``"event_loop" in request.fixturenames``: true for async tests on 0.21, and never on 1.x."""
    for child in walk(node):
        match child:
            case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[value]):
                if is_loop_name(left) and is_fixture_names(value):
                    yield position(child)


QUESTIONS = FileCheck(loop_questions, words=(("event_loop",), ("fixturenames",)))


def _built_names(context: RuleContext) -> Iterator[RuleResult]:
    for key, function in context.functions():
        for line in function.built:
            yield action(
                "LS102",
                key.path,
                line,
                f"{function.qualname} puts the name for getfixturevalue together, and it may be "
                "event_loop, which is gone: take asyncio.get_running_loop() in async code, or "
                "write the name out and run loopscope again",
            )


def _in_coroutines(context: RuleContext) -> Iterator[RuleResult]:
    """Helpers that call getfixturevalue, called while a loop runs."""
    for key, function in context.functions():
        if not function.is_async or EVENT_LOOP in function.dynamic or function.built:
            continue
        if not (function.fixture or function.name.startswith("test")):
            continue
        if any(name == EVENT_LOOP for name, _ in context.model.closures.dynamic(key, function)):
            yield action(
                "LS102",
                key.path,
                function.line,
                f"{function.qualname} asks for event_loop through a helper, and no fixture can "
                "answer that while a loop runs: use asyncio.get_running_loop()",
            )


def _too_early(context: RuleContext) -> Iterator[RuleResult]:
    """Sync fixtures that ask for the current loop before any loop of their tests is there."""
    seen: set[Key] = set()
    for test in context.model.tests:
        if test.id not in context.plan.tests:
            continue
        for item in context.model.closure(test).fixtures:
            through = context.model.current.only_through(item.key)
            if (
                item.key not in seen
                and through
                and _is_early(context, item, context.plan.tests[test.id])
            ):
                seen.add(item.key)
                scope = item.fixture.scope.word
                yield action(
                    "LS102",
                    item.key.path,
                    item.function.line,
                    f"{item.function.qualname} asks for the current loop through {through}, and "
                    f"none is there when it is set up for the {scope}: give it "
                    f'@pytest_asyncio.fixture(scope="{scope}", loop_scope="{scope}") and its '
                    "tests that loop scope, or make what it needs in the tests",
                )


def _is_early(context: RuleContext, item: FixtureDef, loop_scope: Scope) -> bool:
    return (
        not item.function.is_async
        and item.function.override is None
        and item.key not in context.plan.converted
        and item.key not in context.plan.fixtures
        and item.fixture.scope > loop_scope
    )


@frozen
class DropUsefixtures(DefinitionEdit):
    """Drops ``"event_loop"`` from the usefixtures marks of a definition."""

    spelled: str
    written: tuple[str, ...] = ()  # constants that hold the name

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.decorator_lists import drop_string_argument

        return drop_string_argument(node, self.spelled, EVENT_LOOP, self.written)


@frozen
class DropUsefixturesInStatement(StatementEdit):
    """The same in a ``pytestmark = …``; None when nothing remains of it."""

    spelled: str
    written: tuple[str, ...] = ()

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.pytestmark import drop_mark_string

        return drop_mark_string(node, self.spelled, EVENT_LOOP, self.written)


def drop_usefixtures(context: RuleContext) -> Iterator[RuleResult]:
    """Remove the fixture's name from usefixtures marks that do not need it any more."""
    users: dict[tuple[str, int | None, int], list[bool]] = {}
    marks: dict[tuple[str, int | None, int], Mark] = {}
    held: set[tuple[str, int | None, int]] = set()
    for test in context.model.tests:
        leaves = _leaves(context, test)
        for mark in test.marks:
            if mark.name == "usefixtures" and EVENT_LOOP in mark.strings:
                place = (mark.path, mark.ordinal, mark.line)
                if not leaves:
                    held.add(place)
                marks[place] = mark
                users.setdefault(place, []).append(leaves and test.id in context.plan.tests)
    for place, found in users.items():
        if all(found):
            yield _drop(context, marks[place])
        elif place not in held:
            yield from rename_mark(context, marks[place])
    yield from _drop_configured(context)


def _drop_configured(context: RuleContext) -> Iterator[RuleResult]:
    """``usefixtures = event_loop`` in the configuration, where all tests are async ones."""
    names = context.config.options.get("usefixtures", ())
    if not isinstance(names, tuple) or EVENT_LOOP not in names:
        return
    rest = " ".join(name for name in names if name != EVENT_LOOP)
    if rest and (context.config.path or "").endswith(".toml"):
        return  # a list in TOML: the request stays, and is a finding if nothing answers it
    if all(
        _leaves(context, test) and test.id in context.plan.tests
        for test in context.model.index.tests
    ):
        yield OptionEdit("LS102", "usefixtures", rest or None, _MESSAGE)


def _leaves(context: RuleContext, test: Test) -> bool:
    """Whether what answers the request of this test goes."""
    requests = context.model.closure(test).requests
    target = next(
        (
            request.target
            for request in requests
            if request.kind in (RequestKind.USEFIXTURES, RequestKind.CONFIGURED)
            and request.requester is None
        ),
        None,
    )
    if target is None:
        return True
    return context.model.is_override(target.function) and not context.plan.stays(target.key)


def _drop(context: RuleContext, mark: Mark) -> RuleResult:
    place = ("LS102", mark.path, mark.line)
    holding = {text: values for text, values in mark.constants.items() if EVENT_LOOP in values}
    written = tuple(text for text, values in holding.items() if values == (EVENT_LOOP,))
    if len(written) < len(holding):
        return action(
            *place, 'drop "event_loop" from what this usefixtures mark names: the fixture is gone'
        )
    if mark.ordinal is not None:
        return DropUsefixtures(
            *place, "usefixtures", _MESSAGE, mark.ordinal, mark.spelled, written
        )
    alone = mark.strings == (EVENT_LOOP,) and context.files[mark.path].is_all_of_a_variable(mark)
    if mark.statement is not None and not alone:
        return DropUsefixturesInStatement(
            *place, "pytestmark", _MESSAGE, mark.statement, mark.spelled, written
        )
    return action(*place, 'drop "event_loop" from this usefixtures mark: the fixture is gone')


def serve_xunit(context: RuleContext) -> Iterator[RuleResult]:
    """Serve xunit methods that ask for the current loop, which 0.21 had set before them.

    See docs/loop-rules.md, The loop is set up first.
    """
    for module, loop_scope in sorted(context.plan.currents.items()):
        code = current_loop_code(context.files[module], loop_scope, context.plan.fixture_default)
        yield AppendEdit(
            "LS102",
            module,
            0,
            CURRENT,
            "fixture added: xunit methods find the loop of their tests as the current one",
            code.main,
            needs=code.needs,
        )
    modern = context.plan.suite_style is not SuiteStyle.LEGACY
    if modern and context.model.loses_current_loop:
        return
    for path, facts in context.files.items():
        if not any(function.name in _SET_UPS for function in facts.functions):
            continue
        names = _without_a_loop(context, path)
        answered = {(item.line, item.column) for item in facts.hazards if item.code == "LS303"}
        for function in facts.functions:
            if function.name not in names:
                continue
            for call in context.model.current.calls(Key(path, function.ordinal)):
                settled = (call.line, call.column) in answered
                given = call.what in CURRENT_LOOP
                if modern and (call.method in _QUESTIONS or settled):
                    continue
                if not given and (settled or call.place is not Place.SYNC):
                    continue
                what = "asks for" if given else f"calls {call.spelled}(), which takes"
                yield action(
                    "LS102",
                    path,
                    call.line,
                    f"{function.qualname} {what} the current loop, and no loop of its tests is "
                    "there when it runs: move what it does into a fixture",
                )


def _without_a_loop(context: RuleContext, path: str) -> frozenset[str]:
    """Name the xunit methods of a file that run where no loop is current.

    In a suite on 1.x those that run before a loop of their tests is made.
    """
    scopes, tests = context.plan.tests, context.model.tests
    mro = context.model.index.mro
    inside = [
        test
        for test in tests
        if test.id in scopes
        and (
            test.module == path
            or any(base.path == path for cls in test.classes for base in mro(cls))
        )
    ]
    found = set(_WIDE_XUNIT) if inside else set()
    in_module = path in context.model.index.test_modules
    found |= set(_OF_UNITTEST) if in_module and scopes else set()
    narrowest = min(scopes[test.id] for test in inside) if inside else Scope.FUNCTION
    before = context.plan.suite_style is not SuiteStyle.LEGACY and (
        (narrowest is Scope.MODULE and not inside[0].classes)
        or any(
            scopes.get(test.id) is Scope.SESSION
            for test in takewhile(lambda test: test.module != path, tests)
        )
    )
    return frozenset(
        name
        for name in found
        if _WIDE_XUNIT.get(name, Scope.FUNCTION) >= narrowest
        or not (before or name.startswith("teardown_"))  # which a wider loop outlives
    )
