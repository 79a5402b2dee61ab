"""What a class of tests derives from, as far as it decides what is awaited."""

from __future__ import annotations

import ast
import enum
import re
from textwrap import dedent
from typing import TypeGuard

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteModel

_PLAIN = frozenset({"unittest.TestCase", "unittest.case.TestCase"})
_ISOLATED = frozenset(
    {"unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase"}
)
# What ``unittest`` calls a test by: a class that defines one of them runs its tests itself.
_RUNNERS = frozenset({"_callTestMethod", "run", "__call__", "debug"})
_TOUCHES = re.compile(r"[gs]etattr|__dict__|_testMethod|sync|loop|await")


class Kind(enum.Enum):
    """The kinds of classes with tests."""

    PLAIN = "a class"
    TEST_CASE = "unittest.TestCase"
    ISOLATED = "unittest.IsolatedAsyncioTestCase"
    OTHER = "something that no file of the suite defines, or that calls its tests itself"


def kind_of(model: SuiteModel, cls: Key) -> Kind:
    """Return what a class is; a base of unknown origin may await what it likes."""
    bases = {
        base
        for owner in model.index.mro(cls)
        for base in model.index.cls(owner).bases
        if model.index.find_class(owner.path, base) is None and base != "object"
    }
    if bases - _PLAIN - _ISOLATED or (bases and _runs_tests(model, cls)):
        return Kind.OTHER
    if bases & _ISOLATED:
        return Kind.ISOLATED
    return Kind.TEST_CASE if bases else Kind.PLAIN


def _runs_tests(model: SuiteModel, cls: Key) -> bool:
    """Whether the class, or a base of it in the suite, calls its tests in a way of its own."""
    return any(
        function.class_ordinal == owner.ordinal
        and function.name in _RUNNERS
        and not _only_hands_on(model.texts.get(owner.path, b""), function)
        for owner in model.index.mro(cls)
        for function in model.files[owner.path].functions
    )


def _only_hands_on(text: bytes, function: Function) -> bool:
    """Whether a method calls that of unittest with its own arguments, and touches no test."""
    lines = text.decode(errors="replace").splitlines()
    try:
        body = ast.parse(dedent("\n".join(lines[function.line - 1 : function.end_line])))
    except (SyntaxError, RecursionError, MemoryError):
        return False
    calls = [node for node in ast.walk(body) if isinstance(node, ast.Call)]
    handed = [
        node
        for node in calls
        if isinstance(node.func, ast.Attribute)
        and node.func.attr == function.name
        and ast.unparse(node.func.value).startswith("super(")
        and all(
            isinstance(value, (ast.Name, ast.Starred))
            for value in (*node.args, *(keyword.value for keyword in node.keywords))
        )
    ]
    changed = {node.id for node in ast.walk(body) if _is_stored(node)}
    given = {node.id for call in handed for node in ast.walk(call) if isinstance(node, ast.Name)}
    return bool(handed) and not given & changed and not _TOUCHES.search(ast.unparse(body))


def _is_stored(node: ast.AST) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def is_plain_test_case(model: SuiteModel, cls: Key) -> bool:
    """Whether the class is a ``unittest.TestCase`` and nothing more."""
    return kind_of(model, cls) is Kind.TEST_CASE
