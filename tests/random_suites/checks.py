"""The texts of tests: each asserts that what it uses lives on its loop."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import indent

from .draw import Draw
from .model import Fixture, Place

# How a test asks for the loop itself; "" means that it does not.
_ASYNC_ASKS = {"": 14.0, "unused": 2, "task": 1, "same": 2, "twice": 1, "nested": 0.5, "mark": 1}
_SYNC_ASKS = {"": 6.0, "runs": 4, "idle": 1.5, "mark": 1, "mark_current": 0.7, "current": 0.5}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One test to be written."""

    name: str
    places: tuple[Place, ...]  # where it is collected: a base class has several
    is_async: bool
    marked: bool  # it needs a mark of its own
    method: bool = False


def test(draw: Draw, wanted: Wanted) -> str:
    """A test function or method."""
    names = _legal_names(draw, wanted)
    for place in wanted.places:
        place.use(names)
    fixtures = [wanted.places[0].find(name) for name in names]
    asks = draw.weighted(_ASYNC_ASKS if wanted.is_async else _SYNC_ASKS)
    lines = _async_lines(draw, fixtures, asks) if wanted.is_async else _sync(draw, fixtures, asks)
    arguments = list(names)
    if asks in ("unused", "task", "same", "twice", "nested", "runs", "idle"):
        arguments.insert(draw.number(0, len(arguments)), "event_loop")
    decorators = []
    if wanted.marked:
        decorators.append("@pytest.mark.asyncio")
    if asks.startswith("mark"):
        decorators.append('@pytest.mark.usefixtures("event_loop")')
    if draw.chance(0.12):
        decorators.insert(draw.number(0, len(decorators)), _PARAMETRIZE)
        arguments.append("number")
    if wanted.method:
        arguments.insert(0, "self")
    head = f"{'async ' * wanted.is_async}def {wanted.name}({', '.join(arguments)}):"
    body = indent("\n".join(lines or ["assert True"]), "    ")
    return "\n".join([*decorators, head, body])


_PARAMETRIZE = '@pytest.mark.parametrize("number", [1, 2])'


def _legal_names(draw: Draw, wanted: Wanted) -> list[str]:
    """Up to three fixtures that the test may use wherever it is collected."""
    shared = set(wanted.places[0].names())
    for place in wanted.places[1:]:
        shared &= set(place.names())
    usable = [
        name for name in sorted(shared) if all(place.legal([name]) for place in wanted.places)
    ]
    return draw.some(usable, 3)


def _async_lines(draw: Draw, fixtures: list[Fixture], asks: str) -> list[str]:
    running = "asyncio.get_running_loop()"
    lines = []
    for fixture in fixtures:
        if fixture.gives in ("home", "current"):
            lines.append(f"assert {fixture.name}.loop is {running}")
        elif fixture.gives == "loop":
            lines.append(f"assert {fixture.name} is {running}")
        elif fixture.gives == "driver":
            lines.append(f"assert callable({fixture.name})")
    if draw.chance(0.2):
        lines.append(f"assert asyncio.get_event_loop() is {running}")
    if asks == "task":
        lines.append("await event_loop.create_task(asyncio.sleep(0))")
    elif asks in ("same", "twice"):
        lines.append(f"assert event_loop is {running}")
    if asks == "twice":
        lines.append("assert event_loop.is_running()")
    elif asks == "nested":
        lines.append("assert (lambda: event_loop)().is_running()")
    if draw.chance(0.3):
        lines.append("await asyncio.sleep(0)")
    return lines


def _sync(draw: Draw, fixtures: list[Fixture], asks: str) -> list[str]:
    lines = []
    for fixture in fixtures:
        name = fixture.name
        if fixture.gives == "driver":
            loop = "event_loop" if asks == "runs" else None
            lines.append(f"assert {name}(where()) is {loop}" if loop else f"{name}(where())")
        elif fixture.gives in ("home", "loop"):
            loop = f"{name}.loop" if fixture.gives == "home" else name
            if asks == "runs":
                lines.append(f"assert {loop} is event_loop")
            elif draw.chance(0.4):
                lines.append(f"assert {loop}.run_until_complete(where()) is {loop}")
            else:
                lines.append(f"assert not {loop}.is_closed()")
    if asks == "runs":
        lines.append("assert event_loop.run_until_complete(where()) is event_loop")
    elif asks == "idle":
        lines.append("assert not event_loop.is_running()")
    elif asks == "mark_current":
        lines.append("assert not asyncio.get_event_loop().is_running()")
    elif asks == "current":
        lines.append("asyncio.get_event_loop().run_until_complete(where())")
    return lines
