"""A search from mention to mention for the first code that does something."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from loopscope.analysis.suite.mention_graph import MentionGraph, Node


class MentionSearch:
    """Finds ways from what a function mentions to the code that is looked for.

    ``hits`` recognizes that code; ``follows`` says whether a node counts for the one that mentions
    it, which is None for a start.
    """

    def __init__(
        self,
        graph: MentionGraph,
        hits: Callable[[Node], bool],
        follows: Callable[[Node, Node | None], bool],
    ) -> None:
        self._graph = graph
        self._hits = hits
        self._follows = follows
        self._ways: dict[Node, tuple[Node, ...]] = {}  # from here on, where one is known
        self._free: set[Node] = set()  # from these no way is

    def way(self, starts: Iterable[Node]) -> tuple[Node, ...]:
        """Return the nodes from one of the starts to the code that was found, () without one."""
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
