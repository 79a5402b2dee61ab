"""The edits that delete, replace or complete a fixture that made event loops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from loopscope.rules.codegen.bridge import Code
from loopscope.rules.context import DefinitionEdit

if TYPE_CHECKING:
    from loopscope.rewriting.file_editor import FileEditor


@dataclass(frozen=True, slots=True)
class DeleteOverride(DefinitionEdit):
    """Deletes the override."""

    def apply(self, node: Any) -> None:
        return None


@dataclass(frozen=True, slots=True)
class ReplaceOverride(DefinitionEdit):
    """Puts other definitions where the override stood."""

    first_line: int
    class_ordinal: int | None
    replacement: Code

    def add_to(self, editor: FileEditor) -> None:
        editor.edit_definition(self.ordinal, self.apply)
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


@dataclass(frozen=True, slots=True)
class SetCurrentLoop(DefinitionEdit):
    """Makes an override that stays set and unset the current loop, as the plugin did."""

    setter: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.statements import append_statement, set_before_handing_out

        node = set_before_handing_out(node, self.setter)
        return append_statement(node, f"{self.setter}(None)")
