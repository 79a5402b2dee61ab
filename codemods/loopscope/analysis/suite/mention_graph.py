"""What is within reach of the code of a suite, from mention to mention.

What a class or a module can do counts as within reach of whoever mentions it: its objects may be
handed around.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Mapping
from typing import TypeAlias

from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.analysis.suite.index import SuiteIndex

# Run before each test of their class or module, and may keep what the test uses.
SET_UPS = frozenset(
    {
        "setup_module", "setup_function", "setup_class", "setup_method", "setup",
        "teardown_module", "teardown_function", "teardown_class", "teardown_method", "teardown",
    }
)  # fmt: skip


class NodeKind(enum.IntEnum):  # an Enum hashes by its name, and each node is hashed often
    """What a mention may mean."""

    FUNCTION = enum.auto()
    CLASS = enum.auto()
    VARIABLE = enum.auto()
    MODULE = enum.auto()


Node: TypeAlias = tuple[NodeKind, str, int | str]  # kind, file, ordinal or name


class MentionGraph:
    """Follows mentions from function to function, through classes, variables and modules.

    ``variables`` are those, by file, that count although they mention nothing of the suite.
    """

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        index: SuiteIndex,
        variables: Collection[tuple[str, str]] = (),
    ) -> None:
        self._files = files
        self._index = index
        self._variables = variables
        self._around: dict[str | Key, tuple[Node, ...]] = {}  # by module or class
        self._targets: dict[tuple[str, str], tuple[Node, ...]] = {}
        self._members: dict[tuple[Key, str], tuple[Node, ...]] = {}
        self._in_texts: dict[Key, tuple[Node, ...]] = {}
        self._next: dict[Node, tuple[Node, ...]] = {}

    def around(self, test: Test) -> Iterator[Node]:
        """Yield the set-ups of the classes and the module of a test."""
        yield from self._of_module(test.module)
        for cls in test.classes:
            for owner in self._index.mro(cls):
                yield from self._of_class(owner)

    def _of_module(self, path: str) -> tuple[Node, ...]:
        found = self._around.get(path)
        if found is None:
            found = self._around[path] = tuple(
                (NodeKind.FUNCTION, path, function.ordinal)
                for function in self._files[path].functions
                if function.name in SET_UPS and not function.is_method
            )
        return found

    def _of_class(self, cls: Key) -> tuple[Node, ...]:
        found = self._around.get(cls)
        if found is None:
            set_ups = (
                (NodeKind.FUNCTION, cls.path, function.ordinal)
                for function in self._index.methods(cls)
                if function.name in SET_UPS
            )
            mentioned = self.mentioned(cls.path, self._index.cls(cls).refers, None)
            found = self._around[cls] = (*mentioned, *set_ups)
        return found

    def refers(self, node: Node) -> tuple[str, ...]:
        """Return what is mentioned there."""
        kind, path, name = node
        if kind is NodeKind.FUNCTION:
            function = self._index.function(Key(path, int(name)))
            # A fixture is no function that anybody calls; pytest sets it up by its name.
            return function.refers if function.fixture is None else ()
        if kind is NodeKind.CLASS:
            return self._index.cls(Key(path, int(name))).refers
        return self._files[path].variables.get(str(name), ())

    def next(self, node: Node) -> tuple[Node, ...]:
        """Return what is within reach of a node by its own mentions."""
        found = self._next.get(node)
        if found is None:
            found = self._next[node] = tuple(dict.fromkeys(self._after(node)))
        return found

    def _after(self, node: Node) -> Iterator[Node]:
        kind, path, name = node
        if kind is NodeKind.CLASS:
            cls = Key(path, int(name))
            for base in self._index.mro(cls)[1:]:
                yield (NodeKind.CLASS, *base)
            for function in self._index.methods(cls):
                if not function.name.startswith("test"):
                    yield (NodeKind.FUNCTION, path, function.ordinal)
            for inner in self._index.inner_classes(cls):
                yield (NodeKind.CLASS, *inner)
        elif kind is NodeKind.MODULE:
            facts = self._files[path]
            yield from ((NodeKind.FUNCTION, path, item.ordinal) for item in facts.functions)
            yield from ((NodeKind.VARIABLE, path, variable) for variable in facts.variables)
        owner = self._index.function(Key(path, int(name))) if kind is NodeKind.FUNCTION else None
        yield from self.mentioned(path, self.refers(node), owner)

    def mentioned_by(self, key: Key, function: Function) -> tuple[Node, ...]:
        """Return what a function mentions; its own name is in its text, too, and is left out."""
        itself = (NodeKind.FUNCTION, *key)
        return tuple(node for node in self.in_text_of(key, function) if node != itself)

    def in_text_of(self, key: Key, function: Function) -> tuple[Node, ...]:
        """Return what the text of a function mentions, its own name included."""
        found = self._in_texts.get(key)
        if found is None:
            nodes = self.mentioned(key.path, function.refers, function)
            found = self._in_texts[key] = tuple(dict.fromkeys(nodes))
        return found

    # -- what a mention means ---------------------------------------------------------------

    def mentioned(
        self, path: str, refers: tuple[str, ...], function: Function | None
    ) -> Iterator[Node]:
        """Yield what the mentions of a file mean, those of one of its functions."""
        for name in refers:
            if not name.startswith("self."):
                yield from self._meant(path, name)
            elif function is not None and function.class_ordinal is not None:
                yield from self._member(Key(path, function.class_ordinal), name[len("self.") :])

    def _member(self, cls: Key, name: str) -> tuple[Node, ...]:
        found = self._members.get((cls, name))
        if found is None:
            found = self._members[cls, name] = tuple(self._find_member(cls, name))
        return found

    def _find_member(self, cls: Key, name: str) -> Iterator[Node]:
        """Yield the method of that name; an attribute was set by the body or by ``__init__``."""
        method = self._index.method(cls, name)
        if method is not None:
            yield (NodeKind.FUNCTION, *method)
            return
        for owner in self._index.mro(cls):
            yield from self.mentioned(owner.path, self._index.cls(owner).refers, None)
            for function in self._index.methods(owner):
                if function.name == "__init__":
                    yield (NodeKind.FUNCTION, owner.path, function.ordinal)

    def _meant(self, path: str, name: str) -> tuple[Node, ...]:
        known = self._targets.get((path, name))
        if known is None:
            self._targets[path, name] = ()  # imports may be circular
            known = self._targets[path, name] = tuple(self._resolve(path, name))
        return known

    def _resolve(self, path: str, name: str) -> Iterator[Node]:
        """Yield what a dotted name means: in a file of the suite, or in this one."""
        parts = name.lstrip(".").split(".")
        dots = name[: len(name) - len(name.lstrip("."))]
        for length in range(len(parts), 0, -1):
            file = self._index.find(path, dots + ".".join(parts[:length]))
            if file is not None and file != path:
                rest = parts[length:]
                if rest:
                    yield from self._in_file(file, rest[0])
                else:
                    yield (NodeKind.MODULE, file, "")
                break
        else:
            file = self._index.find(path, dots) if dots else path
            if file is not None:
                yield from self._in_file(file, parts[0])
            return
        if not dots and any(item.name == name for item in self._files[path].functions):
            yield from self._in_file(path, name)

    def _in_file(self, path: str, name: str) -> Iterator[Node]:
        found = self._index.module_functions(path).get(name)
        if found is not None:
            yield (NodeKind.FUNCTION, *found[0])
            return
        cls = self._index.find_class(path, name)
        if cls is not None:
            yield (NodeKind.CLASS, *cls)
            return
        facts = self._files[path]
        if name in facts.variables or (path, name) in self._variables:
            yield (NodeKind.VARIABLE, path, name)
            return
        for bound in facts.imports:
            if bound.attribute == "*":
                origin = self._index.find(path, bound.module)
                if origin is not None and (
                    name in self._files[origin].variables or (origin, name) in self._variables
                ):
                    yield (NodeKind.VARIABLE, origin, name)
            elif bound.name == name:
                joint = "" if bound.module.endswith(".") else "."
                attribute = f"{joint}{bound.attribute}" if bound.attribute else ""
                yield from self._meant(path, f"{bound.module}{attribute}")
