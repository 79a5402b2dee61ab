"""LS313: sync tests whose coroutine only pytest-asyncio 0.21 awaited.

0.21 awaited what a marked ``def`` returned, also one that a decorator had put around an async
test. From 1.0 on such a test is a plain sync function: its coroutine is never awaited, and
pytest 8.4 makes a returned value an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.facts import Function
from loopscope.rules.context import Rule, RuleContext, RuleResult, action


def check(context: RuleContext) -> Iterator[RuleResult]:
    seen = set()
    for test in context.model.tests:
        function = test.function
        if function.is_async and test.mark("asyncio") and test.key not in seen:
            wrapper = _sync_wrapper(context, test.key.path, function)
            if wrapper:
                seen.add(test.key)
                yield action(
                    "LS313",
                    test.key.path,
                    function.line,
                    f"{wrapper} makes a sync function of {function.qualname}, and only 0.21 "
                    f"awaited what that returns: make the function inside of {wrapper} async",
                )
        if function.is_async or not function.returns_call or test.key in seen:
            continue
        if any(mark.name == "asyncio" for mark in function.marks):
            seen.add(test.key)
            yield action(
                "LS313",
                test.key.path,
                function.line,
                f"{function.qualname} is marked but not async, and only 0.21 awaited what "
                "it returns: make it async def and await that",
            )


def _sync_wrapper(context: RuleContext, path: str, function: Function) -> str:
    """Find the suite's first own decorator that puts a sync function around the test."""
    for name in function.decorated_by:
        place, wanted = path, name
        for bound in context.files[path].imports:
            if bound.name == name and bound.attribute:
                place = context.model.index.find(path, bound.module) or ""
                wanted = bound.attribute
        facts = context.files.get(place)
        for other in facts.functions if facts else ():
            if other.qualname == wanted and other.wraps_sync:
                return name
    return ""


RULE = Rule(
    "LS313",
    "awaited-by-the-plugin",
    "marked sync tests that return a coroutine (reported)",
    "1.0",
    check,
)
