"""LS313: sync tests whose coroutine only pytest-asyncio 0.21 awaited.

0.21 awaited what a marked ``def`` returned. From 1.0 on such a test is a plain sync function:
its coroutine is never awaited, and pytest 8.4 makes a returned value an error.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.rules.base import Case, Outcome, Rule, action


def decide(case: Case) -> Iterator[Outcome]:
    seen = set()
    for test in case.reading.tests:
        function = test.function
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


RULE = Rule(
    "LS313",
    "awaited-by-the-plugin",
    "marked sync tests that return a coroutine (reported)",
    "1.0",
    decide,
)
