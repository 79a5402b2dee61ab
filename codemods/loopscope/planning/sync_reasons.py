"""What keeps a sync fixture sync: what it does would be refused where a loop runs already.

Each reason ends the sentence "it stays sync, since …", and stands as a comment above the fixture.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from loopscope.analysis.file.facts import Function, Place, UseKind
from loopscope.analysis.file.references import DRIVEN, RUNNERS
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.mention_graph import Node, NodeKind
from loopscope.analysis.suite.mention_search import MentionSearch
from loopscope.loop_map.suite_model import SuiteModel

_DRIVING = frozenset({"run_until_complete", "run_forever", "is_running"})
# Code that refuses a running loop in its thread: Django's models, Playwright's sync half.
_GUARDED = re.compile(r"django\.|playwright\.sync_api\b|.*\.objects\b")
_WHILE_IT_IS_MADE = frozenset(
    {"__new__", "__init__", "__post_init__", "__enter__", "__exit__", "__call__"}
)
# Fixtures of pytest-django that are of no use without the database.
_DATABASE = frozenset(
    {"db", "transactional_db", "admin_user", "admin_client", "django_user_model", "live_server"}
)


class SyncReasons:
    """Finds what keeps the sync fixtures of a suite sync."""

    def __init__(self, model: SuiteModel) -> None:
        self._model = model

    def reason(self, key: Key, function: Function) -> str:
        """Say what keeps the fixture sync, "" where nothing does."""
        fixture, model = function.fixture, self._model
        assert fixture is not None
        methods = {use.method for use in function.loop_uses}
        methods |= {call.method for call in model.current.calls(key)}
        if methods & _DRIVING or DRIVEN in function.refers:
            return "it drives a loop"
        if function.drives_loops or self._calls_a_driver(key, function):
            return "what it calls may drive a loop"
        if any(map(_GUARDED.match, function.refers)):
            return "what it calls refuses a running loop"
        if self.asks_while_it_runs(key, function):
            return "getfixturevalue sets nothing up while a loop runs"
        if fixture.name in self.dynamic:
            return "getfixturevalue asks for it"
        if fixture.decorators > 1:
            return "its other decorators take a def"
        for name, other in self._requested(function):
            if other is None and name in _DATABASE:
                return "Django's database refuses a running loop"
            called = name in function.parameters and name not in function.handed
            if other is not None and self._hands_out_a_driver(other, called=called):
                return f"what {name} gives it may drive a loop"
        return ""

    def _calls_a_driver(self, key: Key, function: Function) -> bool:
        """Whether a function drives a loop, or what it calls, and what it makes while it is made.

        Of an object that is made here, other methods count where they are called.
        """
        model = self._model
        starts = list(model.driven.graph.mentioned(key.path, function.refers, function))
        called = ((NodeKind.FUNCTION, *other) for other in model.closures.call_graph.of(key))
        itself = (NodeKind.FUNCTION, *key)  # its own name is in its text
        return not RUNNERS.isdisjoint(function.refers) or bool(
            self._drivers.way(node for node in (*starts, *called) if node != itself)
        )

    @cached_property
    def _drivers(self) -> MentionSearch:
        graph, index = self._model.driven.graph, self._model.index

        def drives(node: Node) -> bool:
            refers = graph.refers(node)
            return DRIVEN in refers or not RUNNERS.isdisjoint(refers)

        def runs(node: Node, origin: Node | None) -> bool:
            if node[0] is NodeKind.MODULE:
                return False
            if origin is None or origin[0] is not NodeKind.CLASS or node[0] is NodeKind.CLASS:
                return True
            return index.function(Key(node[1], int(node[2]))).name in _WHILE_IT_IS_MADE

        return MentionSearch(graph, drives, runs)

    def asks_while_it_runs(self, key: Key, function: Function) -> bool:
        """Whether it asks by ``getfixturevalue``, which sets nothing up on a loop that runs.

        Where it names ``event_loop`` itself, the running loop takes the place of the call.
        """
        asked = self._model.closures.dynamic(key, function)
        return any(name != EVENT_LOOP or name not in function.dynamic for name, _ in asked)

    def _requested(self, function: Function) -> Iterator[tuple[str, Key | None]]:
        """Yield what a fixture requests, directly or not: each fixture of the suite by that name.

        None stands for one that is not of the suite.
        """
        seen = {EVENT_LOOP}
        queue = [function]
        while queue:
            for name in queue.pop().parameters:
                if name in seen:
                    continue
                seen.add(name)
                if name not in self._named:
                    yield name, None
                for key in self._named.get(name, ()):
                    yield name, key
                    queue.append(self._model.index.function(key))

    @cached_property
    def dynamic(self) -> frozenset[str]:
        """The names of fixtures that ``getfixturevalue`` asks for."""
        functions = (item for facts in self._model.files.values() for item in facts.functions)
        return frozenset(name for function in functions for name in function.dynamic)

    @cached_property
    def _named(self) -> dict[str, list[Key]]:
        found: dict[str, list[Key]] = defaultdict(list)
        for path, facts in self._model.files.items():
            for function in facts.functions:
                if function.fixture is not None:
                    found[function.fixture.name].append(Key(path, function.ordinal))
        return found

    def _hands_out_a_driver(self, key: Key, *, called: bool) -> bool:
        """Whether the value of a fixture may drive a loop, as a function or where it is used."""
        function = self._model.index.function(key)
        nested = any(use.kind is UseKind.NESTED for use in function.loop_uses) or any(
            call.place in (Place.NESTED, Place.LAMBDA) for call in self._model.current.calls(key)
        )
        return nested or function.drives_loops or (called and self._model.driven.by_function(key))
