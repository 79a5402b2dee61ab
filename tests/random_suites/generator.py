"""Draws a suite: a tree of places with overrides, fixtures and tests, written out as files."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from textwrap import indent

from loopscope.types import Scope

from .bodies import draw_body, fixture, override
from .checks import Wanted, test
from .configuration import draw_configuration
from .draft import Draft, RandomSuite
from .draw import Draw
from .model import LIFETIMES, Fixture, Place

_NOUNS = ("db", "queue", "client", "cache", "server", "worker", "bus", "store", "feed", "lock")
_STYLES = {
    "async": 10.0, "plain": 2, "orders": 1, "stores": 1.2, "runs": 2, "alias": 0.8,
    "driver": 1.5, "dynamic": 0.6, "ambient": 0.8,
}  # fmt: skip
_GIVES = {"plain": "", "orders": "", "alias": "loop", "driver": "driver", "ambient": "current"}
_SCOPES = {
    "root": {"session": 10, "module": 4, "function": 3, "class": 2, "package": 0.7},
    "folder": {"session": 3, "module": 3, "function": 2, "class": 1, "package": 1.5},
    "module": {"session": 2, "module": 4, "function": 2, "class": 1, "package": 0.3},
    "class": {"class": 4, "function": 2, "module": 0.5, "session": 0.5},
}


def generate(number: int) -> RandomSuite:
    """Generate the suite of that number, always the same."""
    return draft(number).suite()


def draft(number: int) -> Draft:
    """Generate the suite of that number, in blocks that can still be spelled otherwise."""
    return _Generator(Draw(number)).draft()


class _Generator:
    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.strict = draw.chance(0.5)
        self.blocks: dict[str, list[str]] = defaultdict(list)
        self.imports: dict[str, list[str]] = {}  # file -> lines that import the override by name
        self.idioms: set[str] = set()
        self.serial = 0
        self.doubtful: list[Fixture] = []  # illegal where they stand, but not where they are used
        self.alone = draw.chance(0.3)  # one override for everything

    def draft(self) -> Draft:
        root = Place("root", "conftest.py")
        self.blocks["conftest.py"] = []
        if self.alone or self.draw.chance(0.6):
            self._override(root)
        self._fixtures(root, 5)
        for _ in range(self.draw.number(0, 2)):
            self._folder(root, "", 1)
        for _ in range(self.draw.number(1, 2)):
            self._module(root, "")
        useless = {made.text for made in self.doubtful if not made.used}
        files, options = draw_configuration(self.draw, strict=self.strict)
        blocks = {
            path: [text for text in texts if text and text not in useless]
            for path, texts in self.blocks.items()
        }
        return Draft(self.strict, files, options, blocks, self.imports, self.idioms, self.serial)

    def _number(self) -> int:
        self.serial += 1
        return self.serial

    # -- places ---------------------------------------------------------------------------

    def _folder(self, parent: Place, base: str, depth: int) -> None:
        folder = f"{base}part{self._number()}/"
        place = Place("folder", f"{folder}conftest.py", parent)
        if self.draw.chance(0.6):
            self.blocks[f"{folder}__init__.py"] = []
        self._maybe_override(place, 0.4)
        self._fixtures(place, 3)
        for _ in range(self.draw.number(1, 2)):
            self._module(place, folder)
        if depth < 3 and self.draw.chance(0.35):
            self._folder(place, folder, depth + 1)

    def _module(self, parent: Place, folder: str) -> None:
        place = Place("module", f"{folder}test_{self._number()}.py", parent)
        self._maybe_override(place, 0.35)
        self._fixtures(place, 3)
        mixed = self.draw.chance(0.6)
        marked = self.strict or self.draw.chance(0.2)
        if not mixed and marked and self.draw.chance(0.6):
            marked = False
            self.blocks[place.path].append("pytestmark = pytest.mark.asyncio")
        for _ in range(self.draw.number(1, 4)):
            self.blocks[place.path].append(self._test((place,), mixed, marked))
        if self.draw.chance(0.5):
            self._classes(place, mixed, marked)

    def _classes(self, module: Place, mixed: bool, marked: bool) -> None:
        """One class, or a base class with two children."""
        based = self.draw.chance(0.3)
        places = [Place("class", module.path, module) for _ in range(2 if based else 1)]
        number = self._number()
        names = [f"Test{number}{letter}" for letter in "AB"[: len(places)]]
        on_class = not mixed and marked and self.draw.chance(0.5)
        texts = []
        for name, place in zip(names, places, strict=True):
            body = self._class_body(place)
            if not based or self.draw.chance(0.5):
                body += self._tests((place,), mixed, marked and not on_class)
            mark = "@pytest.mark.asyncio\n" * on_class
            base = f"(Base{number})" * based
            inner = indent("\n\n".join(body or ["pass"]), "    ")
            texts.append(f"{mark}class {name}{base}:\n{inner}")
        if based:
            body = self._tests(tuple(places), mixed, marked and not on_class)
            texts.insert(0, f"class Base{number}:\n" + indent("\n\n".join(body), "    "))
        self.blocks[module.path] += texts

    def _class_body(self, place: Place) -> list[str]:
        body: list[str] = []
        if not self.alone and self.draw.chance(0.25):
            scope = Scope.parse(self.draw.weighted(_SCOPES["class"]))
            assert scope is not None
            if place.may_override(scope):
                body += filter(None, [self._override_text(place, scope)])
        for _ in range(self.draw.number(0, 2)):
            body += self._fixture(place, {"function": 2, "class": 2})
        return body

    def _tests(self, places: tuple[Place, ...], mixed: bool, marked: bool) -> list[str]:
        count = self.draw.number(1, 2)
        return [self._test(places, mixed, marked, method=True) for _ in range(count)]

    def _test(
        self, places: tuple[Place, ...], mixed: bool, marked: bool, method: bool = False
    ) -> str:
        is_async = not mixed or self.draw.chance(0.6)
        name = f"test_{self._number()}"
        wanted = Wanted(name, places, is_async, is_async and marked, method)
        return test(self.draw, wanted)

    # -- overrides ------------------------------------------------------------------------

    def _maybe_override(self, place: Place, probability: float) -> None:
        if self.alone or not self.draw.chance(probability):
            return
        self._override(place)

    def _override(self, place: Place) -> None:
        scope = Scope.parse(self.draw.weighted(_SCOPES[place.kind]))
        assert scope is not None
        if not place.may_override(scope) and not self.draw.chance(0.1):
            return  # green only where the order of the tests is lucky
        home = self.draw.weighted({"": 8, "loops": 1, "plugin": 1 if place.kind == "root" else 0})
        text = self._override_text(place, scope, home)
        if not text:
            return
        if not home:
            self.blocks[place.path].append(text)
            return
        module = f"{home}{self._number()}"
        self.blocks[f"{module}.py"].append(text)
        if home == "plugin":
            self.blocks[place.path].append(f'pytest_plugins = ["{module}"]')
        else:
            self.imports[place.path] = [f"from {module} import event_loop  # noqa: F401"]

    def _override_text(self, place: Place, scope: Scope, home: str = "") -> str:
        """Write the override for its place, "" if it would be illegal."""
        lingering = scope > LIFETIMES[place.kind]
        body = draw_body(self.draw, lingering=lingering, alone=self.alone)
        autouse = self.draw.chance(0.03)
        before, place.override = place.override, scope
        if not place.legal([]):
            place.override = before
            return ""
        self.idioms |= {body, "autouse"} if autouse else {body}
        return override(self.draw, body, scope, kind=home or place.kind, autouse=autouse)

    # -- fixtures -------------------------------------------------------------------------

    def _fixtures(self, place: Place, at_most: int) -> None:
        scopes = {"function": 4, "class": 1, "module": 2, "package": 0.3, "session": 3}
        for _ in range(self.draw.number(0, at_most)):
            self.blocks[place.path] += self._fixture(place, scopes)

    def _fixture(self, place: Place, scopes: Mapping[str, float]) -> list[str]:
        """Write a new fixture, or none if the draw was illegal at its own place."""
        draw = self.draw
        style = draw.weighted(_STYLES)
        scope = Scope.parse(draw.weighted(scopes))
        assert scope is not None
        old = [name for name in place.names() if name not in place.fixtures]
        again = bool(old) and draw.chance(0.12)
        name = draw.pick(old) if again else f"{draw.pick(_NOUNS)}{self._number()}"
        if again or style == "ambient":
            scope = Scope.FUNCTION
        made = Fixture(name, style, scope, place, yields=draw.chance(0.5))
        if style in ("alias", "driver", "orders"):
            made.yields = False
        if again and (place.find(name).autouse or place.find(name).scope > scope):
            return []  # what asks for it may be wider
        others = [n for n in place.names() if n != name and place.find(n).scope >= scope]
        wanted = draw.some(others, 2)
        if again and draw.chance(0.4):
            wanted.append(name)
        made.needs = tuple(n for n in wanted if _hands_on(style, place.find(n).gives))
        needs = {n: place.find(n).gives for n in made.needs}
        made.gives = _GIVES.get(style, "home")
        if style == "plain" and "home" in needs.values():
            made.gives = "home"
        made.autouse = not again and style in ("async", "orders", "plain") and draw.chance(0.12)
        if again and made.gives != place.find(name).gives:
            return []
        before = place.fixtures.get(name)
        place.fixtures[name] = made
        if not place.legal([name]) and place.kind != "root" and before is None:
            del place.fixtures[name]
            return []
        if made.autouse and not place.legal([]):
            made.autouse = False
        made.text = fixture(draw, made, needs, strict=self.strict)
        if not place.legal([name]):
            self.doubtful.append(made)
        return [made.text]


def _hands_on(style: str, gives: str) -> bool:
    """Whether a fixture of that style can do something with what another gives."""
    return style != "ambient" and (gives in ("", "home", "loop") or (style, gives) == _DRIVEN)


_DRIVEN = ("runs", "driver")
