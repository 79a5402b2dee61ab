"""Classes of tests: alone, with bases and mixins, nested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import indent

from ..random_suites.draw import Draw
from .marks import Spellings
from .model import ModernPlace


@dataclass
class Written:
    """A class in the making; ``mark`` is its own."""

    name: str
    bases: tuple[Written, ...] = ()
    mark: str | None = None
    body: list[str] = field(default_factory=list)
    place: ModernPlace | None = None  # where it is collected, if it is

    def marks(self) -> list[str | None]:
        """List its marks and those of its bases, the closest first: the remotest base's."""
        order: list[Written] = []
        for base in reversed(self.bases):
            order += [one for one in base.chain() if one not in order]
        return [one.mark for one in [*order, self]]

    def chain(self) -> list[Written]:
        """List its bases, the remotest first, and the class itself."""
        return [one for base in reversed(self.bases) for one in base.chain()] + [self]


@dataclass(frozen=True)
class ClassDraws:
    """Draws the classes of one module.

    ``tests`` and ``fixtures`` write some for a body; the tests are collected at all the places.
    """

    draw: Draw
    spellings: Spellings
    number: Callable[[], int]
    mark_scope: Callable[[], str]
    tests: Callable[[tuple[ModernPlace, ...]], list[str]]
    fixtures: Callable[[ModernPlace], list[str]]

    def blocks(self, module: ModernPlace) -> list[str]:
        """Write one class, or two with one or two bases, or one in another."""
        number = self.number()
        shape = self.draw.weighted({"alone": 5, "base": 3, "two bases": 1, "deep": 1, "nested": 1})
        if shape == "alone":
            return [self._text(module.path, self._collected(module, f"Test{number}"))]
        if shape == "nested":
            return [self._nested(module, number)]
        parents = self._parents(shape, number)
        bases = parents[-1:] if shape == "deep" else parents
        children = [
            self._collected(module, f"Test{number}{letter}", tuple(bases)) for letter in "AB"
        ]
        places = tuple(child.place for child in children if child.place is not None)
        for parent in parents:
            parent.body += self.tests(places)
        return [self._text(module.path, one) for one in [*parents, *children]]

    def _parents(self, shape: str, number: int) -> list[Written]:
        first = Written(f"Base{number}", mark=self._mark(0.4))
        if shape == "base":
            return [first]
        bases = (first,) if shape == "deep" else ()
        return [first, Written(f"Mixin{number}", bases, self._mark(0.4))]

    def _mark(self, probability: float) -> str | None:
        return self.mark_scope() if self.draw.chance(probability) else None

    def _collected(
        self, module: ModernPlace, name: str, bases: tuple[Written, ...] = ()
    ) -> Written:
        made = Written(name, bases, self._mark(0.35))
        place = made.place = ModernPlace("class", module.path, module)
        place.mark = next((mark for mark in made.marks() if mark is not None), None)
        made.body = self.fixtures(place)
        if not bases or self.draw.chance(0.5):
            made.body += self.tests((place,))
        return made

    def _nested(self, module: ModernPlace, number: int) -> str:
        outer = self._collected(module, f"Test{number}")
        place = ModernPlace("class", module.path, outer.place)
        inner = Written(f"TestInner{number}", mark=self._mark(0.35))
        place.mark = inner.mark
        inner.body = [*self.fixtures(place), *self.tests((place,))]
        outer.body.append(self._text(module.path, inner))
        return self._text(module.path, outer)

    def _text(self, path: str, made: Written) -> str:
        """Write a class, its mark above it or in it."""
        above, body = "", made.body
        if made.mark is not None and self.draw.chance(0.4):
            body = [self.spellings.assigned(path, made.mark), *body]
        elif made.mark is not None:
            above = f"@{self.spellings.decorator(path, made.mark)}\n"
        bases = f"({', '.join(base.name for base in made.bases)})" if made.bases else ""
        return f"{above}class {made.name}{bases}:\n" + indent(
            "\n\n".join(body or ["pass"]), "    "
        )
