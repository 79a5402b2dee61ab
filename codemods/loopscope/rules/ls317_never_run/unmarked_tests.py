"""Async tests that nothing runs: without a mark in strict mode, or in a plain ``TestCase``.

Whether one was meant to run, only a person can say.

Functions that are named like tests may not be collected at all: their module is ignored, or lies
outside of ``testpaths`` and has nothing to do with pytest; or the code itself takes them, their
class or their module out of the collection.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.config.collected_files import ignores_module, in_testpaths
from loopscope.rules.context import RuleContext, RuleResult, action, by_file
from loopscope.rules.ls317_never_run.test_cases import is_plain_test_case


class Uncollected:
    """Tells which tests of a suite a plain run leaves out; each file is looked at once."""

    def __init__(self, context: RuleContext) -> None:
        self._context = context
        self._modules: dict[str, bool] = {}
        self._names: dict[str, frozenset[str]] = {}

    def __call__(self, test: Test) -> bool:
        if test.module not in self._modules:
            self._modules[test.module] = self._is_left_out(test.module)
        if self._modules[test.module]:
            return True
        left_out = self._left_out(test.module)
        if "" in left_out or test.id.split("::")[1] in left_out:
            return True
        return any(self._is_off(cls) for cls in test.classes)

    def _is_left_out(self, module: str) -> bool:
        """Whether pytest ignores the module, or would have to be given one that never uses it."""
        config, facts = self._context.config, self._context.files[module]
        uses_pytest = any(bound.module.partition(".")[0] == "pytest" for bound in facts.imports)
        return ignores_module(config, self._context.contents, module) or not (
            uses_pytest or in_testpaths(config, module)
        )

    def _is_off(self, cls: Key) -> bool:
        """Whether ``__test__`` of the class, or else of its nearest base, is False."""
        index = self._context.model.index
        for owner in index.mro(cls):
            name = index.cls(owner).qualname
            for value in (True, False):
                if f"{name} {value}" in self._left_out(owner.path):
                    return not value
        return False

    def _left_out(self, path: str) -> frozenset[str]:
        if path not in self._names:
            text = self._context.contents.get(path, b"")
            wanted = any(word in text for word in (b"__test__", b"__main__", b"del ", b"skip("))
            self._names[path] = frozenset(_left_out(text)) if wanted else frozenset()
        return self._names[path]


def _left_out(text: bytes) -> Iterator[str]:
    """Yield names that a module takes out, "" for all, and what ``__test__`` of a class is."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return  # said elsewhere
    for node in tree.body:
        if isinstance(node, ast.Delete):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.Expr) and _skips_module(node.value):
            yield ""
        elif isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            yield from (item.name for item in node.body if isinstance(item, _DEFINITIONS))
        elif isinstance(node, ast.ClassDef):
            yield from (f"{node.name} {value}" for _, value in map(_switch, node.body) if value)
        else:
            name, value = _switch(node)
            if value == "False":
                yield name


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _switch(node: ast.stmt) -> tuple[str, str]:
    """Return whose ``__test__`` a statement sets, "" for the body around it, and to what."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
        return "", ""
    target = ast.unparse(node.targets[0])
    name, _, last = target.rpartition(".")
    return (name, str(node.value.value)) if last == "__test__" else ("", "")


def _skips_module(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and any(
        keyword.arg == "allow_module_level" for keyword in node.keywords
    )


# Marks under which other plugins run async tests, or nobody does, and that is meant; under skipif
# a test is meant to run somewhere.
_OTHERS = frozenset(
    {"asyncio", "anyio", "trio", "twisted", "curio", "tornado", "gen_test", "skip", "xfail",
     "asyncio_event_loop", "django_db", "qt"}
)  # fmt: skip
OTHER_MODES = frozenset(
    {"anyio_mode", "trio_mode"}
)  # options by which other plugins run all of them
_FIXTURES = ("anyio_backend", "nursery", "io_loop", "loop", "aiohttp_client", "cleanup")


def unmarked_tests(context: RuleContext) -> Iterator[RuleResult]:
    """Report the async tests that strict mode leaves alone, file by file."""
    model = context.model
    if model.mode != "strict" or _runs_them_otherwise(context):
        return
    left_out = Uncollected(context)
    unmarked = [
        test
        for test in model.tests
        if test.function.is_async
        and not test.unittest
        and not _is_run(context, test)
        and not left_out(test)
    ]
    for path, first, more in by_file(unmarked):
        yield action(
            "LS317", path, first.function.line,
            f"{first.function.qualname} is async and nothing runs it{more}: strict mode needs"
            " pytest.mark.asyncio. It was skipped, and fails from pytest 8.4 on: mark it, or skip"
            " it",
        )  # fmt: skip


def tests_of_test_cases(context: RuleContext) -> Iterator[RuleResult]:
    """Report the async tests of ``unittest.TestCase``, which calls them and awaits nothing."""
    left_out = Uncollected(context)
    never_awaited = [
        test
        for test in context.model.index.tests
        if test.unittest
        and test.function.is_async
        and test.function.known_decorators
        and not any(mark.name == "skip" for mark in test.marks)
        and is_plain_test_case(context.model, test.classes[-1])
        and not left_out(test)
    ]
    for path, first, more in by_file(never_awaited):
        yield action(
            "LS317", path, first.function.line,
            f"{first.function.qualname} is async and never awaited{more}: unittest.TestCase calls"
            " it, and it passes without having run; marks do not change that. Derive the class"
            " from unittest.IsolatedAsyncioTestCase",
        )  # fmt: skip


def _is_run(context: RuleContext, test: Test) -> bool:
    if any(mark.name in _OTHERS or mark.reference for mark in test.marks):
        return True
    if not test.function.known_decorators or test.function.is_generator:
        return True
    if test.id in context.model.trace_index.trace.async_tests:
        return True  # a mark that is not seen in the source
    names = set(test.function.parameters)
    for item in context.model.closure(test).fixtures:
        names |= {item.fixture.name, *item.function.parameters}
    return not names.isdisjoint(_FIXTURES)


def _runs_them_otherwise(context: RuleContext) -> bool:
    """Whether another plugin runs all async tests, or a hook of the suite does, or marks them."""
    if not OTHER_MODES.isdisjoint(context.config.options):
        return True
    return any(
        facts.hooks or any(item.name == "pytest_pyfunc_call" for item in facts.functions)
        for facts in context.files.values()
    )
