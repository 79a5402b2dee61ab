"""The call graph of a suite, by the names of its functions."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.index import SuiteIndex


class CallGraph:
    """Follows calls by name: functions, methods of the same object, constructors."""

    def __init__(self, index: SuiteIndex) -> None:
        self._index = index
        self._known: dict[Key, tuple[Key, ...]] = {}

    def of(self, key: Key) -> tuple[Key, ...]:
        """List the sync functions that run when this one does; fixtures and itself left out."""
        known = self._known.get(key)
        if known is None:
            found: dict[Key, None] = {}
            queue = [key]
            while queue:
                for target in self._called(queue.pop()):
                    if target not in found and target != key:
                        found[target] = None
                        queue.append(target)
            known = self._known[key] = tuple(found)
        return known

    def _called(self, key: Key) -> Iterator[Key]:
        function = self._index.function(key)
        for name in function.calls:
            target = self._method(key, name) if name.startswith("self.") else self._find(key, name)
            if target is not None:
                other = self._index.function(target)
                if other.fixture is None and not other.is_async and not other.is_generator:
                    yield target

    def _method(self, key: Key, name: str) -> Key | None:
        owner = self._index.function(key).class_ordinal
        if owner is None:
            return None
        return self._in_class(Key(key.path, owner), name.removeprefix("self."))

    def _in_class(self, cls: Key, name: str) -> Key | None:
        for owner in self._index.mro(cls):
            for function in self._index.files[owner.path].functions:
                if function.class_ordinal == owner.ordinal and function.name == name:
                    return Key(owner.path, function.ordinal)
        return None

    def _find(self, key: Key, name: str) -> Key | None:
        module, _, last = name.rpartition(".")
        path = self._index.find(key.path, module) if module.strip(".") else key.path
        if path is None:
            owner = self._index.find_class(key.path, module)
            return self._in_class(owner, last) if owner is not None else None
        found = self._index.module_functions(path).get(last)
        if found is not None:
            return found[0]
        cls = self._index.find_class(path, last)
        return self._in_class(cls, "__init__") if cls is not None else None
