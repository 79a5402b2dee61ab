"""The edits of LS101: what stands in an override's place, and what it adds to other places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.file.override_facts import LoopVariant
from loopscope.frozen import frozen
from loopscope.planning.factories import name_below
from loopscope.planning.shared_bridges import Bridge
from loopscope.rules.codegen.bridge import Code, bridge_code, working_bridge_first
from loopscope.rules.codegen.factory import defined_in, hook_code
from loopscope.rules.context import AppendEdit, DefinitionEdit, RuleContext, RuleResult

if TYPE_CHECKING:
    from loopscope.rewriting.file_editor import FileEditor


@frozen
class ReplaceOverride(DefinitionEdit):
    """Puts other definitions where the override stood."""

    first_line: int
    class_ordinal: int | None
    replacement: Code

    def add_to(self, editor: FileEditor) -> None:
        editor.edit_definition(self.ordinal, self.apply)
        for source in self.replacement.outside:
            editor.insert_before(self.first_line, source)
        if self.class_ordinal is not None:
            for source in (*self.replacement.below, *self.replacement.above):
                editor.insert_in_class(self.class_ordinal, source)
            return
        for source in self.replacement.above:
            editor.insert_before(self.first_line, source)
        for source in self.replacement.below:
            editor.insert_after(self.line, source)

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.statements import replace_definition

        return replace_definition(node, self.replacement.main)


@frozen
class SetCurrentLoop(DefinitionEdit):
    """Makes an override that stays set and unset the current loop, as the plugin did."""

    setter: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.statements import append_statement, set_before_handing_out

        node = set_before_handing_out(node, self.setter)
        return append_statement(node, f"{self.setter}(None)")


def factory_hooks(context: RuleContext) -> Iterator[RuleResult]:
    """Loop factories for the overrides of modules, classes and helpers stand in a conftest."""
    hooks: dict[str, list[tuple[str, FileFacts, tuple[LoopVariant, ...]]]] = defaultdict(list)
    for key, override_action in context.plan.overrides.items():
        if override_action.hook:
            function = context.model.index.function(key)
            assert function.override is not None
            name = name_below(context.model, key.path, override_action.hook)
            everywhere = not any(
                one.in_module for one in context.model.overrides if one.key == key
            )
            condition = f"item.path.{'match' if '/' in name else 'name =='}"
            condition += f'("{name}")' if "/" in name else f' "{name}"'
            if function.is_method:
                owner = function.qualname.rpartition(".")[0]
                condition += f' and item.cls and item.cls.__qualname__ == "{owner}"'
            hooks[override_action.hook].append(
                (
                    "" if everywhere else condition,
                    context.files[key.path],
                    function.override.variants,
                )
            )
    for path, cases in hooks.items():
        code = hook_code(context.files.get(path), cases, defined_in(context, path))
        parts = any(condition for condition, *_ in cases)
        made = "override of a module or class" if parts else "imported override"
        yield AppendEdit(
            "LS101",
            path,
            0,
            "pytest_asyncio_loop_factories",
            f"hook added: it makes the loops that an {made} made",
            code.main,
            needs=code.needs,
        )


def first_elsewhere(
    context: RuleContext, edit: ReplaceOverride, importers: list[str]
) -> Iterator[RuleResult]:
    """Add the fixture that sets a working bridge up first to the files that register it."""
    for path in importers:
        code = working_bridge_first(context.files[path])
        yield AppendEdit(
            "LS101",
            path,
            0,
            "_event_loop_first",
            "fixture added: what the imported event_loop does comes first",
            code.main,
            safety=edit.safety,
            needs=code.needs,
        )


def new_bridge(context: RuleContext, bridge: Bridge) -> RuleResult:
    code = bridge_code(context.files.get(bridge.path), bridge, context.plan.fixture_default)
    return AppendEdit(
        "LS102",
        bridge.path,
        0,
        bridge.name,
        "fixture added that hands the running loop to the sync code that asks for event_loop",
        code.main,
        needs=code.needs,
    )
