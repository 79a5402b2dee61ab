"""A search from mention to mention for the first code that does something.

So is found which sync code runs a loop of its own somewhere: it fails where a loop runs already,
and whoever reaches it has to stay sync.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import cached_property

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.file.references import UNSETTING, drives, drives_itself
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.analysis.suite.mention_graph import MentionGraph, Node, NodeKind

# Run where an object is made, or used as a context manager.
_MAKING = ("__init__", "__new__", "__post_init__", "__enter__", "__exit__")


class MentionSearch:
    """Finds ways from what a function mentions to the code that is looked for.

    ``hits`` recognizes that code; ``follows`` says whether a node counts for the one that mentions
    it, which is None for a start; all of them do where it is not given.
    """

    def __init__(
        self,
        graph: MentionGraph,
        hits: Callable[[Node], bool],
        follows: Callable[[Node, Node | None], bool] = lambda *_: True,
    ) -> None:
        self._graph = graph
        self._hits = hits
        self._follows = follows
        self._ways: dict[Node, tuple[Node, ...]] = {}  # from here on, where one is known
        self._free: set[Node] = set()  # from these no way is

    def way(self, starts: Iterable[Node]) -> tuple[Node, ...]:
        """Return the nodes from one of the starts to the code that was found, () without one."""
        starts = tuple(starts)
        if self._free.issuperset(starts):
            return ()
        before: dict[Node, Node | None] = {}
        queue: deque[Node] = deque()

        def enter(node: Node, origin: Node | None) -> None:
            if node not in before and node not in self._free and self._follows(node, origin):
                before[node] = origin
                queue.append(node)

        for start in starts:
            enter(start, None)
        while queue:
            node = queue.popleft()
            if node in self._ways or self._hits(node):
                return self._keep(node, before)
            for target in self._graph.next(node):
                enter(target, node)
        self._free |= before.keys()
        return ()

    def _keep(self, last: Node, before: dict[Node, Node | None]) -> tuple[Node, ...]:
        """Note the way that was found for each node on it."""
        way = self._ways.get(last, (last,))
        self._ways[last] = way
        node = before[last]
        while node is not None:
            way = (node, *way)
            self._ways[node] = way
            node = before[node]
        return way


class DrivenLoops:
    """Follows mentions from function to function until one drives a loop."""

    def __init__(self, files: Mapping[str, FileFacts], index: SuiteIndex) -> None:
        self._files = files
        self._index = index
        self.graph = graph = MentionGraph(files, index)
        self._driving = MentionSearch(graph, lambda node: drives(graph.refers(node)))
        self._by_function: dict[Key, bool] = {}
        self._unsetting = MentionSearch(
            graph, lambda node: not UNSETTING.isdisjoint(graph.refers(node))
        )

    def by_test(self, test: Test) -> bool:
        """Whether the test, or an xunit method around it, drives a loop of its own."""
        return self.by_function(test.key) or self._drives(self.graph.around(test))

    def by_function(self, key: Key) -> bool:
        """Whether a test or fixture drives a loop of its own, itself or through what it calls."""
        known = self._by_function.get(key)
        if known is None:
            known = self._by_function[key] = not key.is_external and self._by_key(key)
        return known

    def _by_key(self, key: Key) -> bool:
        function = self._index.function(key)
        return drives_itself(function) or self._drives(self.graph.mentioned_by(key, function))

    def by_calls(self, key: Key, methods: Collection[str]) -> bool:
        """Whether what a function calls drives a loop, beside what it does itself.

        Of a class within reach only what making an object runs counts, and its ``methods`` of
        these names.
        """
        names = {*_MAKING, *methods}

        def follows(node: Node, origin: Node | None) -> bool:
            kind, path, name = node
            if kind is NodeKind.MODULE:
                return False
            if origin is None or origin[0] is not NodeKind.CLASS:
                return True
            if kind is NodeKind.CLASS:
                return Key(path, int(name)) in self._index.mro(Key(origin[1], int(origin[2])))
            is_method = kind is NodeKind.FUNCTION
            return is_method and self._index.function(Key(path, int(name))).name in names

        search = MentionSearch(self.graph, lambda node: drives(self.graph.refers(node)), follows)
        nodes = self.graph.mentioned_by(key, self._index.function(key))
        return self._any and bool(search.way(nodes))

    def unsets_current(self, key: Key) -> bool:
        """Whether the function, or what it mentions, leaves no loop as the current one."""
        function = self._index.function(key)
        if not UNSETTING.isdisjoint(function.refers):
            return True
        return bool(self._unsetting.way(self.graph.mentioned_by(key, function)))

    def _drives(self, nodes: Iterable[Node]) -> bool:
        return self._any and bool(self._driving.way(nodes))

    @cached_property
    def _any(self) -> bool:
        """Whether anything in the suite drives a loop."""
        return any(
            drives(refers)
            for facts in self._files.values()
            for refers in (
                *(function.refers for function in facts.functions),
                *(cls.refers for cls in facts.classes),
                *facts.variables.values(),
            )
        )
