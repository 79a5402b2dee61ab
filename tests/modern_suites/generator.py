"""Draws a suite for pytest-asyncio 1.x: scopes, defaults, marks, fixtures and tests."""

from __future__ import annotations

import re
from collections import defaultdict

from ..random_suites.configuration import draw_configuration
from ..random_suites.draw import Draw
from .checks import Wanted, write_test
from .classes import ClassDraws
from .fixtures import draw_fixture
from .marks import EARLY_LOOP, HOOKS, Spellings
from .model import Defaults, ModernPlace, ModernSuite
from .values import SUPPORT

_WORDS = ("function", "class", "module", "package", "session")


def generate(number: int, release: str) -> ModernSuite:
    """Generate the suite of that number for a release of pytest-asyncio, always the same."""
    return _Generator(Draw(number), release).suite()


class _Generator:
    def __init__(self, draw: Draw, release: str) -> None:
        self.draw = draw
        self.release = tuple(map(int, release.split(".")))
        self.words = [word for word in _WORDS if word != "package" or self.release >= (1, 0)]
        self.blocks: dict[str, list[str]] = defaultdict(list)
        self.imports: dict[str, str] = {}
        self.idioms: set[str] = set()
        self.bound: set[str] = set()
        self.serial = 0
        self.clean = draw.chance(0.5)  # no test uses a value of another loop
        self.support = draw.chance(0.4)  # classes and helpers are imported from one module
        # Most suites name one or two loop scopes, again and again.
        self.usual = draw.some([word for word in self.words if word != "function"], 2) or [
            "session"
        ]
        # Up to 1.1 a test runs on the loop that was made current last (docs/loop-rules.md,
        # Tests on the current loop): its own, where all fixtures have the same wide loop scope.
        self.uniform = draw.pick(["module", "session"]) if self.release < (1, 2) else ""
        if self.uniform:
            self.usual = [self.uniform]
        self.defaults = self._defaults()
        self.spellings = Spellings(draw)
        self.classes = ClassDraws(
            draw,
            self.spellings,
            self.number,
            self._mark_scope,
            self._methods,
            self._class_fixtures,
        )

    def _defaults(self) -> Defaults:
        draw = self.draw
        strict = draw.chance(0.5)
        wide = self.uniform or draw.pick(["session", "session", "module", *self.usual])
        fixture = draw.weighted({"": 2, "function": 3, wide: 4, "fixture-scope": 1})
        if fixture == "fixture-scope" and self.release < (1, 5):
            fixture = "function"
        if not fixture and self.release < (1, 0):
            fixture = "function"  # nothing else tells that the suite is for loop scopes
        test = draw.weighted({"": 4, "function": 1, fixture if fixture in _WORDS else wide: 4})
        may_hook = self.uniform in ("", "session")
        hook = draw.pick(list(HOOKS)) if may_hook and draw.chance(0.15) else ""
        on_marked = self.release[:2] != (1, 0)  # there a hook leaves tests that have marks
        return Defaults(strict, fixture, test, hook, on_marked)

    def suite(self) -> ModernSuite:
        draw = self.draw
        root = ModernPlace("root", "conftest.py")
        self.blocks[root.path] = [HOOKS[self.defaults.hook]] if self.defaults.hook else []
        if self.defaults.hook and not self.defaults.hook_on_marked:
            self.blocks[root.path].append(EARLY_LOOP)
        self._root_fixtures(root)
        for _ in range(draw.number(0, 2)):
            self._folder(root, "", 1)
        for _ in range(draw.number(1, 2)):
            self._module(root, "")
        files, _ = draw_configuration(
            draw,
            strict=self.defaults.strict,
            options=self.defaults.options,
            new=self.release >= (1, 3),
        )
        if not self.defaults.fixture or draw.chance(0.4):
            major, minor, *_ = self.release
            files["requirements-test.txt"] = f"pytest\npytest-asyncio>={major}.{minor}\n"
        if self.defaults.hook and self.release < (1, 1):  # what it moves depends on the release
            text = f"pytest\npytest-asyncio=={'.'.join(map(str, self.release))}\n"
            files["requirements-test.txt"] = text
        for path, blocks in list(self.blocks.items()):
            files[path] = self._text(path, blocks)
        if self.support:
            names = {name for text in files.values() for name in _needed(text)}
            files["support.py"] = _with_imports("", [_support(n) for n in SUPPORT if n in names])
        self.idioms |= {f"hook {self.defaults.hook}"} if self.defaults.hook else set()
        return ModernSuite(files, frozenset(self.idioms), frozenset(self.bound))

    def number(self) -> int:
        """Count on, for names that are unique."""
        self.serial += 1
        return self.serial

    # -- places ---------------------------------------------------------------------------

    def _root_fixtures(self, root: ModernPlace) -> None:
        """Draw the fixtures of the root: in its conftest, in a plugin, or imported."""
        home = self.draw.weighted({"": 8, "plugin": 1, "imported": 1})
        if home:
            root.path = "shop_fixtures.py"
        self._fixtures(root, 4)
        if home == "plugin":
            self.blocks["conftest.py"].append('pytest_plugins = ["shop_fixtures"]')
        elif home:
            names = ", ".join(root.fixtures)
            self.imports["conftest.py"] = f"from shop_fixtures import {names}  # noqa: F401"
        self.idioms |= {f"root fixtures {home}"} if home else set()

    def _folder(self, parent: ModernPlace, base: str, depth: int) -> None:
        folder = f"{base}part{self.number()}/"
        place = ModernPlace("folder", f"{folder}conftest.py", parent)
        if self.draw.chance(0.6):
            self.blocks[f"{folder}__init__.py"] = []
        self._fixtures(place, 3)
        for _ in range(self.draw.number(1, 2)):
            self._module(place, folder)
        if depth < 2 and self.draw.chance(0.35):
            self._folder(place, folder, depth + 1)

    def _module(self, parent: ModernPlace, folder: str) -> None:
        place = ModernPlace("module", f"{folder}test_{self.number()}.py", parent)
        blocks = self.blocks[place.path]
        if self.draw.chance(0.35):
            place.mark = self._mark_scope()
            blocks.append(self.spellings.assigned(place.path, place.mark))
        self._fixtures(place, 3)
        for _ in range(self.draw.number(1, 3)):
            blocks.append(self._test((place,), method=False))
        if self.draw.chance(0.6):
            blocks += self.classes.blocks(place)

    def _mark_scope(self) -> str:
        """Draw the loop scope that a mark names, "" where it names none."""
        return self.draw.weighted({"": 3, "function": 1, self.draw.pick(self.usual): 5})

    # -- fixtures and tests ---------------------------------------------------------------

    def _fixtures(self, place: ModernPlace, at_most: int) -> None:
        for _ in range(self.draw.number(0 if place.kind != "root" else 1, at_most)):
            self.blocks[place.path] += draw_fixture(self, place)

    def _class_fixtures(self, place: ModernPlace) -> list[str]:
        body: list[str] = []
        for _ in range(self.draw.number(0, 2) if self.draw.chance(0.4) else 0):
            body += draw_fixture(self, place)
        return body

    def _methods(self, places: tuple[ModernPlace, ...]) -> list[str]:
        return [self._test(places, method=True) for _ in range(self.draw.number(1, 2))]

    def _test(self, places: tuple[ModernPlace, ...], *, method: bool) -> str:
        draw = self.draw
        is_async = draw.chance(0.85)
        bare = self.defaults.strict and any(place.closest_mark is None for place in places)
        mark = self._mark_scope() if is_async and (bare or draw.chance(0.25)) else None
        decorators = []
        if mark is not None:
            decorators.append(self.spellings.decorator(places[0].path, mark))
            if draw.chance(0.05):  # the innermost counts
                decorators.insert(0, self.spellings.decorator(places[0].path, self._mark_scope()))
        name = f"test_{self.number()}"
        return write_test(self, Wanted(name, places, is_async, mark, decorators, method))

    # -- files ----------------------------------------------------------------------------

    def _text(self, path: str, blocks: list[str]) -> str:
        blocks = [*self.spellings.definitions(path), *blocks]
        names = _needed("\n".join(blocks))
        own = [self.imports.get(path, "")]
        if self.support:
            own.append(f"from support import {', '.join(sorted(names))}" if names else "")
        else:
            blocks = [*map(_support, names), *blocks]
        return _with_imports("\n".join(filter(None, own)), blocks)


def _needed(code: str) -> list[str]:
    """List what of SUPPORT the code names."""
    return [name for name in SUPPORT if re.search(rf"\b{name}\(|\({name},", code)]


def _support(name: str) -> str:
    return SUPPORT[name].strip("\n")


def _with_imports(own: str, blocks: list[str]) -> str:
    code = "\n\n\n".join(blocks)
    standard = [
        "import asyncio" if "asyncio." in code.replace("mark.asyncio", "") else "",
        "from dataclasses import dataclass" if "@dataclass" in code else "",
        "from pathlib import Path" if "Path(" in code else "",
        "from types import SimpleNamespace" if "SimpleNamespace(" in code else "",
    ]
    others = [
        "import pytest" if re.search(r"\bpytest\.", code) else "",
        "import pytest_asyncio" if "pytest_asyncio." in code else "",
        "from pytest_asyncio import is_async_test" if "is_async_test(" in code else "",
    ]
    groups = ["\n".join(filter(None, group)) for group in (standard, others, [own])]
    text = "\n\n\n".join(filter(None, ("\n\n".join(filter(None, groups)), code)))
    return f"{text}\n" if text else ""
