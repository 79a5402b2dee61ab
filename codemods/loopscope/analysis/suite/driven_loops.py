"""Sync code that runs a loop of its own somewhere, through whatever it mentions of the suite.

Such code fails where a loop runs already, so whoever reaches it has to stay sync. What a class or
a module can do counts as done by whoever mentions it: its objects may be handed around.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.file.references import DRIVEN, RUNNERS, UNSETTING
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.analysis.suite.mention_graph import MentionGraph, Node, NodeKind


class DrivenLoops:
    """Follows mentions from function to function until one drives a loop."""

    def __init__(self, files: Mapping[str, FileFacts], index: SuiteIndex) -> None:
        self._files = files
        self._index = index
        self._free: set[Node] = set()  # from these no driver is reached
        self._driving: set[Node] = set()  # from these one is
        self._graph = MentionGraph(files, index)

    def by_test(self, test: Test) -> bool:
        """Whether the test, or an xunit method around it, drives a loop of its own."""
        return self.by_function(test.key) or any(map(self._drives, self._graph.around(test)))

    def by_function(self, key: Key) -> bool:
        """Whether a test or fixture drives a loop of its own, itself or through what it calls."""
        if key.is_external:
            return False
        function = self._index.function(key)
        if function.drives_loops or not RUNNERS.isdisjoint(function.refers):
            return True
        itself = (NodeKind.FUNCTION, *key)  # its own name is in its text
        mentioned = self._graph.mentioned(key.path, function.refers, function)
        return any(node != itself and self._drives(node) for node in mentioned)

    def unsets_current(self, key: Key) -> bool:
        """Whether the function, or what it mentions, leaves no loop as the current one."""
        function = self._index.function(key)
        if not UNSETTING.isdisjoint(function.refers):
            return True
        itself = (NodeKind.FUNCTION, *key)
        seen = {itself, *self._graph.mentioned(key.path, function.refers, function)}
        queue = list(seen - {itself})
        while queue:
            node = queue.pop()
            refers = self._graph.refers(node)
            if not UNSETTING.isdisjoint(refers):
                return True
            new = {target for target in self._graph.next(node, refers) if target not in seen}
            seen |= new
            queue += new
        return False

    # -- the search -----------------------------------------------------------------------

    @cached_property
    def _any(self) -> bool:
        """Whether anything in the suite drives a loop."""
        return any(
            DRIVEN in refers or not RUNNERS.isdisjoint(refers)
            for facts in self._files.values()
            for refers in (
                *(function.refers for function in facts.functions),
                *(cls.refers for cls in facts.classes),
                *facts.variables.values(),
            )
        )

    def _drives(self, node: Node) -> bool:
        if not self._any or node in self._free:
            return False
        seen = {node}
        queue = [node]
        while queue:
            current = queue.pop()
            refers = self._graph.refers(current)
            if current in self._driving or DRIVEN in refers or not RUNNERS.isdisjoint(refers):
                self._driving |= {node, current}
                return True
            for target in self._graph.next(current, refers):
                if target not in seen and target not in self._free:
                    seen.add(target)
                    queue.append(target)
        self._free |= seen
        return False
