"""Find the async set-up methods of a suite: pytest and unittest call them, and await nothing.

What calls such a method itself (``await self.setUp()``) makes it a helper.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.frozen import frozen
from loopscope.rules.context import RuleContext
from loopscope.rules.ls317_never_run.test_cases import Kind, kind_of

# Each set-up with the tear-down that belongs to it.
OF_MODULES = {
    "setup_module": "teardown_module",
    "setUpModule": "tearDownModule",
    "setup_function": "teardown_function",
}
OF_CLASSES = {
    "setup_method": "teardown_method",
    "setup_class": "teardown_class",
    "setup": "teardown",
}
OF_TEST_CASES = {"setUp": "tearDown", "setUpClass": "tearDownClass"}
ISOLATED = {"asyncSetUp": "asyncTearDown"}
_CALLED = {
    Kind.PLAIN: OF_CLASSES,
    Kind.TEST_CASE: {**OF_TEST_CASES, **OF_CLASSES},
    Kind.ISOLATED: {**OF_TEST_CASES, **OF_CLASSES},
}
# Names of unittest that mean nothing elsewhere: nobody calls them there.
_NEVER_CALLED = {
    Kind.PLAIN: {**OF_TEST_CASES, **ISOLATED},
    Kind.TEST_CASE: ISOLATED,
}


@frozen
class AsyncMethod:
    """An async set-up or tear-down with the tests that it is for."""

    key: Key
    function: Function
    kind: Kind | None  # None: of a module
    called: bool  # and not awaited
    tests: tuple[Test, ...]


def async_methods(context: RuleContext) -> Iterator[AsyncMethod]:
    """Find the async set-ups and tear-downs of modules and classes with tests."""
    found: dict[Key, AsyncMethod] = {}
    for path, tests in _by_module(context).items():
        for function in context.files[path].standing():
            concerned = tests
            if function.name.endswith("_function"):
                concerned = [test for test in tests if not test.classes]
            if concerned and not function.is_method and _is_set_up(function, OF_MODULES):
                key = Key(path, function.ordinal)
                found[key] = AsyncMethod(key, function, None, True, tuple(concerned))
    for cls, tests in _by_class(context).items():
        for method in _of_class(context, cls, tests):
            known = found.get(method.key)
            joined = (*known.tests, *method.tests) if known else method.tests
            found[method.key] = AsyncMethod(
                method.key, method.function, method.kind, method.called, joined
            )
    yield from found.values()


def _of_class(context: RuleContext, cls: Key, tests: list[Test]) -> Iterator[AsyncMethod]:
    kind = kind_of(context.model, cls)
    seen: set[str] = set()
    owners = context.model.index.mro(cls)
    for owner in owners:
        if owner.path in context.model.cross_suite:
            continue
        for function in context.model.index.standing_methods(owner):
            if function.name in seen:
                continue
            seen.add(function.name)
            called = _is_set_up(function, _CALLED.get(kind, {}))
            wanted = called or _is_set_up(function, _NEVER_CALLED.get(kind, {}))
            if wanted and not _is_awaited(context, function.name, owners):
                key = Key(owner.path, function.ordinal)
                yield AsyncMethod(key, function, kind, called, tuple(tests))


def _is_set_up(function: Function, names: Mapping[str, str]) -> bool:
    return (
        function.is_async
        and function.fixture is None
        and (function.known_decorators or is_class_method(function))
        and (function.name in names or function.name in names.values())
    )


def is_class_method(function: Function) -> bool:
    """Whether the only decorator is ``classmethod``."""
    return len(function.decorators) == 1 and function.decorated_by == ("classmethod",)


def _is_awaited(context: RuleContext, name: str, owners: Sequence[Key]) -> bool:
    """Whether a method of the same object calls the method itself, and so awaits it."""
    return any(
        f"self.{name}" in item.refers and item.name != name
        for owner in owners
        for item in context.files[owner.path].functions
        if item.class_ordinal == owner.ordinal
    )


def _by_module(context: RuleContext) -> dict[str, list[Test]]:
    found: dict[str, list[Test]] = {}
    for test in context.model.index.tests:
        if test.module not in context.model.cross_suite:
            found.setdefault(test.module, []).append(test)
    return found


def _by_class(context: RuleContext) -> dict[Key, list[Test]]:
    found: dict[Key, list[Test]] = {}
    for test in context.model.index.tests:
        for cls in test.classes:
            if test.module not in context.model.cross_suite:
                found.setdefault(cls, []).append(test)
    return found
