"""LS102 below pytest-asyncio 1.0: sync code asks for the bridge by its other name.

The name ``event_loop`` is still pytest-asyncio's own there, and asking for it on a wide loop is an
error that ends the whole run. See docs/loop-rules.md, The bridge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from loopscope.analysis.file.facts import Function
from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.frozen import frozen
from loopscope.rules.context import DefinitionEdit, RuleContext, RuleResult, StatementEdit


@frozen
class RenameRequest(DefinitionEdit):
    """Renames the fixture that a definition asks for, in any way."""

    name: str

    def apply(self, node: Any) -> Any:
        import libcst as cst

        from loopscope.rewriting.renamed_variables import rename_fixture_strings, rename_parameter

        if isinstance(node, cst.FunctionDef):
            node = rename_parameter(node, EVENT_LOOP, self.name)
        return rename_fixture_strings(node, EVENT_LOOP, self.name)


@frozen
class RenameMarkString(StatementEdit):
    """Renames the fixture in the usefixtures mark of a ``pytestmark = …``."""

    name: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.renamed_variables import rename_fixture_strings

        return rename_fixture_strings(node, EVENT_LOOP, self.name)


def renamed_name(context: RuleContext) -> str | None:
    """Return the name of the suite's bridges where it is not ``event_loop``."""
    bridges = context.plan.bridges
    return bridges[0].name if bridges and bridges[0].name != EVENT_LOOP else None


def renamed_requests(context: RuleContext, held: Collection[Key]) -> Iterator[RuleResult]:
    """Let the sync tests, fixtures and helpers that ask for ``event_loop`` ask for the bridge.

    ``held`` are those whose request a fixture answers that stays.
    """
    name = renamed_name(context)
    if name is None:
        return
    tests = {test.key for test in context.model.tests}
    on_loops = {test.key for test in context.model.tests if context.model.is_async_test(test)}
    for key, function in context.functions():
        if key in held or key in context.plan.converted:
            continue
        if function.is_async and (function.fixture is not None or key in on_loops):
            continue  # the running loop serves it
        if function.override is None and _asks(function, is_test=key in tests):
            yield RenameRequest(
                "LS102",
                key.path,
                function.line,
                function.qualname,
                f"event_loop becomes {name}: below pytest-asyncio 1.0 the old name is taken",
                key.ordinal,
                name,
            )


def _asks(function: Function, *, is_test: bool) -> bool:
    if EVENT_LOOP in function.dynamic:
        return True
    if EVENT_LOOP not in function.parameters or EVENT_LOOP in function.parametrized:
        return False
    return is_test or function.fixture is not None


def rename_mark(context: RuleContext, mark: Mark) -> Iterator[RuleResult]:
    """Rename the fixture in a usefixtures mark."""
    name = renamed_name(context)
    if name is None or mark.computed:
        return
    message = f'usefixtures("event_loop") becomes usefixtures("{name}")'
    place = ("LS102", mark.path, mark.line)
    if mark.ordinal is not None:
        yield RenameRequest(*place, "usefixtures", message, mark.ordinal, name)
    elif mark.statement is not None:
        yield RenameMarkString(*place, "pytestmark", message, mark.statement, name)
