"""What a class of tests derives from, as far as it decides what is awaited."""

from __future__ import annotations

import enum

from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteModel

_PLAIN = frozenset({"unittest.TestCase", "unittest.case.TestCase"})
_ISOLATED = frozenset(
    {"unittest.IsolatedAsyncioTestCase", "unittest.async_case.IsolatedAsyncioTestCase"}
)
# What ``unittest`` calls a test by: a class that defines one of them runs its tests itself.
_RUNNERS = frozenset({"_callTestMethod", "run", "__call__", "debug"})


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
        function.class_ordinal == owner.ordinal and function.name in _RUNNERS
        for owner in model.index.mro(cls)
        for function in model.files[owner.path].functions
    )


def is_plain_test_case(model: SuiteModel, cls: Key) -> bool:
    """Whether the class is a ``unittest.TestCase`` and nothing more."""
    return kind_of(model, cls) is Kind.TEST_CASE
