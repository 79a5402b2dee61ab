"""What the functions of a suite call, by name: each other, and for the current loop."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from loopscope.analysis.file.facts import LATER, FileFacts, LoopCall, Place
from loopscope.analysis.suite.fixtures import AMBIENT, Key
from loopscope.analysis.suite.index import SuiteIndex


class CallGraph:
    """Follows calls by name: functions, methods of the same object, constructors."""

    def __init__(self, index: SuiteIndex) -> None:
        self._index = index
        self._known: dict[Key, tuple[Key, ...]] = {}
        self._direct: dict[Key, tuple[Key, ...]] = {}

    def of(self, key: Key) -> tuple[Key, ...]:
        """List the sync functions that run when this one does; fixtures and itself left out."""
        known = self._known.get(key)
        if known is None:
            found: dict[Key, None] = {}
            queue = [key]
            while queue:
                for target in self._called_by(queue.pop()):
                    if target not in found and target != key:
                        found[target] = None
                        queue.append(target)
            known = self._known[key] = tuple(found)
        return known

    def _called_by(self, key: Key) -> tuple[Key, ...]:
        known = self._direct.get(key)
        if known is None:
            known = self._direct[key] = tuple(self._called(key))
        return known

    def _called(self, key: Key) -> Iterator[Key]:
        function = self._index.function(key)
        for name in function.calls:
            target = (
                self._method(key, name) if name.startswith("self.") else self.find(key.path, name)
            )
            if target is not None:
                other = self._index.function(target)
                if other.fixture is None and not other.is_async and not other.is_generator:
                    yield target

    def made(self, key: Key) -> tuple[Key, ...]:
        """List the classes of which a function, or one that it calls, makes an object.

        Their bases and what their fields make are among them.
        """
        found: dict[Key, None] = {}
        queue = [
            (one, name) for one in (key, *self.of(key)) for name in self._index.function(one).calls
        ]
        while queue:
            caller, name = queue.pop()
            cls = self._index.find_class(caller.path, name)
            if name == "self.":  # ``cls()``
                owner = self._index.function(caller).class_ordinal
                cls = Key(caller.path, owner) if owner is not None else None
            for owner_key in self._index.mro(cls) if cls is not None else ():
                if owner_key not in found:
                    found[owner_key] = None
                    queue += [(owner_key, more) for more in self._index.cls(owner_key).builds]
        return tuple(found)

    def _method(self, key: Key, name: str) -> Key | None:
        owner = self._index.function(key).class_ordinal
        if owner is None:
            return None
        return self._index.method(Key(key.path, owner), name.removeprefix("self.") or "__init__")

    def find(self, path: str, name: str) -> Key | None:
        """Find the function that a call of this dotted name in a file runs."""
        module, _, last = name.rpartition(".")
        file = self._index.find(path, module) if module.strip(".") else path
        if file is None:
            owner = self._index.find_class(path, module)
            return self._index.method(owner, last) if owner is not None else None
        found = self._index.module_functions(file).get(last)
        if found is not None:
            return found[0]
        cls = self._index.find_class(file, last)
        return self._index.method(cls, "__init__") if cls is not None else None


class CurrentLoop:
    """The calls for the current loop in sync code, by the function that makes them."""

    def __init__(
        self, files: Mapping[str, FileFacts], index: SuiteIndex, call_graph: CallGraph
    ) -> None:
        self._index = index
        self._call_graph = call_graph
        self._own: dict[Key, list[LoopCall]] = defaultdict(list)
        for path, facts in files.items():
            for call in facts.loop_calls:
                if call.owner is not None and call.place is not Place.ASYNC:
                    self._own[Key(path, call.owner)].append(call)
        self._takes = {
            Key(path, cls.ordinal): cls
            for path, facts in files.items()
            for cls in facts.classes
            if cls.takes
        }
        self._known: dict[Key, tuple[LoopCall, ...]] = {}
        self._handed_out = self._fixtures_that_hand_out()

    @property
    def files(self) -> frozenset[str]:
        """The files of the sync code that asks for it."""
        return frozenset(key.path for key in (*self._own, *self._takes))

    def own_calls(self, key: Key) -> Sequence[LoopCall]:
        """List the calls that stand in a function, or in what it defines."""
        return self._own.get(key, ())

    @property
    def askers(self) -> Iterable[Key]:
        """The functions in whose text such a call stands."""
        return self._own

    def calls(self, key: Key) -> tuple[LoopCall, ...]:
        """List the calls of a function, those of the functions that it calls at its own line.

        The fixture of LS109 only looks whether there is a loop.
        """
        if not (self._own or self._takes) or self._index.function(key).name == AMBIENT:
            return ()
        known = self._known.get(key)
        if known is None:
            known = (*self._own.get(key, ()), *self._through(key))
            self._known[key] = known
        return known

    def _through(self, key: Key) -> list[LoopCall]:
        """List what the functions and classes take that a function calls, at its own line."""
        function = self._index.function(key)
        taken: list[tuple[str, Sequence[LoopCall]]] = [
            (self._index.function(other).qualname, self._own.get(other, ()))
            for other in self._call_graph.of(key)
        ]
        for name in function.calls if self._handed_out else ():
            if name in function.parameters:
                taken += self._handed_out.get(name, ())
        for made in self._call_graph.made(key) if self._takes else ():
            if made in self._takes:
                cls = self._takes[made]
                taken.append((cls.qualname, cls.takes))
        return [
            replace(
                call,
                line=function.line,
                column=1,
                ordinal=key.ordinal,
                owner=key.ordinal,
                through=name,
            )
            for name, calls in taken
            for call in calls
            if call.place is Place.SYNC
        ]

    def _fixtures_that_hand_out(self) -> dict[str, list[tuple[str, Sequence[LoopCall]]]]:
        """Map names of sync fixtures to what the functions that they hand out take."""
        found: dict[str, list[tuple[str, Sequence[LoopCall]]]] = defaultdict(list)
        for key, calls in self._own.items():
            function = self._index.function(key)
            later = [replace(call, place=Place.SYNC) for call in calls if call.place in LATER]
            if later and function.fixture is not None and not function.is_async:
                found[function.fixture.name].append((function.qualname, later))
        return found

    def asks(self, key: Key, *, needs: bool = False) -> bool:
        """Whether the function asks for it when it is called, not later.

        With ``needs``, only where it cannot do without one.
        """
        calls = (call for call in self.calls(key) if call.place is Place.SYNC)
        return any(not (needs and call.guarded) for call in calls)

    def only_through(self, key: Key) -> str:
        """Name the one function through which it asks; "" where it also asks by itself."""
        calls = [call for call in self.calls(key) if call.place is Place.SYNC]
        return calls[0].through if calls and all(call.through for call in calls) else ""

    def in_methods(self, cls: Key, names: Collection[str]) -> str:
        """Name a method, one of these, that asks for it, in a class or its bases."""
        return next(
            (
                function.name
                for owner in self._index.mro(cls)
                for function in self._index.methods(owner)
                if function.name in names and self.asks(Key(owner.path, function.ordinal))
            ),
            "",
        )
