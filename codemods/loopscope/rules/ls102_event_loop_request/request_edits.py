"""The edits of LS102: what becomes of a function that asked for ``event_loop``."""

from __future__ import annotations

from typing import Any

from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.frozen import frozen
from loopscope.rules.context import DefinitionEdit


@frozen
class DropArgument(DefinitionEdit):
    """Drops the ``event_loop`` argument; what used it gets the running loop.

    ``methods`` maps loop methods to functions that do the same, ``in_place`` is the
    expression that takes the place of the name, ``first`` a first statement for the body.
    """

    methods: tuple[tuple[str, str], ...] = ()
    in_place: str = ""
    first: str = ""

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.bodies import insert_first, replace_method_calls, replace_name
        from loopscope.rewriting.parameters import remove_parameter

        if self.methods:
            node = replace_method_calls(node, EVENT_LOOP, dict(self.methods))
        if self.in_place:
            node = replace_name(node, EVENT_LOOP, self.in_place)
        if self.first:
            node = insert_first(node, self.first)
        return remove_parameter(node, EVENT_LOOP)


@frozen
class MakeAsync(DefinitionEdit):
    """Makes a sync function async that only ran coroutines on its loop."""

    receivers: tuple[str, ...]
    returns: str = ""  # its new annotation

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.bodies import await_calls, make_async
        from loopscope.rewriting.parameters import has_parameter, remove_parameter

        for receiver in self.receivers:
            node = await_calls(node, receiver)
        if has_parameter(node, EVENT_LOOP):
            node = remove_parameter(node, EVENT_LOOP)
        return make_async(node, self.returns)


@frozen
class TakeRunningLoop(DefinitionEdit):
    """Puts the running loop in the place of ``request.getfixturevalue("event_loop")``."""

    running: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.bodies import replace_fixture_values

        return replace_fixture_values(node, EVENT_LOOP, f"{self.running}()")


@frozen
class AddArgument(DefinitionEdit):
    """Makes an async fixture come after the working bridge."""

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.parameters import add_parameter

        return add_parameter(node, EVENT_LOOP)
