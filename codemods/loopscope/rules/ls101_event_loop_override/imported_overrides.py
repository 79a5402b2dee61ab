"""Imports by which other files have an override, and those that must go with it (LS101)."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.rules.context import ImportEdit, RuleContext, RuleResult
from loopscope.rules.fixture_edits import DeleteStatement


def is_imported(context: RuleContext, key: Key, function: Function) -> bool:
    """Whether other files import the override by another name than that of the fixture."""
    return function.bound_name != EVENT_LOOP and any(
        bound.attribute == function.bound_name
        and (context.model.index.module_fixtures(path).get(EVENT_LOOP) or (None,))[0] == key
        for path, facts in context.files.items()
        if path != key.path
        for bound in facts.imports
    )


def importers_of(context: RuleContext, key: Key) -> list[str]:
    """List the files that import the override by name and so register it."""
    files = {item.file for item in context.model.overrides if item.key == key}
    return sorted(files - {key.path})


def removed_imports(
    context: RuleContext, key: Key, function: Function, what: str = "deleted override"
) -> Iterator[RuleResult]:
    """Remove the imports of the deleted fixture by name."""
    for path, facts in context.files.items():
        found = context.model.index.module_fixtures(path).get(EVENT_LOOP)
        if path == key.path or found is None or found[0] != key:
            continue
        for bound in facts.imports:
            if bound.attribute == function.bound_name:
                yield ImportEdit(
                    "LS101",
                    path,
                    bound.line,
                    bound.name,
                    f"import of the {what} removed",
                    forget=(function.bound_name,),
                )
        for bound in facts.assigned:
            if bound.name == EVENT_LOOP:
                yield DeleteStatement(
                    "LS101", path, bound.line, bound.name, f"assignment of the {what} removed",
                    bound.line,
                )  # fmt: skip


def plugin_imports(context: RuleContext) -> Iterator[RuleResult]:
    """``from pytest_asyncio.plugin import event_loop`` fails from 1.0 on."""
    for path, facts in context.files.items():
        for bound in facts.imports:
            if bound.attribute == EVENT_LOOP and bound.module.startswith("pytest_asyncio"):
                yield ImportEdit(
                    "LS101",
                    path,
                    bound.line,
                    bound.name,
                    "import removed: pytest-asyncio no longer has this fixture",
                    forget=(EVENT_LOOP,),
                )
