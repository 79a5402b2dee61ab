"""The texts of tests: they use what fixtures give, read it, or let it be."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

from .fixtures import Suite, used
from .model import ModernFixture, ModernPlace


@dataclass(frozen=True, slots=True)
class Wanted:
    """One test to be written; a base class has several places."""

    name: str
    places: tuple[ModernPlace, ...]
    is_async: bool
    mark: str | None  # its closest
    decorators: list[str]
    method: bool


def write_test(suite: Suite, wanted: Wanted) -> str:
    """Write a test function or method."""
    draw = suite.draw
    shared = set(wanted.places[0].names())
    for place in wanted.places[1:]:
        shared &= set(place.names())
    names = draw.some(sorted(shared), 3)
    lines: list[str] = []
    for name in names:
        lines += _dealt_with(suite, wanted, wanted.places[0].fixture(name))
    if wanted.is_async and draw.chance(0.3):
        lines.append("await asyncio.sleep(0)")
    decorators = [f"@{text}" for text in wanted.decorators]
    if names and draw.chance(0.05):
        decorators.insert(0, f'@pytest.mark.usefixtures("{names[0]}")')
    arguments = (["self"] if wanted.method else []) + names
    if draw.chance(0.1):
        decorators.insert(draw.number(0, len(decorators)), _PARAMETRIZE)
        arguments.append("number")
    head = f"{'async ' * wanted.is_async}def {wanted.name}({', '.join(arguments)}):"
    return "\n".join([*decorators, head, indent("\n".join(lines or ["assert True"]), "    ")])


_PARAMETRIZE = '@pytest.mark.parametrize("number", [1, 2])'


def _dealt_with(suite: Suite, wanted: Wanted, fixture: ModernFixture) -> list[str]:
    assert fixture.kind is not None
    draw, value = suite.draw, fixture.access.replace("{v}", fixture.name)
    may_use = wanted.is_async and fixture.kind.bound and draw.chance(0.6)
    if may_use and (not suite.clean or _at_home(suite, wanted, fixture)):
        return used(draw, fixture, value, f"uses {fixture.maker}")
    if fixture.kind.reads and draw.chance(0.5):
        return [draw.pick(fixture.kind.reads).replace("{v}", value)]
    return []


def _at_home(suite: Suite, wanted: Wanted, fixture: ModernFixture) -> bool:
    """Whether the test runs on the loop of what the fixture gives, wherever it is collected."""
    maker = fixture.place.find(fixture.maker)
    assert isinstance(maker, ModernFixture)
    for place in wanted.places:
        mark = wanted.mark if wanted.mark is not None else place.closest_mark
        if suite.defaults.of_test(mark) is not maker.loop_scope:
            return False
    return True
