"""The texts of fixtures: what they make, hand on, or do with what they request."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import indent
from typing import Protocol

from loopscope.types import Scope

from ..random_suites.draw import Draw
from .model import Defaults, ModernFixture, ModernPlace
from .values import BOUND, HARMLESS

_WRAPPED = {
    "SimpleNamespace(inner={v})": "{v}.inner",
    '{{"inner": {v}, "size": 3}}': '{v}["inner"]',
    "({v}, 3)": "{v}[0]",
}


class Suite(Protocol):
    """What the generator knows of the suite."""

    draw: Draw
    clean: bool
    defaults: Defaults
    usual: list[str]
    uniform: str
    idioms: set[str]
    bound: set[str]

    def number(self) -> int:
        """Count on, for names that are unique."""
        raise NotImplementedError


def draw_fixture(suite: Suite, place: ModernPlace) -> list[str]:
    """Draw a fixture, register it at its place, and write it."""
    draw = suite.draw
    if draw.chance(0.06) and (again := _overriding(suite, place)):
        return again
    style = draw.weighted({"coroutine": 4, "generator": 4, "sync": 1.5})
    scope = _scope(suite, place)
    needs = [n for n in place.names() if place.fixture(n).scope >= scope]
    needs = draw.some(needs, 2 if style != "sync" else 1) if draw.chance(0.6) else []
    if style == "sync" and not needs:
        style = "coroutine"
    kind = draw.pick(BOUND if draw.chance(0.6) else HARMLESS)
    name = f"{kind.name if needs == [] else 'given'}{suite.number()}"
    made = ModernFixture(name, style, scope, place, needs=tuple(needs), kind=kind, maker=name)
    keywords = [] if scope is Scope.FUNCTION else [f'scope="{scope.word}"']
    if made.is_async:
        made.loop_scope = _loop_scope(suite, scope, keywords)
    lines, value = _body(suite, made)
    if value and made.kind is not None and made.kind.bound and draw.chance(0.12):
        wrapping = draw.pick(list(_WRAPPED))
        made.access = made.access.replace("{v}", _WRAPPED[wrapping])
        value = wrapping.format(v=value)
    made.autouse = draw.chance(0.08)
    if made.autouse:
        keywords.append("autouse=True")
    place.fixtures[name] = made
    suite.idioms |= {style, made.kind.name if made.kind else ""}
    if made.kind is not None and made.kind.bound and made.maker == name:
        suite.bound.add(name)
    return [_written(suite, made, keywords, lines, value)]


def _overriding(suite: Suite, place: ModernPlace) -> list[str]:
    """Draw a fixture that takes the place of one from further out, with a value of its kind."""
    draw, outer = suite.draw, [place.fixture(n) for n in place.names() if n not in place.fixtures]
    outer = [old for old in outer if old.maker == old.name and old.access == "{v}"]
    if not outer:
        return []
    old = draw.pick(outer)
    assert old.kind is not None
    made = ModernFixture(old.name, old.style, old.scope, place, kind=old.kind, maker=old.name)
    keywords = [] if old.scope is Scope.FUNCTION else [f'scope="{old.scope.word}"']
    made.loop_scope = _loop_scope(suite, old.scope, keywords)
    place.fixtures[old.name] = made
    suite.idioms.add("overriding")
    return [_written(suite, made, keywords, made.kind.make.splitlines(), made.kind.value)]


def _scope(suite: Suite, place: ModernPlace) -> Scope:
    weights = {"function": 5.0, "class": 0.7, "module": 2, "session": 3}
    if "package" in suite.usual:
        weights["package"] = 1
    if place.kind == "class":
        weights = {"function": 5, "class": 2}
    scope = _parsed(suite.draw.weighted(weights))
    return min(scope, _parsed(suite.uniform)) if suite.uniform else scope


def _loop_scope(suite: Suite, scope: Scope, keywords: list[str]) -> Scope:
    """Draw the loop scope of an async fixture, and name it where it must be."""
    default = suite.defaults.of_fixture(scope)
    wider = [word for word in (scope.word, *suite.usual) if _parsed(word) >= scope]
    chosen = _parsed(suite.draw.pick(wider))
    if suite.uniform:
        chosen = _parsed(suite.uniform)
        if default is chosen:
            return default
    elif default >= scope and suite.draw.chance(0.6):
        return default
    keywords.append(f'loop_scope="{chosen.word}"')
    return chosen


def _parsed(word: str) -> Scope:
    scope = Scope.parse(word)
    assert scope is not None
    return scope


def _body(suite: Suite, made: ModernFixture) -> tuple[list[str], str]:
    """Write what the fixture does, and the expression that it gives."""
    draw, lines = suite.draw, []
    assert isinstance(made.place, ModernPlace)
    needed = [made.place.fixture(name) for name in made.needs]
    for other in needed if made.is_async else ():
        lines += _dealt_with(suite, made, other)
    hands_on = needed and (made.style == "sync" or draw.chance(0.4))
    if hands_on:
        first = needed[0]
        made.kind, made.maker, made.access = first.kind, first.maker, first.access
        return lines, first.name
    assert made.kind is not None
    lines += made.kind.make.splitlines()
    return lines, made.kind.value


def _dealt_with(suite: Suite, made: ModernFixture, other: ModernFixture) -> list[str]:
    """Write what an async fixture does with one that it requests."""
    assert other.kind is not None
    value, draw = other.access.replace("{v}", other.name), suite.draw
    if other.kind.bound and draw.chance(0.4):
        maker = made.place.find(other.maker)
        assert isinstance(maker, ModernFixture)
        if maker.loop_scope is made.loop_scope or not suite.clean:
            return used(draw, other, value, f"{made.name} uses {other.maker}")
    if other.kind.reads and draw.chance(0.4):
        return [draw.pick(other.kind.reads).replace("{v}", value)]
    return []


def used(draw: Draw, fixture: ModernFixture, value: str, truth: str) -> list[str]:
    """Write a use of the value, with the comment that says whose loop it needs."""
    assert fixture.kind is not None
    first, *more = draw.pick(fixture.kind.uses).replace("{v}", value).splitlines()
    return [f"{first}  # {truth}", *more]


def _written(
    suite: Suite, made: ModernFixture, keywords: Sequence[str], lines: list[str], value: str
) -> str:
    end = made.kind.end.splitlines() if made.kind and made.maker == made.name else []
    if made.style == "generator":
        lines = [*lines, f"yield {value}".rstrip(), *(end or ["await asyncio.sleep(0)"])]
    elif value:
        lines = [*lines, f"return {value}"]
    body = indent("\n".join(lines or ["pass"]), "    ")
    arguments = (["self"] if made.place.kind == "class" else []) + list(made.needs)
    own = made.is_async and (
        suite.defaults.strict
        or any(keyword.startswith("loop_scope") for keyword in keywords)
        or suite.draw.chance(0.3)
    )
    name = "pytest_asyncio.fixture" if own else "pytest.fixture"
    call = f"({', '.join(keywords)})" if keywords else ""
    head = f"{'async ' * made.is_async}def {made.name}({', '.join(arguments)}):"
    return f"@{name}{call}\n{head}\n{body}"
