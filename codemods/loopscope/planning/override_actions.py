"""The action for an override of ``event_loop``: delete, bridge, keep and so on."""

from __future__ import annotations

import enum
from dataclasses import replace

from loopscope.analysis.file.facts import Function
from loopscope.analysis.file.override_facts import BodyKind, OverrideBody
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.frozen import frozen
from loopscope.types import Options, Scope

KIND = "it makes a loop of another kind"  # the beginning of reasons


class ActionKind(enum.Enum):
    """The ways to replace an override."""

    DELETE = "delete"  # its scope lives on in loop scopes
    BRIDGE = "bridge"  # a fixture that hands on the running loop stands in its place
    WORK = "work"  # the working bridge: the same, and it keeps the override's work
    FACTORY = "factory"  # pytest_asyncio_loop_factories makes the loop
    POLICY = "policy"  # an event_loop_policy fixture does, before pytest-asyncio 1.4
    WINDOWS = "windows"  # what it sets on Windows stays, at the top level; it goes
    ORDINARY = "ordinary"  # only sync code meets it: it stays
    MANUAL = "manual"  # a person must replace it


BY_REQUEST = (
    "the test chooses its loop, by request. Return the loop's factory from a"
    " pytest_asyncio_loop_factories(config, item) hook, where item is request.node"
)


_CONDITION = "it is defined under a condition"
_KIND_BY_CONDITION = (
    f"{_CONDITION}, and makes a loop of another kind. Return that loop's factory from a"
    " pytest_asyncio_loop_factories hook where the condition holds, and"
    ' {"default": asyncio.new_event_loop} elsewhere'
)

_DEBUG = (
    "it switches debug mode on for loops of its own kind. In the place of what a loop factory sets"
    " there the runner sets what asyncio_debug says: set that option, without set_debug here"
)


@frozen
class OverrideAction:
    """The action of one override, for MANUAL with the reason.

    ``hook`` is the conftest that gets the loop factories, where the override stands elsewhere.
    ``with_that``: it only stays for the sake of another one, which the reason names.
    ``policies``: event_loop_policy fixtures in the places of these overrides would do what no hook
    can. ``blocked_by`` are the sync tests that no hook reaches. ``debugs``: a working bridge sets
    the debug mode of loops of another kind, which their factory or policy cannot.
    """

    kind: ActionKind
    reason: str = ""
    hook: str = ""
    with_that: bool = False
    policies: frozenset[Key] = frozenset()
    blocked_by: tuple[str, ...] = ()
    debugs: bool = False

    @property
    def stays(self) -> bool:
        return self.kind in (ActionKind.ORDINARY, ActionKind.MANUAL)

    @property
    def works(self) -> bool:
        """Whether a working bridge is written."""
        return self.kind is ActionKind.WORK or (self.debugs and not self.stays)


def choose_action(
    function: Function,
    fixture_defs: list[FixtureDef],
    options: Options,
    *,
    debugs_all: bool,
    careful: bool,
) -> OverrideAction:
    """Choose the action by the override's body and place alone, whoever uses it.

    ``debugs_all`` says that it, or one like it, puts all loops of tests into debug mode;
    ``careful`` does without assumptions.
    """
    body, fixture = function.override, function.fixture
    assert body is not None
    assert fixture is not None
    if function.conditional:
        return manual(_CONDITION if body.kind is not BodyKind.FACTORY else _KIND_BY_CONDITION)
    if body.kind is BodyKind.OTHER:
        return manual(body.reason)
    if not function.is_own and body.kind not in (BodyKind.PLAIN, BodyKind.DEBUG):
        return manual("a call makes it of a function that other code may use")
    if body.kind is BodyKind.FACTORY:
        chosen = _factory(body, fixture_defs, options)
        if not body.debug or chosen.stays or sets_debug(function, debugs_all, options):
            return chosen
        working = _work(function, fixture_defs, options, careful=careful)
        return manual(_DEBUG) if working.stays else replace(chosen, debugs=True)
    if body.kind is BodyKind.WORK or (
        body.kind is BodyKind.DEBUG and not sets_debug(function, debugs_all, options)
    ):
        chosen = _work(function, fixture_defs, options, careful=careful)
        # What only sets the loop up can be done by a function that makes the loop, too.
        return (
            chosen
            if body.debug or not (chosen.stays and body.variants)
            else _factory(body, fixture_defs, options)
        )
    return OverrideAction(ActionKind.DELETE)


def sets_debug(function: Function, debugs_all: bool, options: Options) -> bool:
    """Whether ``asyncio_debug = true`` says the same as the override's ``set_debug``."""
    body = function.override
    return (
        body is not None
        and body.debug
        and body.kind in (BodyKind.DEBUG, BodyKind.FACTORY)
        and options.target.has(1, 2)
        and debugs_all
    )


def _work(
    function: Function, fixture_defs: list[FixtureDef], options: Options, *, careful: bool
) -> OverrideAction:
    if not options.target.has(1, 0):
        return manual("it does work besides making a loop, and the target is older than 1.0")
    if careful:
        return manual(
            "it does work besides making a loop, and to keep that rests on an assumption"
        )
    if function.override and function.override.torn:
        return manual(
            f"what it does after closing the loop uses {function.override.torn}, which other work"
            " of it needs, too"
        )
    if is_imported(fixture_defs) and function.override and function.override.closed:
        return manual("it does work after closing the loop, and is imported by name")
    if "event_loop" in function.parameters:
        return manual("it builds on another event_loop and does work besides")
    return OverrideAction(ActionKind.WORK)


def _factory(
    body: OverrideBody, fixture_defs: list[FixtureDef], options: Options
) -> OverrideAction:
    if by_item(body) and not (
        options.target.has(1, 4)
        and all(item.fixture.scope is Scope.FUNCTION for item in fixture_defs)
    ):
        return manual(BY_REQUEST)
    if body.parameters:
        name = body.parameters[0]
        return manual(
            BY_REQUEST if name == "request" else f"its loop is made from the fixture {name}"
        )
    if options.target.has(1, 4):
        return OverrideAction(ActionKind.FACTORY)
    if is_imported(fixture_defs):
        return manual(f"{KIND}, and is imported by name")
    if all(item.base_id in ("", "./") for item in fixture_defs) and (
        all(variant.policy for variant in body.variants)
        or (len(body.variants) == 1 and body.variants[0].makes_policy)
    ):
        return OverrideAction(ActionKind.POLICY)
    return manual(f"{KIND}; loop factories need --target 1.4")


def by_item(body: OverrideBody) -> bool:
    """Whether a question for the test chooses its loop."""
    return any(variant.condition for variant in body.variants)


def is_imported(fixture_defs: list[FixtureDef]) -> bool:
    """Whether another file gets it by name: what stands around it would not come along."""
    return any(item.file != item.key.path for item in fixture_defs)


def manual(reason: str) -> OverrideAction:
    """Leave the override to a person, for this reason."""
    return OverrideAction(ActionKind.MANUAL, reason)
