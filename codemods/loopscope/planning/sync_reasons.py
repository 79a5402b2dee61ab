"""What keeps a sync fixture sync: what it does would be refused where a loop runs already.

Each reason comes after "it stays sync:" in the report, and in a comment above the fixture.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

from loopscope.analysis.file.facts import LATER, Function, UseKind
from loopscope.analysis.file.references import DRIVEN, drives, drives_itself
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.mention_graph import Node, NodeKind
from loopscope.analysis.suite.mention_search import MentionSearch
from loopscope.loop_map.other_plugins import is_of_another_plugin
from loopscope.loop_map.suite_model import SuiteModel

_DRIVING = frozenset({"run_until_complete", "run_forever", "is_running"})
# Code that refuses a running loop in its thread: Django's models, Playwright's sync half.
_GUARDED = re.compile(r"django\.|playwright\.sync_api\b|.*\.objects\b")
# A task that looks at all of them sees itself.
_LOOKS = re.compile(r"\b(all_tasks|current_task)$")
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
        if drives_itself(function):
            return "what it calls may drive a loop"
        if way := self._drivers.way(self._called(key, function)):
            looks = any(map(_LOOKS.search, self._refers(way[-1])))
            return f"what it calls may {'look at tasks' if looks else 'drive a loop'}"
        if any(map(_LOOKS.search, function.refers)):
            return "it looks at the tasks of its loop"
        if any(map(_GUARDED.match, function.refers)):
            return "what it calls refuses a running loop"
        if self.asks_while_it_runs(key, function):
            return "getfixturevalue sets nothing up while a loop runs"
        if fixture.name in self.dynamic:
            return "getfixturevalue asks for it"
        if key in self._shared:
            return "tests of another plugin use it, too"
        if fixture.decorators > 1:
            return "its other decorators take a def"
        for name, other in self._requested(function):
            if other is None and name in _DATABASE:
                return "Django's database refuses a running loop"
            called = name in function.parameters and name not in function.handed
            if other is not None and self._hands_out_a_driver(other, called=called):
                return f"what {name} gives it may drive a loop"
        return ""

    def _called(self, key: Key, function: Function) -> Iterator[Node]:
        """Yield what a function mentions and calls.

        Of an object that is made, what makes it counts, and the methods that are called here.
        """
        model = self._model
        yield from model.driven.graph.mentioned_by(key, function)
        for other in model.closures.call_graph.of(key):
            yield (NodeKind.FUNCTION, *other)

    def _refers(self, node: Node) -> tuple[str, ...]:
        return self._model.driven.graph.refers(node)

    @cached_property
    def _drivers(self) -> MentionSearch:
        index = self._model.index

        def refuses(node: Node) -> bool:
            refers = self._refers(node)
            return drives(refers) or any(map(_LOOKS.search, refers))

        def runs(node: Node, origin: Node | None) -> bool:
            kind, path, name = node
            if kind is not NodeKind.FUNCTION or origin is None or origin[0] is not NodeKind.CLASS:
                return kind is not NodeKind.MODULE
            function = index.function(Key(path, int(name)))
            return not function.is_method or function.name in _WHILE_IT_IS_MADE

        return MentionSearch(self._model.driven.graph, refuses, runs)

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
    def _shared(self) -> frozenset[Key]:
        """The fixtures of tests that anyio or trio runs."""
        model = self._model
        tests = (test for test in model.tests if is_of_another_plugin(model, test))
        return frozenset(item.key for test in tests for item in model.closure(test).fixtures)

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
            call.place in LATER for call in self._model.current.calls(key)
        )
        return nested or function.drives_loops or (called and self._model.driven.by_function(key))
