"""The way from a test to code that asks for the current loop, from mention to mention."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable

from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.analysis.suite.mention_graph import MentionGraph, Node, NodeKind


class AskingCode:
    """Searches what is mentioned for one of the functions that ask.

    What only async code mentions runs while its own loop does, and is passed over.
    """

    def __init__(self, graph: MentionGraph, index: SuiteIndex, asking: Container[Key]) -> None:
        self._graph = graph
        self._index = index
        self._asking = asking
        self._ways: dict[Node, tuple[Node, ...]] = {}  # from here on, where one is known
        self._free: set[Node] = set()  # from these none leads to one that asks

    def way(self, starts: Iterable[Node]) -> tuple[Node, ...]:
        """Return the nodes from one of the starts to a function that asks, () without one."""
        before: dict[Node, Node | None] = {}
        queue: deque[Node] = deque()

        def enter(node: Node, origin: Node | None) -> None:
            if node not in before and node not in self._free and not self._is_async(node):
                before[node] = origin
                queue.append(node)

        for start in starts:
            enter(start, None)
        while queue:
            node = queue.popleft()
            if node in self._ways or self._asks(node):
                return self._keep(node, before)
            for target in self._graph.next(node, self._graph.refers(node)):
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

    def _asks(self, node: Node) -> bool:
        kind, path, name = node
        return kind is NodeKind.FUNCTION and Key(path, int(name)) in self._asking

    def _is_async(self, node: Node) -> bool:
        kind, path, name = node
        return kind is NodeKind.FUNCTION and self._index.function(Key(path, int(name))).is_async
