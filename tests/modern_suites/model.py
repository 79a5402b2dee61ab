"""What is known of a suite in the making: fixtures, marks, and the loops that they mean."""

from __future__ import annotations

from dataclasses import dataclass

from loopscope.types import Scope

from ..random_suites.model import Fixture, Place
from .values import Kind


@dataclass(eq=False)
class ModernFixture(Fixture):
    """A fixture; ``style`` is "coroutine", "generator" or "sync".

    ``maker`` is the name of the fixture whose value it gives, its own where it makes one.
    """

    loop_scope: Scope | None = None  # None: it is sync
    kind: Kind | None = None
    maker: str = ""
    access: str = "{v}"  # how the value is got out of what is given

    @property
    def is_async(self) -> bool:
        return self.style != "sync"


@dataclass(eq=False)
class ModernPlace(Place):
    """A place where fixtures are registered, with the mark that its tests have from it.

    ``mark`` is None without one; "" is a mark without ``loop_scope``.
    """

    mark: str | None = None

    @property
    def closest_mark(self) -> str | None:
        """The mark of a test here that has none itself."""
        marks = (place.mark for place in self.chain() if isinstance(place, ModernPlace))
        return next((mark for mark in marks if mark is not None), None)

    def fixture(self, name: str) -> ModernFixture:
        found = self.find(name)
        assert isinstance(found, ModernFixture)
        return found


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the configuration says of loops; ``hook`` is one of HOOKS, if any."""

    strict: bool
    fixture: str = ""  # "" where it is not set; "fixture-scope" is as good
    test: str = ""
    hook: str = ""
    hook_on_marked: bool = True

    @property
    def options(self) -> dict[str, str]:
        """Return the options as the configuration file has them."""
        options = {}
        if self.fixture:
            options["asyncio_default_fixture_loop_scope"] = self.fixture
        if self.test:
            options["asyncio_default_test_loop_scope"] = self.test
        return options

    def of_fixture(self, scope: Scope) -> Scope:
        """Return the loop scope of a fixture that names none."""
        return Scope.parse(self.fixture) or scope

    def of_test(self, mark: str | None) -> Scope:
        """Return the loop scope of a test with that mark as its closest."""
        wins = self.hook != "appended" and self.hook_on_marked
        if self.hook and (wins or mark is None):
            return _scope("session")
        return _scope(mark or self.test or "function")


def _scope(word: str) -> Scope:
    scope = Scope.parse(word)
    assert scope is not None
    return scope


@dataclass(frozen=True, slots=True)
class ModernSuite:
    """A suite as texts."""

    files: dict[str, str]
    idioms: frozenset[str] = frozenset()
    bound: frozenset[str] = frozenset()  # the fixtures that make a value that belongs to a loop
