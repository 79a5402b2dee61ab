"""The default loop scope that leaves the fewest lines to edit."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from loopscope.analysis.file.value_words import PLAIN_FIXTURES
from loopscope.analysis.suite.closure import EVENT_LOOP, Closures
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.types import Scope

_KNOWN = PLAIN_FIXTURES | {"", EVENT_LOOP}
# Tests that are assigned, or set by code: none of them is among those that are counted.
_MADE_TESTS = re.compile(rb"(?m)^[ \t]*test\w*[ \t]*=(?!=)|\b(?:globals|vars|setattr)\(")
_WORTH_IT = 2  # lines; one more is the option itself


def choose_default(
    tests: Collection[Test],
    loop_scopes: Mapping[str, Scope],
    fixtures: Mapping[Key, Scope],
    closures: Closures,
    texts: Mapping[str, bytes],
) -> Scope:
    """Return the loop scope of most tests, or one for which clearly fewer lines name another.

    New tests will get it, so that of most tests is the expected one; function, where it is tied.
    So will async fixtures of installed plugins, which no line can give another loop scope: where
    a test may use one, the expected one stays. It stays, too, where code may make tests.

    Args:
        tests: The async tests that count.
        loop_scopes: The loop scope of each test, by its id.
        fixtures: That of each async fixture.
        closures: Of these tests.
        texts: The files by their paths.
    """
    counts = Counter(loop_scopes[test.id] for test in tests) or Counter(fixtures.values())
    if not counts:
        return Scope.FUNCTION
    most = [scope for scope, number in counts.items() if number == max(counts.values())]
    expected = most[0] if len(most) == 1 else Scope.FUNCTION
    others = Counter(fixtures.values())
    lines = {
        default: _marks(tests, loop_scopes, default) + others.total() - others[default]
        for default in sorted({*counts, expected})
    }
    best = min(lines, key=lambda default: lines[default])
    if lines[expected] - lines[best] < _WORTH_IT:
        return expected
    modules = {test.module for test in tests}
    unsure = any(_MADE_TESTS.search(texts.get(path, b"")) for path in modules) or any(
        _uses_others(test, closures) for test in tests
    )
    return expected if unsure else best


def _uses_others(test: Test, closures: Closures) -> bool:
    """Whether a test gets a fixture that no file of the suite defines, and that may be async."""
    return any(
        name not in _KNOWN and closures.target(test, requester, name) is None
        for requester in (None, *closures.of(test).fixtures)
        for name, _ in closures.asked(test, requester)
    )


def _marks(tests: Iterable[Test], loop_scopes: Mapping[str, Scope], default: Scope) -> int:
    """Count the marks that say another loop scope: one for a module, a class, or a test."""
    modules: defaultdict[str, list[Test]] = defaultdict(list)
    for test in tests:
        modules[test.module].append(test)
    count = 0
    for inside in modules.values():
        if len({loop_scopes[test.id] for test in inside}) == 1:
            count += loop_scopes[inside[0].id] is not default
            continue
        classes: defaultdict[Key, list[Scope]] = defaultdict(list)
        for test in inside:
            classes[test.classes[-1] if test.classes else test.key].append(loop_scopes[test.id])
        for found in classes.values():
            others = [loop_scope for loop_scope in found if loop_scope is not default]
            count += min(len(others), 1) if len({*found}) == 1 else len(others)
    return count
