"""LS316: an object that keeps the loop of its first use lives longer than that loop.

A lock, queue, client, engine or pool takes the loop on which it is first used. At module or class
level, or in a sync fixture of a wide scope, it outlives the loops of its tests: the second loop
gets "attached to a different loop", "Event loop is closed", or hangs.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.checks import FileCheck
from loopscope.rules.context import Rule, RuleContext, RuleResult, note
from loopscope.rules.ls316_kept_loop.holders import Holder, Holders
from loopscope.rules.ls316_kept_loop.in_files import WORDS, makings
from loopscope.rules.ls316_kept_loop.users import Use, Users

_TEST_CLIENT = (
    "TestClient runs the application on a loop of its own: call the application by"
    " httpx.AsyncClient and ASGITransport in async tests, or make this when it starts"
)


def check(context: RuleContext) -> Iterator[RuleResult]:
    model = context.model
    if not model.uses_plugin:
        return
    told: dict[tuple[str, int, str], tuple[Holder, Use]] = {}
    for holder, use in Users(model, Holders(model)).uses():
        place = (holder.path, holder.line, holder.name)
        if len(use.loops) > 1 and place not in told:
            told[place] = holder, use
    alike: dict[tuple[str, ...], list[tuple[Holder, Use]]] = {}
    for place, (holder, use) in told.items():
        own = (holder.path, str(place)) if holder.owner is not None else ()
        alike.setdefault((holder.name, holder.what, *own), []).append((holder, use))
    for (holder, use), *others in alike.values():
        message = _message(holder, use, [other for other, _ in others])
        yield note("LS316", holder.path, holder.line, message, holder.column)


_SHOWN = 3


def _message(holder: Holder, use: Use, alike: list[Holder]) -> str:
    number, loops = len(use.tests), len(use.loops)
    first = next(iter(use.tests))
    by_name = "fixture" in holder.place  # elsewhere mentions are followed, from test to holder
    who = (
        f"{number} tests {'use' if by_name else 'reach'} it on {loops} loops, first {first}"
        if number > 1
        else f"{first} {'uses' if by_name else 'reaches'} it on {loops} loops"
    )
    more = ", ".join(f"{other.path}:{other.line}" for other in alike[:_SHOWN])
    if len(alike) > _SHOWN:
        more += f" and {len(alike) - _SHOWN} more places"
    more = f" and likewise at {more}" if more else ""
    return (
        f"{holder.name} ({holder.what}, made {holder.place}{more}) keeps the loop on which it is"
        f" first used, and {who}. {_advice(holder, use)}"
    )


def _advice(holder: Holder, use: Use) -> str:
    if use.by_test_client and len(use.loops) == 2:
        return _TEST_CLIENT
    if all(test.unittest for test in use.tests.values()):
        return "Make it in asyncSetUp"
    one_loop = f'give these tests one loop: loop_scope="{use.common}"'
    if holder.owner is not None and "fixture" in holder.place:
        advice = f"Make it an async fixture whose loop_scope is that of its tests, or {one_loop}"
    else:
        advice = f"Make it in a fixture, or {one_loop}"
    return f"{advice}. {_TEST_CLIENT}" if use.by_test_client else advice


# What a function that makes and keeps something holds, besides what it makes.
_KEEPING = (
    "def __init__", "def __post_init__", "global ", "cache", ".append(", ".add(", ".insert(",
    "setdefault(", "] = ", "def setup_class", "def setUpClass",
)  # fmt: skip

RULE = Rule(
    "LS316",
    "kept-loop",
    "something that keeps its loop outlives it",
    "any",
    check,
    file_check=FileCheck(
        makings, words=(("(",),), function_words=((*WORDS, *_KEEPING),), anywhere=True
    ),
)
