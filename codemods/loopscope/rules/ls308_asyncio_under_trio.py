"""LS308: code that needs asyncio in tests that anyio's plugin also runs on trio.

Reported only where the suite itself names the trio backend.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.facts import Hazard, Position
from loopscope.analysis.file.names import Names
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.python_source.syntax_tree import FunctionNode, nodes_of, own, walk
from loopscope.rules.context import Rule, RuleContext, RuleResult, note

_BACKEND = "anyio_backend"


def check(context: RuleContext) -> Iterator[RuleResult]:
    calls: dict[Key, Hazard] = {}
    named: set[Key] = set()  # what names trio: anyio_backend fixtures, parametrized tests
    for path, facts in context.files.items():
        for hazard in facts.hazards:
            if hazard.code == "LS308" and hazard.ordinal is not None:
                key = Key(path, hazard.ordinal)
                if hazard.detail == _TRIO:
                    named.add(key)
                else:
                    calls[key] = hazard
    if not named or not calls:
        return
    reported: set[Key] = set()
    for test in context.model.tests:
        if not _runs_on_trio(context, test, named):
            continue
        fixtures = [
            item.key
            for item in context.model.closure(test).fixtures
            if item.function.is_async and item.fixture.origin == "pytest.fixture"
        ]
        for key in (test.key, *fixtures):
            if key in calls and key not in reported:
                reported.add(key)
                hazard = calls[key]
                yield note(
                    "LS308",
                    key.path,
                    hazard.line,
                    f"{hazard.detail} needs asyncio, but this code runs under trio too: use "
                    "anyio's counterpart, or parametrize anyio_backend with asyncio only",
                    hazard.column,
                )


def _runs_on_trio(context: RuleContext, test: Test, named: set[Key]) -> bool:
    asks = test.mark("anyio") or any(
        mark.name == "usefixtures" and _BACKEND in mark.strings for mark in test.marks
    )
    if not test.function.is_async or not asks or test.mark("asyncio") is not None:
        return False
    if _BACKEND in test.function.parametrized:
        return test.key in named
    for mark in test.marks:  # a class or module that chooses its own backends
        if mark.name == "parametrize" and any(_BACKEND in text for text in mark.strings[:1]):
            return False
    chain = context.model.closures.visible(test, _BACKEND)
    return bool(chain) and chain[-1].key in named


# -- what stands in a file ------------------------------------------------------------------

_TRIO = "trio"
# Calls that need asyncio's own loop when they are made or first awaited.
_ASYNCIO_ONLY = frozenset(
    f"asyncio.{name}"
    for name in (
        "sleep", "create_task", "ensure_future", "gather", "wait", "wait_for", "shield", "timeout",
        "timeout_at", "TaskGroup", "to_thread", "get_event_loop", "get_running_loop",
        "current_task", "all_tasks", "Queue", "Event", "Lock", "Semaphore", "Condition", "Future",
        "open_connection", "start_server", "create_subprocess_exec", "create_subprocess_shell",
        "as_completed", "Barrier", "BoundedSemaphore",
    )
)  # fmt: skip
_BACKENDS = frozenset({"anyio_backend", "anyio_backend_name"})


def asyncio_calls(node: FunctionNode, names: Names) -> Iterator[Position]:
    """Find the first asyncio call of an async function, and whether a function names trio.

    A function that asks which backend it runs on knows what it does.
    """
    strings = {child.value for child in nodes_of(node) if isinstance(child, ast.Constant)}
    decorators = {
        child.value
        for item in node.decorator_list
        for child in walk(item)
        if isinstance(child, ast.Constant)
    }
    if node.name == "anyio_backend" or "anyio_backend" in decorators:
        if _TRIO in strings:
            yield position(node, _TRIO)
        if node.name == "anyio_backend":
            return
    if not isinstance(node, ast.AsyncFunctionDef):
        return
    asks = {item.arg for item in (*node.args.args, *node.args.kwonlyargs)} & _BACKENDS
    if asks or (strings - decorators) & {_TRIO, "asyncio"}:
        return
    for child in own(node, ast.Call):
        if names.resolve(child.func) in _ASYNCIO_ONLY:
            yield position(child, names.resolve(child.func) or "")
            return


RULE = Rule(
    "LS308",
    "asyncio-under-trio",
    "asyncio calls in tests that run under anyio's trio backend",
    "any",
    check,
    file_check=FileCheck(asyncio_calls, file_words=(("anyio",), ("asyncio", "trio"))),
)
