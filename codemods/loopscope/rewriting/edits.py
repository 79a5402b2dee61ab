"""What rules yield to be rewritten: plain data that says which place changes, how and why."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any

from loopscope.frozen import frozen
from loopscope.types import Safety

if TYPE_CHECKING:
    import libcst as cst

    from loopscope.rewriting.file_editor import FileEditor

    Definition = cst.FunctionDef | cst.ClassDef

# A name that an edit needs: a module ("asyncio") or a member of one ("asyncio", "Future").
Need = tuple[str, str | None]


@frozen
class Edit:
    """One change of one Python file; subclasses say where and what.

    ``line`` and ``definition`` place it in the file as it was. ``needs`` are the names that
    the new code uses, ``forget`` the imported names that it no longer needs.
    ``reason`` names the test for whose sake the edit is made, where it is for one.
    """

    code: str
    path: str
    line: int
    definition: str
    message: str
    safety: Safety = field(default=Safety.SAFE, kw_only=True)
    needs: tuple[Need, ...] = field(default=(), kw_only=True)
    forget: tuple[str, ...] = field(default=(), kw_only=True)
    reason: str = field(default="", kw_only=True)

    def add_to(self, editor: FileEditor) -> None:
        """Put the edit into the editor of its file."""
        raise NotImplementedError


@frozen
class DefinitionEdit(Edit):
    """Changes one function or class; ``apply`` maps its LibCST node to a new one.

    ``apply`` is called when the editor is rendered; None deletes the definition. It is a
    method of subclasses, so that an edit stays plain data.
    """

    ordinal: int

    def add_to(self, editor: FileEditor) -> None:
        editor.edit_definition(self.ordinal, self.apply)

    def apply(self, node: Any) -> Any:
        raise NotImplementedError


@frozen
class DeleteDefinition(DefinitionEdit):
    """Deletes the definition."""

    def apply(self, node: Any) -> None:
        return None


@frozen
class StatementEdit(Edit):
    """Changes the simple statement that starts on ``statement``, a 1-based line."""

    statement: int

    def add_to(self, editor: FileEditor) -> None:
        editor.edit_statement(self.statement, self.apply)

    def apply(self, node: Any) -> Any:
        raise NotImplementedError


@frozen
class ImportEdit(Edit):
    """Only the imports of the file change: see ``needs`` and ``forget``."""

    def add_to(self, editor: FileEditor) -> None:
        return


@frozen
class AppendEdit(Edit):
    """New code at the end of the file, which may be a new one."""

    source: str

    def add_to(self, editor: FileEditor) -> None:
        editor.append(self.source)


@frozen
class OptionEdit:
    """Sets one option in the file that pytest reads its configuration from; None removes it."""

    code: str
    name: str
    value: str | bool | None
    message: str
    safety: Safety = Safety.SAFE
    reason: str = ""  # the test for whose sake it is set


@frozen
class RequirementEdit:
    """Gives one declaration another specifier.

    ``ordinal`` is its place in what ``read_pins`` returns for the file; edits of other kinds
    in the same file do not change it.
    """

    code: str
    path: str
    line: int  # 1-based, in the file as it was
    package: str
    ordinal: int
    old: str
    new: str
    message: str
    safety: Safety = Safety.SAFE
