"""How far the values of fixtures belong to the loop that they were made on.

What one file says of its functions is in ``analysis/file/values.py``; here calls are followed
through the suite, and arguments to the fixtures that a test gets by their names.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from loopscope.analysis.file.value_words import word_of
from loopscope.analysis.file.values import FileValues, FunctionValues, Use, Value, ValueKind
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.python_source.source import SourceError, decode

_DEEPEST = 6
_NOTHING = FunctionValues()
Lookup = Callable[[FixtureDef, str], FixtureDef | None]
"""The fixture that a fixture gets by the name of an argument, in one test."""


class Bond(enum.IntEnum):
    """How close a value is to the loop that it was made on; ``max`` of two is the closer one."""

    NONE = 0  # it belongs to none
    UNKNOWN = 1  # nothing is known of it: it does where it is awaited
    NAMED = 2  # a client, a pool, an object with async methods: where it is also handed on
    BOUND = 3  # a loop, a lock, a task


class Held(NamedTuple):
    """What a value is to its loop, and the word for it: "lock", "" where it has none."""

    bond: Bond
    word: str = ""


_FREE = Held(Bond.NONE)


class LoopValues:
    """Answers for the functions of one suite; a file is read when it is asked for."""

    def __init__(self, index: SuiteIndex, texts: Mapping[str, bytes]) -> None:
        self._index = index
        self._texts = texts
        self._files: dict[str, FileValues | None] = {}

    def of(self, key: Key) -> FunctionValues:
        """Return what one function gives, stores and uses."""
        if key.path not in self._files:
            self._files[key.path] = self._read(key.path)
        file = self._files[key.path]
        try:
            return file.of(key.ordinal) if file is not None else _NOTHING
        except (RecursionError, MemoryError):
            return _NOTHING  # said elsewhere

    def _read(self, path: str) -> FileValues | None:
        try:
            return FileValues(decode(self._texts[path]).text)
        except (KeyError, SourceError, SyntaxError, RecursionError, MemoryError):
            return None  # said elsewhere

    def held(self, fixture: FixtureDef, lookup: Lookup) -> Held:
        """Return what the value of a fixture is to its loop.

        What it only hands on belongs to the loop of the fixture that it has it from.
        """
        if fixture.key.is_external:
            return Held(Bond.UNKNOWN)
        values = self.of(fixture.key)
        own = {value for value in values.gives if not self._hands_on(values, value)}
        return self._closest(fixture, own, lookup, _DEEPEST)

    @staticmethod
    def _hands_on(values: FunctionValues, value: Value) -> bool:
        used = values.uses.get(value.name, Use.READ)
        return value.kind is ValueKind.ARGUMENT and used < Use.PASSED

    def hands_on(self, fixture: FixtureDef) -> bool:
        """Whether the value of a fixture holds, or comes from, that of any argument."""
        gives = () if fixture.key.is_external else self.of(fixture.key).gives
        return any(value.kind is ValueKind.ARGUMENT for value in gives)

    def derives(self, fixture: FixtureDef, name: str) -> bool:
        """Whether the value of a fixture holds, or comes from, that of its argument."""
        if fixture.key.is_external:
            return True
        return Value(ValueKind.ARGUMENT, name) in self.of(fixture.key).gives

    def stored(self, fixture: FixtureDef, lookup: Lookup) -> Iterator[tuple[str, Held]]:
        """List what a fixture leaves outside of itself, by the names that lead there."""
        if fixture.key.is_external:
            return
        for root, value in self.of(fixture.key).stores:
            held = self._held(fixture, value, lookup, _DEEPEST)
            if held.bond is not Bond.NONE:
                yield root, held

    def left(self, key: Key) -> Iterator[tuple[str, Held]]:
        """List what a function leaves in variables of its module, by their names."""
        for name, value in self.of(key).sets:
            yield name, self._given_by(key, (value,), _DEEPEST)

    def _closest(
        self, fixture: FixtureDef | None, values: Iterable[Value], lookup: Lookup, depth: int
    ) -> Held:
        found = (self._held(fixture, value, lookup, depth) for value in sorted(values, key=str))
        return max(found, key=lambda held: held.bond, default=_FREE)

    def _held(self, fixture: FixtureDef | None, value: Value, lookup: Lookup, depth: int) -> Held:
        if value.kind is ValueKind.BOUND:
            return Held(Bond.BOUND, value.name)
        if value.kind is ValueKind.NAMED:
            return Held(Bond.NAMED, value.name)
        if depth <= 0:
            return Held(Bond.UNKNOWN)
        if value.kind is ValueKind.CALL and fixture is not None:
            return self._called(fixture.key, value.name, depth - 1)
        if value.kind is ValueKind.ARGUMENT and fixture is not None:
            other = lookup(fixture, value.name)
            if other is None or other == fixture or other.key.is_external:
                return Held(Bond.UNKNOWN)
            return self._closest(other, self.of(other.key).gives, lookup, depth - 1)
        return Held(Bond.UNKNOWN)

    # -- calls ---------------------------------------------------------------------------

    def _called(self, asking: Key, name: str, depth: int) -> Held:
        """Return what a function or class of the suite gives; of others the name tells."""
        cls = self._index.find_class(asking.path, name)
        if cls is not None:
            return self._made(cls, depth)
        target = self._function(asking, name)
        if target is None:
            word = word_of(name)
            return Held(Bond.NAMED, word) if word else Held(Bond.UNKNOWN)
        return self._given_by(target, self.of(target).gives, depth)

    def _given_by(self, key: Key, values: Iterable[Value], depth: int) -> Held:
        best = _FREE
        for value in sorted(values, key=str):
            if value.kind is ValueKind.CALL and depth > 0:
                held = self._called(key, value.name, depth - 1)
            elif value.kind is ValueKind.ARGUMENT:
                continue  # the values that it is called with stand beside the call
            else:
                held = self._held(None, value, lambda *_: None, depth)
            best = max(best, held, key=lambda held: held.bond)
        return best

    def _function(self, asking: Key, name: str) -> Key | None:
        module, _, last = name.rpartition(".")
        path = self._index.find(asking.path, module) if module.strip(".") else asking.path
        found = self._index.module_functions(path).get(last) if path is not None else None
        return found[0] if found is not None else None

    def _made(self, cls: Key, depth: int) -> Held:
        """Return what an object of a class of the suite is to the loop that it is made on."""
        best = Held(Bond.UNKNOWN)
        for owner in self._index.mro(cls):
            for function in self._index.files[owner.path].functions:
                if function.class_ordinal != owner.ordinal:
                    continue
                if function.is_async and best.bond < Bond.NAMED:
                    best = Held(Bond.NAMED, self._index.cls(cls).name)
                if function.name in ("__init__", "__post_init__"):
                    key = Key(owner.path, function.ordinal)
                    values = [value for _, value in self.of(key).stores]
                    held = self._given_by(key, values, depth)
                    if held.bond is Bond.BOUND:
                        best = held
        return best

    # -- uses ----------------------------------------------------------------------------

    def use(self, key: Key, name: str) -> Use | None:
        """Return the strongest use that a function makes of a name; None where it makes none."""
        return self.of(key).uses.get(name)
