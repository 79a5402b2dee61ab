"""A suite in the making, and the rules of 0.21 that say whether it is legal so far.

A place is where fixtures are registered: the root, a folder's conftest, a module or a class.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from loopscope.types import Scope

# How long things of a place live at most.
LIFETIMES = {
    "root": Scope.SESSION,
    "folder": Scope.PACKAGE,
    "module": Scope.MODULE,
    "class": Scope.CLASS,
}


@dataclass(eq=False)
class Fixture:
    """A fixture of the suite; ``gives`` says what its value is.

    "home": an object with a ``loop``, "loop": a loop, "driver": a callable that runs a
    coroutine on the loop, "": nothing of interest.
    """

    name: str
    style: str
    scope: Scope
    place: Place
    needs: tuple[str, ...] = ()
    autouse: bool = False
    gives: str = ""
    yields: bool = False
    text: str = ""
    used: bool = False  # a test sets it up

    @property
    def is_async(self) -> bool:
        return self.style == "async"

    @property
    def bound(self) -> bool:
        """Whether it needs the loop itself, not only through others."""
        return self.style != "plain"


@dataclass(eq=False)
class Place:
    """A place, with what is visible from it."""

    kind: str
    path: str  # the file
    parent: Place | None = None
    override: Scope | None = None
    fixtures: dict[str, Fixture] = field(default_factory=dict)

    def chain(self) -> Iterator[Place]:
        """List this place and those around it, the nearest first."""
        place: Place | None = self
        while place is not None:
            yield place
            place = place.parent

    def names(self) -> list[str]:
        return sorted({name for place in self.chain() for name in place.fixtures})

    def find(self, name: str, asker: Fixture | None = None) -> Fixture:
        """Find the nearest fixture of that name; one that requests its own name gets the next."""
        found = [place.fixtures[name] for place in self.chain() if name in place.fixtures]
        if asker is not None and asker in found:
            found = found[found.index(asker) + 1 :]
        return found[0]

    def loop_place(self) -> Place | None:
        """Where the override stands that this place sees, None for the plugin's own."""
        return next((place for place in self.chain() if place.override is not None), None)

    def closure(self, names: Sequence[str]) -> list[Fixture]:
        """All fixtures that a test here sets up if it asks for ``names``."""
        found: dict[Fixture, None] = {}
        queue = [self.find(name) for name in names]
        queue += [f for place in self.chain() for f in place.fixtures.values() if f.autouse]
        while queue:
            fixture = queue.pop(0)
            if fixture not in found:
                found[fixture] = None
                queue += [self.find(need, fixture) for need in fixture.needs]
        return list(found)

    def use(self, names: Sequence[str]) -> None:
        """Note that a test here asks for ``names``."""
        for fixture in self.closure(names):
            fixture.used = True

    def within(self, other: Place) -> bool:
        return any(place is other for place in self.chain())

    def legal(self, names: Sequence[str]) -> bool:
        """Whether a test here may ask for ``names`` on 0.21."""
        return all(self._legal(fixture) for fixture in self.closure(names))

    def _legal(self, fixture: Fixture) -> bool:
        if any(self.find(need, fixture).scope < fixture.scope for need in fixture.needs):
            return False
        if not fixture.bound or fixture.scope is Scope.FUNCTION:
            return True
        home = self.loop_place()
        if home is None or home.override is None or fixture.scope > home.override:
            return False
        # A wide value is made once: all who share it must see the same override …
        lifetime = min(LIFETIMES[home.kind], Scope.MODULE)
        if home.kind != "root" and not fixture.place.within(home) and fixture.scope > lifetime:
            return False
        # … whose loop is still open when the value's clean-up runs.
        return not (fixture.yields and fixture.scope > LIFETIMES[home.kind])

    def may_override(self, scope: Scope) -> bool:
        """Whether an override here leaves open the loop of the override around it."""
        outer = self.loop_place()
        if outer is None or outer.override is None:
            return True
        # One that holds for a part of the tests only must not close a loop in use.
        return outer.override < LIFETIMES[self.kind] or (
            outer.override is Scope.MODULE and self.kind == "module"
        )
