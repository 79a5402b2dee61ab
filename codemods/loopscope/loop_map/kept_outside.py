"""What async fixtures leave in variables of modules, themselves or through what they call.

``await db.connect()`` may set ``db.engine``: who mentions that uses what was made on the loop of
the fixture, without asking for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.loop_values import Bond, Held
from loopscope.analysis.suite.mention_graph import MentionGraph, Node, NodeKind
from loopscope.analysis.suite.mention_search import MentionSearch
from loopscope.loop_map.suite_model import SuiteModel

_DEEPEST = 4


class KeptOutside:
    """Answers which code reaches a variable that a fixture has set."""

    def __init__(self, model: SuiteModel) -> None:
        self._model = model
        self._kept: dict[Key, dict[tuple[str, str], Held]] = {}
        self._searches: dict[Key, tuple[MentionGraph, MentionSearch]] = {}
        self._known: dict[tuple[Key, Key], Held | None] = {}

    def reached(self, user: Key, fixture: Key) -> Held | None:
        """Return what a test or fixture reaches of what another fixture has set, if anything."""
        if user == fixture or user.is_external or fixture.is_external or not self._of(fixture):
            return None
        if (user, fixture) not in self._known:
            self._known[user, fixture] = self._reached(user, fixture)
        return self._known[user, fixture]

    def _reached(self, user: Key, fixture: Key) -> Held | None:
        if fixture not in self._searches:
            self._searches[fixture] = self._search(fixture)
        graph, search = self._searches[fixture]
        function = self._model.index.function(user)
        way = search.way(graph.mentioned_by(user, function))
        if not way:
            return None
        _, path, name = way[-1]
        return self._of(fixture)[path, str(name)]

    def _search(self, fixture: Key) -> tuple[MentionGraph, MentionSearch]:
        model, kept = self._model, self._of(fixture)
        graph = MentionGraph(model.files, model.index, frozenset(kept))
        # Who calls what sets the variable makes a value of its own.
        setting = {(NodeKind.FUNCTION, *key) for key in (fixture, *self._called(fixture))}

        def hits(node: Node) -> bool:
            return node[0] is NodeKind.VARIABLE and (node[1], str(node[2])) in kept

        return graph, MentionSearch(graph, hits, lambda node, _: node not in setting)

    def _of(self, fixture: Key) -> dict[tuple[str, str], Held]:
        """Map the variables that a fixture sets, by file and name, to what they hold."""
        known = self._kept.get(fixture)
        if known is None:
            known = self._kept[fixture] = {
                (key.path, root): held
                for key in (fixture, *self._called(fixture))
                for root, held in self._model.values.left(key)
                if held.bond >= Bond.NAMED
            }
        return known

    def _called(self, fixture: Key) -> Iterator[Key]:
        """List the functions of the suite that a fixture calls, async ones, too."""
        model = self._model
        seen, calls = {fixture}, [fixture]
        for _ in range(_DEEPEST):
            found = [
                target
                for key in calls
                for name in model.index.function(key).calls
                if (target := model.closures.call_graph.find(key.path, name)) is not None
                and model.index.function(target).fixture is None
            ]
            calls = [key for key in dict.fromkeys(found) if key not in seen]
            seen.update(calls)
            yield from calls
