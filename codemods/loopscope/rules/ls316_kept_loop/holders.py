"""The places of a suite where something is kept that keeps its loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.fixtures import Key
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.rules.ls316_kept_loop.in_files import (
    CLASS_SET_UPS,
    LOOP,
    TEST_CLIENTS,
    Making,
    keeps,
)


@frozen
class Holder:
    """A variable, class attribute, cached function or wide fixture, with where it is made.

    ``owner`` is the class of an attribute, or the function; ``each`` says that every class with
    tests makes its own.
    """

    path: str
    name: str
    line: int
    column: int
    what: str  # what is kept, in words
    place: str  # where, in words
    owner: int | None = None
    each: bool = False
    maker: Key | None = None  # the function that sets it
    test_client: bool = False  # it runs the application on a loop of its own


class Holders:
    """Finds out what the makings of all files keep."""

    def __init__(self, model: SuiteModel) -> None:
        self._model = model
        self._index = model.index
        self._in_class: dict[Key, list[Making]] = {}
        self._in_function: dict[Key, list[Making]] = {}
        self._known: dict[tuple[str, int], str] = {}
        self._makings: list[tuple[str, int, int, int | None, Making]] = []
        for path, facts in model.files.items():
            functions = {function.ordinal: function for function in facts.functions}
            for hazard in facts.hazards:
                if hazard.code != "LS316":
                    continue
                making = Making.read(hazard)
                self._makings.append((path, hazard.line, hazard.column, hazard.ordinal, making))
                function = functions.get(hazard.ordinal) if hazard.ordinal is not None else None
                if function is not None:
                    self._in_function.setdefault(Key(path, function.ordinal), []).append(making)
                    if function.class_ordinal is not None and making.kind == "object":
                        owner = Key(path, function.class_ordinal)
                        self._in_class.setdefault(owner, []).append(making)
                elif hazard.ordinal is not None and making.kind == "object":
                    self._in_class.setdefault(Key(path, hazard.ordinal), []).append(making)

    @cached_property
    def all(self) -> tuple[Holder, ...]:
        """List what is kept outside of functions, and by those that remember it."""
        return tuple(self._all())

    @property
    def joined(self) -> Iterator[tuple[str, Making]]:
        """Yield what statements at module level join to a variable, with their files."""
        for path, _, _, _, making in self._makings:
            if making.kind == "joined":
                yield path, making

    def _all(self) -> Iterator[Holder]:
        for path, line, column, ordinal, making in self._makings:
            if making.kind not in ("variable", "global", "class", "cached"):
                continue
            what = self._kept(path, making.callees)
            client = not what and any(item in TEST_CLIENTS for item in making.callees)
            if not what and not client:
                continue
            what = what or "TestClient"
            maker = None
            if making.kind in ("global", "class") and ordinal is not None:
                maker = Key(path, ordinal)
            place = "at module level"
            holder = Holder(
                path, making.name, line, column, what, place, maker=maker, test_client=client
            )
            if making.kind == "cached":
                yield replace(holder, owner=ordinal, place="by a function that remembers it")
            elif making.kind == "class" and maker is not None:
                yield from self._on_class(holder, maker)
            elif making.kind == "variable" and ordinal is not None:
                yield replace(holder, owner=ordinal, place="on its class")
            else:
                yield holder

    def _on_class(self, holder: Holder, maker: Key) -> Iterator[Holder]:
        """Place an attribute that a function sets on its own class, or on one that it names."""
        function = self._index.function(maker)
        named, _, attribute = holder.name.rpartition(".")
        owner = function.class_ordinal
        if named:
            cls = self._index.find_class(holder.path, named)
            owner = cls.ordinal if cls is not None and cls.path == holder.path else None
        if owner is not None:
            each = function.name in CLASS_SET_UPS
            place = "on its class"
            yield replace(holder, name=attribute, owner=owner, place=place, each=each)

    def of_fixture(self, key: Key, function: Function) -> Holder | None:
        """Return what a sync fixture of a wide scope makes and hands out."""
        fixture = function.fixture
        assert fixture is not None
        made = [item for making in self._in_function.get(key, ()) for item in making.callees]
        what = self._kept(key.path, (*function.calls, *made))
        if not what:
            return None
        place = f"by a fixture of scope {fixture.scope.word}"
        return Holder(key.path, fixture.name, function.line, 1, what, place, key.ordinal)

    # -- what keeps ------------------------------------------------------------------------

    def _kept(self, path: str, callees: Iterable[str]) -> str:
        """Name the first of the callees whose value keeps a loop, "" without one."""
        for name in callees:
            if name == LOOP:
                return "the running loop"
            if keeps(name):
                return name
            if self._keeps_itself(path, name):
                return name.rpartition(".")[2]
        return ""

    def _keeps_itself(self, path: str, name: str) -> bool:
        """Whether a class or function of the suite makes something that keeps its loop."""
        cls = self._index.find_class(path, name)
        if cls is not None:
            return any(self._class_keeps(owner) for owner in self._index.mro(cls))
        module, _, attribute = name.rpartition(".")
        file = self._index.find(path, module) if module.strip(".") else path
        found = self._index.module_functions(file).get(attribute) if file is not None else None
        if found is None or found[1].fixture is not None:
            return False
        return self._makes(*found)

    def _class_keeps(self, cls: Key) -> bool:
        known = self._known.get((cls.path, cls.ordinal))
        if known is None:
            self._known[cls.path, cls.ordinal] = ""  # classes may hold each other
            known = ""
            for making in self._in_class.get(cls, ()):
                known = known or self._kept(cls.path, making.callees)
            self._known[cls.path, cls.ordinal] = known
        return bool(known)

    def _makes(self, key: Key, function: Function) -> bool:
        known = self._known.get((key.path, key.ordinal))
        if known is None:
            self._known[key.path, key.ordinal] = ""
            made = [item for making in self._in_function.get(key, ()) for item in making.callees]
            known = self._kept(key.path, (*function.calls, *made))
            self._known[key.path, key.ordinal] = known
        return bool(known)
