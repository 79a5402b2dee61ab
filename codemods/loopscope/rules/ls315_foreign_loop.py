"""LS315: a test, or an async fixture, uses the value of a fixture that was made on another loop.

Since pytest-asyncio 0.24 a test and a fixture each name their loop scope, in a mark, a decorator
or the configuration. Where they disagree, what belongs to a loop (a lock, a connection, a
client) fails with "attached to a different loop", hangs, or is used on a loop that is not its
own. What belongs to no loop (numbers, texts, paths) is only noted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.foreign import LoopUse
from loopscope.planning.cure_solver import Cure
from loopscope.planning.cures import Foreign, ForeignUse
from loopscope.rules.context import (
    Edit,
    OptionEdit,
    Rule,
    RuleContext,
    RuleResult,
    action,
    first_of,
    note,
)
from loopscope.rules.fixture_edits import fixture_edit
from loopscope.rules.ls105_test_loop_scope import set_loop_scopes
from loopscope.rules.ls201_pytest_configuration import FIXTURE_OPTION, TEST_OPTION
from loopscope.types import Finding, Safety, Scope

_NOTED = "as far as the source tells, nothing is used there that belongs to a loop"


def check(context: RuleContext) -> Iterator[RuleResult]:
    foreign = context.plan.foreign
    wrong = [item for item in foreign.found if item.bound]
    for item in foreign.found:
        if not item.bound and not _joined(context, item):
            first = item.uses[0]
            text = f"{_said(context, item)}: {_NOTED}"
            yield note("LS315", *_place(context, first), text)
    if not foreign.is_wrong:
        return
    edits = list(cure_edits(context, foreign))
    by_hand = [outcome for outcome in edits if isinstance(outcome, Finding)]
    if context.cure is not None and not by_hand:
        yield from (edit for edit in edits if edit.code == "LS315")
        return
    how = _how([edit for edit in edits if not isinstance(edit, Finding)])
    for item in wrong:
        text = f"{_said(context, item)}. {how}"
        yield action("LS315", *_place(context, item.uses[0]), text)


def _joined(context: RuleContext, item: ForeignUse) -> bool:
    """Whether the cure of what is wrong puts these on one loop, too."""
    cure = context.cure
    if cure is None:
        return False
    for use in item.uses:
        if use.user is not None:
            user = cure.fixtures.get(use.user.key, use.on.scope)
        else:
            user = cure.tests.get(use.test.id, use.on.scope)
        if user is not cure.fixtures.get(item.fixture, use.made_on.scope):
            return False
    return True


def cure_edits(context: RuleContext, foreign: Foreign) -> Iterator[RuleResult]:
    """Yield the edits of the cure: LS301 for fixtures that are wider than their loop."""
    cure = foreign.cure
    if cure is None:
        return
    yield from _options(context, cure, _reason(context, foreign))
    yield from _marks(context, cure, foreign)
    yield from _fixtures(context, cure, foreign)


def _options(context: RuleContext, cure: Cure, reason: str) -> Iterator[OptionEdit]:
    settings = context.model.settings
    if cure.test_default is not None and cure.test_default is not settings.test_default:
        yield OptionEdit("LS315", TEST_OPTION, cure.test_default.word, reason, Safety.ASSUMPTION)
    if cure.fixture_default is not None and cure.fixture_default is not settings.fixture_default:
        yield OptionEdit(
            "LS315", FIXTURE_OPTION, cure.fixture_default.word, reason, Safety.ASSUMPTION
        )


def _marks(context: RuleContext, cure: Cure, foreign: Foreign) -> Iterator[RuleResult]:
    default = cure.test_default or Scope.FUNCTION
    changed = set()
    for test in context.model.own_tests:
        mark = test.mark("asyncio")
        own = mark.loop_scope if mark is not None else None
        if test.id in cure.tests and cure.tests[test.id] is not (own or default):
            changed.add(test.id)
    planned = replace(context, plan=replace(context.plan, tests=cure.tests, default=default))
    for outcome in set_loop_scopes(planned, changed, set()):
        if isinstance(outcome, Finding):
            yield replace(outcome, code="LS315")
        else:
            reason = _reason(context, foreign, _at(outcome))
            message = f"{outcome.message}: {reason}"
            yield replace(outcome, code="LS315", message=message, safety=Safety.ASSUMPTION)


def _fixtures(context: RuleContext, cure: Cure, foreign: Foreign) -> Iterator[RuleResult]:
    for key, scope in cure.fixtures.items():
        fixture = context.model.index.function(key).fixture
        assert fixture is not None
        if (fixture.loop_scope or cure.fixture_default or fixture.scope) is scope:
            continue
        narrow = key in foreign.narrow
        yield fixture_edit(
            context,
            "LS301" if narrow else "LS315",
            key,
            f"loop_scope {scope.word}, as wide as its scope"
            if narrow
            else f"loop_scope {scope.word}: {_reason(context, foreign, key)}",
            keywords={"loop_scope": f'"{scope.word}"'},
            safety=Safety.ASSUMPTION,
        )


# -- the words -----------------------------------------------------------------------------


def _reason(
    context: RuleContext, foreign: Foreign, about: Key | tuple[str, str] | None = None
) -> str:
    """Say what is wrong, first what an edit is about: a fixture, or tests of a path and name."""
    wrong = [item for item in foreign.found if item.bound]
    if not wrong:
        names = [context.model.index.function(key).qualname for key in foreign.narrow]
        loops = "their loops" if len(names) > 1 else "its loop"
        return f"{first_of(names, 1)} would outlive {loops}"
    first = next((item for item in wrong if _concerns(item, about)), wrong[0])
    number = len(wrong) - 1
    plural = "s" if number > 1 else ""
    more = f", and {number} more such fixture{plural}" if number else ""
    return f"{_said(context, first)}{more}"


def _concerns(item: ForeignUse, about: Key | tuple[str, str] | None) -> bool:
    if isinstance(about, Key):
        return any(about in (use.fixture.key, use.user and use.user.key) for use in item.uses)
    if about is None:
        return True
    path, name = about
    tests = (use.test for use in item.uses)
    return any(
        test.module == path and f"{test.function.qualname}.".startswith(name) for test in tests
    )


def _at(edit: Edit | OptionEdit) -> tuple[str, str] | None:
    """Return the module and the beginning of the names of the tests that a mark is for."""
    if isinstance(edit, OptionEdit):
        return None
    return edit.path, "" if edit.definition == "pytestmark" else f"{edit.definition}."


def _said(context: RuleContext, item: ForeignUse) -> str:
    """Write who ran on which loops, and the fixture on which."""
    first = item.uses[0]
    users = {use.user.key if use.user else use.test.key: _name(use) for use in item.uses}
    names = list(users.values())
    fixture = first.fixture.fixture.name
    what = f" ({item.word})" if item.word and item.word != fixture else ""
    return (
        f"{first_of(names, 1)} ran on {_loops(first.on.scope, len(names))}, {fixture}{what} on"
        f" {_loops(first.made_on.scope, 1)} ({first.chain})"
    )


def _name(use: LoopUse) -> str:
    return f"fixture {use.user.fixture.name}" if use.user is not None else use.test.function.name


def _loops(scope: Scope, number: int) -> str:
    if scope >= Scope.PACKAGE:
        return f"the {scope.word} loop"
    return f"{scope.word} loops" if number > 1 else f"a {scope.word} loop"


def _place(context: RuleContext, use: LoopUse) -> tuple[str, int]:
    function = use.user.function if use.user is not None else use.test.function
    key = use.user.key if use.user is not None else use.test.key
    return key.path, function.line


def _how(edits: Iterable[Edit | OptionEdit]) -> str:
    """Write what a person does to put all of them on one loop."""
    texts = []
    for edit in edits:
        if isinstance(edit, OptionEdit):
            texts.append(f"set {edit.name} = {edit.value}")
        else:
            wanted = edit.message.partition(" for ")[0].partition(",")[0].partition(":")[0]
            texts.append(f"{edit.definition} ({edit.path}:{edit.line}): {wanted}")
    if not texts:
        return "Give both the same loop_scope, in the mark, the decorator or the configuration"
    more = f", and {len(texts) - 3} more" if len(texts) > 3 else ""
    return f"Put them on one loop: {'; '.join(texts[:3])}{more}"


RULE = Rule(
    "LS315",
    "foreign-loop",
    "a fixture's value is used on another loop than its own",
    "0.24",
    check,
)
