"""Union-find with the widest loop scope that any member of a component needs."""

from __future__ import annotations

from collections.abc import Hashable

from loopscope.types import Scope


class DisjointSet:
    """Union-find: joined nodes share one loop scope, the widest that any of them needs."""

    def __init__(self) -> None:
        self._parent: dict[Hashable, Hashable] = {}
        self._loop_scope: dict[Hashable, Scope] = {}

    def add(self, node: Hashable, loop_scope: Scope = Scope.FUNCTION) -> None:
        """Note that ``node`` needs at least ``loop_scope``."""
        root = self.root(node)
        self._loop_scope[root] = max(self._loop_scope[root], loop_scope)

    def join(self, first: Hashable, second: Hashable) -> None:
        """Put two nodes on one loop scope."""
        one, other = self.root(first), self.root(second)
        if one != other:
            self._parent[other] = one
            self._loop_scope[one] = max(self._loop_scope[one], self._loop_scope.pop(other))

    def loop_scope(self, node: Hashable) -> Scope:
        """Return the loop scope of the node's component."""
        return self._loop_scope[self.root(node)]

    def __contains__(self, node: Hashable) -> bool:
        return node in self._parent

    def root(self, node: Hashable) -> Hashable:
        """Return the member that stands for the node's component, until components are joined."""
        if node not in self._parent:
            self._parent[node] = node
            self._loop_scope[node] = Scope.FUNCTION
            return node
        root = node
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[node] != root:  # flatten the path for the next time
            self._parent[node], node = root, self._parent[node]
        return root
