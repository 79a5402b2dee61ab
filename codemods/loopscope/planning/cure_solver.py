"""Cure the foreign loops of a modern suite with the edit that moves least.

Tests and async fixtures are joined where one uses a value of the other that belongs to its loop.
A component whose members are on several loops, or with a fixture that is wider than its loop,
gets one loop scope, no narrower than its fixtures' scopes and than the loops of its tests. For
each pair of configured defaults the edits are counted; the pair with the fewest is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product

from loopscope.analysis.suite.classify import can_say_fixture_scope
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.frozen import frozen
from loopscope.loop_map.foreign import LoopUse, LoopUses, newly_mixed, newly_refused
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.disjoint_set import DisjointSet
from loopscope.planning.neighbours import take_along
from loopscope.types import Options, Scope

MarkPlace = tuple[str, int | None, int | None]
_SCOPES = tuple(Scope)


@frozen
class Cure:
    """The loop scopes by which nobody uses a value of another loop any more.

    ``tests`` and ``fixtures`` hold all, also those that stay as they are. None as a default says
    that the option stays unset (or ``fixture-scope``).
    """

    tests: Mapping[str, Scope]
    fixtures: Mapping[Key, Scope]
    test_default: Scope | None
    fixture_default: Scope | None
    # Tests and fixtures whose loop scope must change, and those that only a default moves.
    moved: frozenset[Hashable] = frozenset()


def is_ignored(model: SuiteModel, use: LoopUse) -> bool:
    """Whether a comment at the fixture, or at who uses it, says that this is meant."""
    keys = [use.fixture.key, use.user.key if use.user else use.test.key]
    return any(_says_ignore(model, key) for key in keys if not key.is_external)


def _says_ignore(model: SuiteModel, key: Key) -> bool:
    ignores, function = model.files[key.path].ignores, model.index.function(key)
    lines = range(function.first_line, function.line + 1)
    return any("LS315".startswith(ignores[line]) for line in lines if line in ignores)


@dataclass(slots=True)
class _Component:
    """Tests and fixtures that must be on one loop scope."""

    tests: list[Test] = field(default_factory=list)
    fixtures: list[Key] = field(default_factory=list)
    wrong: bool = False


class CureSolver:
    """Tries the pairs of defaults for one suite."""

    def __init__(
        self, model: SuiteModel, options: Options, uses: LoopUses, narrow: Sequence[Key]
    ) -> None:
        self.model = model
        self.options = options
        self.uses = uses
        self.tests = [test for test in model.tests if model.is_async_test(test)]
        self.given: dict[Key, Scope] = {}  # scopes that parametrize gives fixtures
        self.fixtures = {
            Key(path, function.ordinal): function
            for path, facts in model.files.items()
            for function in facts.functions
            if function.fixture is not None and model.is_async_fixture(function)
        }
        self._nodes = DisjointSet()
        self._least: dict[Key, Scope] = {}  # what fixtures need beside what they are
        self._wrong: set[Hashable] = set(narrow)
        self._used: set[Key] = set()
        self._join()
        self.components = self._components()

    def _join(self) -> None:
        nodes = self._nodes
        known: dict[tuple[Hashable, Key, tuple[Key, ...]], bool] = {}
        for test in self.tests:
            nodes.add(test.id)
            loop = self.model.modern_map[test.id].own
            if loop is not None and loop.scope > Scope.FUNCTION:
                nodes.join(test.id, loop)  # they share it now, and go on to
        for key in self.fixtures:
            nodes.add(key)
        for test in self.model.tests:
            for name, scope in test.function.parameter_scopes.items():
                fixture = self.model.closures.target(test, None, name)
                if fixture is not None:
                    self.given[fixture.key] = max(scope, self.given.get(fixture.key, scope))
            for use in self.uses.of(test):
                self._used.add(use.fixture.key)
                if is_ignored(self.model, use):
                    continue
                user: Hashable = use.user.key if use.user else use.test.id
                asking = use.user.key if use.user else use.test.key
                place = (asking, use.fixture.key, tuple(item.key for item in use.way))
                if place not in known:
                    known[place] = self.uses.bond(use) is not None
                if known[place]:
                    nodes.join(user, use.fixture.key)
                    if use.is_foreign:
                        self._wrong.add(use.fixture.key)

    def _components(self) -> list[_Component]:
        nodes = self._nodes
        components: dict[Hashable, _Component] = defaultdict(_Component)
        for test in self.tests:
            components[nodes.root(test.id)].tests.append(test)
        for key in self.fixtures:
            one = components[nodes.root(key)]
            one.fixtures.append(key)
            one.wrong = one.wrong or key in self._wrong
        return list(components.values())

    def cure(self) -> Cure | None:
        """Return the cheapest cure; None where none can be written.

        Below 1.2 those are joined, too, that it would newly put on two loops; below 1.0 fixtures
        of sync tests under wide marks are not put on function loops (loop_map/foreign.py).
        """
        cure = self._cheapest()
        while not self.options.target.has(1, 2):
            pairs = list(newly_mixed(self.model, cure.tests, cure.fixtures))
            least = {}
            if not self.options.target.has(1, 0):
                least = dict(newly_refused(self.model, cure.tests, cure.fixtures))
            if not pairs and not least:
                break
            self._least |= least
            self._wrong |= set(least)
            for test, key in pairs:
                self._nodes.join(test, key)
                self._wrong.add(key)
            self.components = self._components()
            cure = self._cheapest()
        return cure

    def _cheapest(self) -> Cure:
        settings = self.model.settings
        tests: Iterable[Scope | None] = {settings.test_default}
        fixtures: Iterable[Scope | None] = {settings.fixture_default}
        wanted = {scope for one in self.components if one.wrong for scope in self._levels(one)}
        if self.options.style == "config":
            fixtures = {settings.fixture_default, *wanted}
            if self.options.target.has(0, 26):
                tests = {settings.test_default, *wanted}
        if settings.fixture_option_unset and not can_say_fixture_scope(settings, self.options):
            # no value of the option means unset
            fixtures = {*(one for one in fixtures if one is not None), Scope.FUNCTION}
        pairs = product(sorted(tests, key=_order), sorted(fixtures, key=_order))
        tried = [self._tried(test, fixture) for test, fixture in pairs]
        return min(tried, key=lambda one: one[0])[1]

    def _tried(
        self, test_default: Scope | None, fixture_default: Scope | None
    ) -> tuple[tuple[float, ...], Cure]:
        tests: dict[str, Scope] = {}
        fixtures: dict[Key, Scope] = {}
        needed: set[Hashable] = set()
        for one in self.components:
            level = self._best(one, test_default, fixture_default)
            for test in one.tests:
                own = self.model.modern.test_loop_scope(test)
                tests[test.id] = own if level is None else level
            for key in one.fixtures:
                current = self.model.modern.fixture_loop_scope(self.fixtures[key])
                fixtures[key] = current if level is None else level
            if one.wrong:
                needed.update(test.id for test in one.tests)
                needed.update(one.fixtures)
        take_along(self, tests, fixtures, test_default)
        lines = self._options_set(test_default, fixture_default)
        lines += sum(
            fixtures[key] is not self._natural_fixture(key, fixture_default) for key in fixtures
        )
        lines += self._marks(tests, test_default)
        moved = {
            test.id for test in self.tests
            if tests[test.id] is not self.model.modern.test_loop_scope(test)
        }  # fmt: skip
        moved_fixtures = {
            key for key in fixtures
            if fixtures[key] is not self.model.modern.fixture_loop_scope(self.fixtures[key])
        }  # fmt: skip
        free = len(moved - needed) / max(1, len(moved & needed))
        differ = (test_default or Scope.FUNCTION) is not fixture_default  # a trap
        # A default is for most of the tests that it moves.
        cost = (free > 1, lines + free, len(moved) + len(moved_fixtures), differ)
        cure = Cure(tests, fixtures, test_default, fixture_default, frozenset(moved))
        return cost, cure

    def _best(
        self, one: _Component, test_default: Scope | None, fixture_default: Scope | None
    ) -> Scope | None:
        """Return the cheapest loop scope of a component; None where it stays as it is."""

        def cost(level: Scope | None) -> tuple[int, int]:
            lines = moved = 0
            for test in one.tests:
                current = self.model.modern.test_loop_scope(test)
                wanted = level or current
                lines += wanted is not self.natural_test(test, test_default)
                moved += wanted is not current
            for key in one.fixtures:
                current = self.model.modern.fixture_loop_scope(self.fixtures[key])
                wanted = level or current
                lines += wanted is not self._natural_fixture(key, fixture_default)
                moved += wanted is not current
            return lines, moved

        levels: list[Scope | None] = list(self._levels(one))
        if not one.wrong:
            stays = self._is_for_unread(one) and test_default is self.model.settings.test_default
            levels = [None] if stays else [None, *levels]
        return min(levels, key=cost)

    def _is_for_unread(self, one: _Component) -> bool:
        """Whether no known test uses fixtures of a test module: one of an installed class does."""
        modules = self.model.index.test_modules
        return not one.tests and all(
            key.path in modules and key not in self._used for key in one.fixtures
        )

    def _levels(self, one: _Component) -> list[Scope]:
        """List the loop scopes that a component may have."""
        tests = [self.model.modern.test_loop_scope(test) for test in one.tests]
        scopes = [self._scope(key) for key in one.fixtures]
        least = max([*tests, *scopes], default=Scope.FUNCTION)
        found = [scope for scope in _SCOPES if scope >= least]
        if not self.options.target.has(1, 0) and any(not test.classes for test in one.tests):
            found = [scope for scope in found if scope is not Scope.CLASS]
        if not self.options.target.has(1, 0):
            found = [scope for scope in found if scope is not Scope.PACKAGE]
        return found

    def _scope(self, key: Key) -> Scope:
        fixture = self.fixtures[key].fixture
        assert fixture is not None
        given, least = self.given.get(key), self._least.get(key)
        return max(fixture.scope, given or Scope.FUNCTION, least or Scope.FUNCTION)

    def natural_test(self, test: Test, default: Scope | None) -> Scope:
        mark = test.mark("asyncio")
        if mark is not None and mark.loop_scope is not None:
            return mark.loop_scope
        return default or Scope.FUNCTION

    def _natural_fixture(self, key: Key, default: Scope | None) -> Scope:
        fixture = self.fixtures[key].fixture
        assert fixture is not None
        return fixture.loop_scope or default or fixture.scope

    def _options_set(self, test_default: Scope | None, fixture_default: Scope | None) -> int:
        settings = self.model.settings
        return (test_default is not settings.test_default) + (
            fixture_default is not settings.fixture_default and not settings.fixture_option_unset
        )

    @cached_property
    def places(self) -> Mapping[Hashable, list[Test]]:
        """The tests by the mark that gives them their loop scope, else by their module."""
        places: dict[Hashable, list[Test]] = defaultdict(list)
        for test in self.tests:
            mark = test.mark("asyncio")
            places[(mark.path, mark.ordinal, mark.statement) if mark else test.module].append(test)
        return places

    def _marks(self, tests: Mapping[str, Scope], default: Scope | None) -> int:
        """Count the marks to write: one for a place whose tests agree, else one a test."""
        lines = 0
        for members in self.places.values():
            off = [t for t in members if tests[t.id] is not self.natural_test(t, default)]
            wanted = {tests[t.id] for t in members}
            lines += 0 if not off else 1 if len(wanted) == 1 else min(len(off), len(members))
        return lines


def _order(scope: Scope | None) -> int:
    return -1 if scope is None else int(scope)
