"""LS319: a sync fixture replaces what a loop is made of, and from 1.0 on it comes before the loop.

pytest-asyncio up to 0.21 made the loop of an async test before all of its fixtures, 1.x makes it
last (docs/loop-rules.md, The loop is set up last): under a replaced ``socket.socket`` it
cannot be made any more, and the test fails in its set-up.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.constants import text_of
from loopscope.analysis.file.facts import Position
from loopscope.analysis.file.names import Names, dotted
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.rules.context import Rule, RuleContext, RuleResult, action

# What asyncio's own loops use when they are made: a selector, a pair of sockets, themselves.
_NEEDED = frozenset(
    {
        "socket", "socket.socket", "socket.socketpair", "selectors", "selectors.DefaultSelector",
        "selectors.EpollSelector", "asyncio.new_event_loop", "asyncio.events.new_event_loop",
        "asyncio.Runner", "asyncio.runners.Runner", "asyncio.DefaultEventLoopPolicy",
    }
)  # fmt: skip
_REPLACING = ("setattr", "patch", "object")


def check(context: RuleContext) -> Iterator[RuleResult]:
    model = context.model
    if model.suite_style is not SuiteStyle.LEGACY or not model.uses_plugin:
        return
    replaced = [
        (Key(path, hazard.ordinal), hazard)
        for path, facts in context.files.items()
        for hazard in facts.hazards
        if hazard.code == "LS319" and hazard.ordinal is not None
    ]
    reached = _reached(model) if replaced else set()
    for key, hazard in replaced:
        if key in reached:
            function = model.index.function(key)
            name = function.qualname
            cure = f"Make {name}" if function.fixture is not None else "Do that in"
            yield action(
                "LS319",
                key.path,
                hazard.line,
                f"{name} replaces {hazard.detail} before the loop of its async tests is made,"
                " which then fails: pytest-asyncio 1.x makes it after sync fixtures."
                f" {cure} an async fixture, so that the loop is there first",
                hazard.column,
            )


def _reached(model: SuiteModel) -> set[Key]:
    """Return the sync functions that run before the loop of an async test is made."""
    found: set[Key] = set()
    for test in filter(model.is_async_test, model.tests):
        fixtures = (item for item in model.closure(test).fixtures if not item.function.is_async)
        for key in (*(item.key for item in fixtures), *_set_ups(model, test)):
            if key not in found and not key.is_external:
                found.update((key, *model.closures.call_graph.of(key)))
    return found


def _set_ups(model: SuiteModel, test: Test) -> Iterator[Key]:
    """List the methods that pytest calls before each test of a class."""
    for cls in test.classes[-1:]:
        for owner in model.index.mro(cls):
            for function in model.index.methods(owner):
                if function.name in ("setup_method", "setup_class") and not function.is_async:
                    yield Key(owner.path, function.ordinal)


# -- what stands in a file ------------------------------------------------------------------


def replacements(node: ast.AST, names: Names) -> Iterator[Position]:
    """Yield what a function replaces of the things that loops are made of."""
    for child in ast.walk(node):
        if isinstance(child, ast.Call):
            target = _replaced(child, names)
            if target in _NEEDED:
                yield position(child, target)
        elif isinstance(child, ast.Assign):
            for item in child.targets:
                if isinstance(item, ast.Attribute) and names.resolve(item) in _NEEDED:
                    yield position(child, names.resolve(item) or "")


def _replaced(call: ast.Call, names: Names) -> str:
    """Return the dotted name that ``setattr``, ``patch`` or ``patch.object`` replaces."""
    func = dotted(call.func) or ""
    if func.rpartition(".")[2] not in _REPLACING or not call.args:
        return ""
    text = text_of(call.args[0], names)
    if text is not None:
        return text
    attribute = text_of(call.args[1], names) if len(call.args) > 1 else None
    owner = names.resolve(call.args[0])
    return f"{owner}.{attribute}" if owner and attribute else ""


RULE = Rule(
    "LS319",
    "patched-sockets",
    "a sync fixture replaces what a loop is made of",
    "1.0",
    check,
    file_check=FileCheck(
        replacements,
        words=(("setattr", "patch", "socket"), ("socket", "selectors", "asyncio")),
        file_words=(("fixture", "def setup_", "setattr", "patch"),),
    ),
)
