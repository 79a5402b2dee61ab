"""Imports by which files have an override, or may have one: known and unknown ones (LS101)."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator

from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.override_actions import ActionKind
from loopscope.rules.context import ImportEdit, RuleContext, RuleResult, action, note
from loopscope.rules.fixture_edits import DeleteStatement
from loopscope.types import Finding

POLICY = "event_loop_policy"


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


def _files_with(context: RuleContext, key: Key) -> Iterator[tuple[str, FileFacts]]:
    """Yield the other files whose names register the override."""
    for path, facts in context.files.items():
        found = context.model.index.module_fixtures(path).get(EVENT_LOOP)
        if path != key.path and found is not None and found[0] == key:
            yield path, facts


def removed_imports(
    context: RuleContext, key: Key, function: Function, what: str = "deleted override"
) -> Iterator[RuleResult]:
    """Remove the imports of the deleted fixture by name."""
    for path, facts in _files_with(context, key):
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


def policy_imports(
    context: RuleContext, key: Key, function: Function, *, bridged: bool
) -> Iterator[RuleResult]:
    """Import the policy that stands where the override did.

    One by a star comes by itself, but where ``__all__`` says what a star takes.
    """
    if context.plan.overrides[key].kind is not ActionKind.POLICY:
        return
    registering = {key.path, *(path for path, _ in _files_with(context, key))}
    for path, facts in _files_with(context, key):
        for bound in facts.imports:
            if bound.attribute == "*":
                origin = context.model.index.find(path, bound.module)
                if origin in registering and b"__all__" in context.model.texts[origin]:
                    yield ImportEdit(
                        "LS101",
                        path,
                        bound.line,
                        POLICY,
                        "import of the event_loop_policy fixture added",
                        needs=((bound.module, POLICY),),
                    )
            elif bound.attribute == function.bound_name:
                yield ImportEdit(
                    "LS101",
                    path,
                    bound.line,
                    bound.name,
                    "import of the event_loop_policy fixture"
                    + (" added" if bridged else " in the place of the override's"),
                    needs=((bound.module, POLICY),),
                    forget=() if bridged else (function.bound_name,),
                )


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


_SHOULD = "give the path of its project, too, or define the fixture here, and run loopscope again"
# Modules by these names hold what tests share.
_FOR_TESTS = re.compile(r"test|conftest|fixture|helper|common|plugin|util|support")
_FOREIGN = frozenset({*sys.stdlib_module_names, "pytest", "pytest_asyncio"})


def unknown_imports(context: RuleContext) -> Iterator[Finding]:
    """Report imports of ``event_loop``, and star imports, from modules that were not found."""
    index = context.model.index
    decides = context.model.suite_style is SuiteStyle.LEGACY and context.model.uses_plugin
    for path in (*index.conftests, *index.test_modules, *index.plugins):
        for bound in context.files[path].bindings:
            if bound.attribute == EVENT_LOOP and not bound.module.startswith("pytest_asyncio"):
                what = _lost(context, path, bound.module)
                if what:
                    yield action(
                        "LS101",
                        path,
                        bound.line,
                        f"event_loop comes from {bound.module}, {what}, and nothing here allows"
                        f" for its scope: {_SHOULD}",
                    )
            elif bound.attribute == "*" and decides:
                yield from _star(context, path, bound.module, bound.line)


def _lost(context: RuleContext, path: str, module: str) -> str:
    """Say why an import of ``event_loop`` leads nowhere, "" where it does not."""
    origin = context.model.index.find(path, module)
    if origin is None:
        return "which was not found"
    if EVENT_LOOP in context.model.index.module_fixtures(origin):
        return ""
    missing = next(_missing_stars(context, origin, set()), "")
    if missing:
        return f"which takes it from {missing}, which was not found"
    return "" if _has_one(context.files[origin]) else "which no longer has it"


def _has_one(facts: FileFacts) -> bool:
    """Whether the module may hold something by the name of event_loop."""
    return (
        any(EVENT_LOOP in (one.name, one.bound_name) for one in facts.functions)
        or any(EVENT_LOOP in (bound.name, bound.attribute) for bound in facts.bindings)
        or any(bound.attribute == "*" for bound in facts.imports)
        or any(hazard.code == "LS101" for hazard in facts.hazards)
    )


def _star(context: RuleContext, path: str, module: str, line: int) -> Iterator[Finding]:
    """Report a star import that may bring an override: an action where the name says so."""
    index = context.model.index
    origin = index.find(path, module)
    if EVENT_LOOP in index.module_fixtures(path):
        return
    names = [module] if origin is None else list(_missing_stars(context, origin, set()))
    for name in names:
        if name.partition(".")[0] in _FOREIGN:
            continue
        through = "" if name == module else f", by way of {module}"
        message = (
            f"all names of {name}{through} are imported, and it was not found: where it defines"
            f" an event_loop, nothing here allows for its scope: {_SHOULD}"
        )
        if name.startswith(".") or _FOR_TESTS.search(name):
            yield action("LS101", path, line, message)
        elif path not in index.test_modules:
            yield note("LS101", path, line, message)


def _missing_stars(context: RuleContext, path: str, seen: set[str]) -> Iterator[str]:
    """Yield the modules that were not found of which a file imports all names, through others."""
    seen.add(path)
    for bound in context.files[path].imports:
        if bound.attribute == "*":
            origin = context.model.index.find(path, bound.module)
            if origin is None and bound.module.partition(".")[0] not in _FOREIGN:
                yield bound.module
            elif origin is not None and origin not in seen:
                yield from _missing_stars(context, origin, seen)
