"""The edits of marks: among decorators, in assignments, in hooks (rule LS105)."""

from __future__ import annotations

from typing import Any

from loopscope.frozen import frozen
from loopscope.rules.context import DefinitionEdit, Edit, StatementEdit
from loopscope.types import Scope


@frozen
class MarkChange:
    """New keywords for a mark: ``scope`` renamed, ``loop_scope`` set, others removed."""

    spelled: str
    loop_scope: Scope | None = None
    remove: tuple[str, ...] = ()
    rename: bool = False

    @property
    def keywords(self) -> dict[str, str | None]:
        found: dict[str, str | None] = dict.fromkeys(self.remove)
        if self.loop_scope is not None:
            found["loop_scope"] = f'"{self.loop_scope.word}"'
        return found

    @property
    def renames(self) -> dict[str, str]:
        return {"scope": "loop_scope"} if self.rename else {}


@frozen
class ChangeDecoratorMark(DefinitionEdit):
    """Changes the mark among the decorators of a function or class."""

    change: MarkChange

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.decorator_lists import set_decorator

        change = self.change
        return set_decorator(
            node, (change.spelled,), keywords=change.keywords, rename=change.renames
        )


@frozen
class ChangeStatementMark(StatementEdit):
    """Changes the mark in a ``pytestmark = …`` or another assignment."""

    change: MarkChange

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.statements import set_call_in_statement

        change = self.change
        return set_call_in_statement(node, (change.spelled,), change.keywords, change.renames)


@frozen
class AddDecoratorMark(DefinitionEdit):
    """Adds a mark as the decorator closest to the definition."""

    source: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.decorator_lists import add_decorator

        return add_decorator(node, self.source, "last")


@frozen
class RemoveDecoratorMark(DefinitionEdit):
    """Removes a mark that says no more than a wider one."""

    spelled: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.decorator_lists import remove_decorator

        return remove_decorator(node, (self.spelled,))


@frozen
class RemoveStatementMark(StatementEdit):
    """Removes a mark from a ``pytestmark``; None when nothing remains of it."""

    spelled: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.pytestmark import remove_mark

        return remove_mark(node, (self.spelled,))


@frozen
class JoinPytestmark(StatementEdit):
    """Joins a mark to the ``pytestmark`` that is there."""

    source: str

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.decorator_lists import add_mark

        return add_mark(node, self.source)


@frozen
class AddPytestmark(Edit):
    """Adds ``pytestmark = …`` below the imports of a module."""

    source: str

    def add_to(self, editor: Any) -> None:
        editor.insert_after_imports(f"pytestmark = {self.source}\n")


@frozen
class ChangeMarksInside(DefinitionEdit):
    """Changes the mark wherever it stands inside a definition, its decorators included."""

    change: MarkChange

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.statements import set_call_inside

        change = self.change
        return set_call_inside(node, (change.spelled,), change.keywords, change.renames)
