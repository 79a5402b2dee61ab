"""LS102 for ``usefixtures("event_loop")``: it goes where its tests run on a loop anyway."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loopscope.analysis.file.facts import Mark
from loopscope.analysis.suite.closure import EVENT_LOOP, RequestKind
from loopscope.analysis.suite.fixtures import Test
from loopscope.rules.context import (
    DefinitionEdit,
    OptionEdit,
    RuleContext,
    RuleResult,
    StatementEdit,
    action,
)

_MESSAGE = 'usefixtures("event_loop") dropped: its tests run on the loop anyway'


@dataclass(frozen=True, slots=True)
class DropUsefixtures(DefinitionEdit):
    """Drops ``"event_loop"`` from the usefixtures marks of a definition."""

    spelled: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.decorator_lists import drop_string_argument

        return drop_string_argument(node, self.spelled, EVENT_LOOP)


@dataclass(frozen=True, slots=True)
class DropUsefixturesInStatement(StatementEdit):
    """The same in a ``pytestmark = …``; None when nothing remains of it."""

    spelled: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.pytestmark import drop_mark_string

        return drop_mark_string(node, self.spelled, EVENT_LOOP)


def drop_usefixtures(context: RuleContext) -> Iterator[RuleResult]:
    """Remove the fixture's name from usefixtures marks that do not need it any more."""
    users: dict[tuple[str, int | None, int], list[bool]] = {}
    marks: dict[tuple[str, int | None, int], Mark] = {}
    for test in context.model.tests:
        leaves = _leaves(context, test)
        for mark in test.marks:
            if mark.name == "usefixtures" and EVENT_LOOP in mark.strings:
                place = (mark.path, mark.ordinal, mark.line)
                marks[place] = mark
                users.setdefault(place, []).append(leaves and test.id in context.plan.tests)
    for place, found in users.items():
        if all(found):
            yield _drop(marks[place])
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


def _drop(mark: Mark) -> RuleResult:
    place = ("LS102", mark.path, mark.line)
    if mark.computed:
        return action(
            *place, 'drop "event_loop" from what this usefixtures mark names: the fixture is gone'
        )
    if mark.ordinal is not None:
        return DropUsefixtures(*place, "usefixtures", _MESSAGE, mark.ordinal, mark.spelled)
    if mark.statement is not None:
        return DropUsefixturesInStatement(
            *place, "pytestmark", _MESSAGE, mark.statement, mark.spelled
        )
    return action(*place, 'drop "event_loop" from this usefixtures mark: the fixture is gone')
