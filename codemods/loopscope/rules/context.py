"""What a rule is, what it sees and what it yields."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.suite_model import SuiteModel
from loopscope.planning.planner import Plan
from loopscope.types import Finding, Level, Options, PytestConfig, Safety

if TYPE_CHECKING:
    import libcst as cst

    from loopscope.rewriting.file_editor import FileEditor

    Definition = cst.FunctionDef | cst.ClassDef

# A name that an edit needs: a module ("asyncio") or a member of one ("asyncio", "Future").
Need = tuple[str, str | None]


@dataclass(frozen=True, slots=True)
class RuleContext:
    """One suite as a rule sees it."""

    model: SuiteModel
    plan: Plan
    config: PytestConfig
    options: Options
    contents: Mapping[str, bytes]  # every file of the suite as it was

    @property
    def files(self) -> Mapping[str, FileFacts]:
        return self.model.files

    def functions(self) -> Iterator[tuple[Key, Function]]:
        """Yield the functions of the suite outside other functions, with their keys."""
        for path, facts in self.files.items():
            for function in facts.functions:
                yield Key(path, function.ordinal), function


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of one Python file; subclasses say where and what.

    ``line`` and ``definition`` place it in the file as it was. ``needs`` are the names that
    the new code uses, ``forget`` the imported names that it no longer needs.
    """

    code: str
    path: str
    line: int
    definition: str
    message: str
    safety: Safety = field(default=Safety.SAFE, kw_only=True)
    needs: tuple[Need, ...] = field(default=(), kw_only=True)
    forget: tuple[str, ...] = field(default=(), kw_only=True)

    def add_to(self, editor: FileEditor) -> None:
        """Put the edit into the editor of its file."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class StatementEdit(Edit):
    """Changes the simple statement that starts on ``statement``, a 1-based line."""

    statement: int

    def add_to(self, editor: FileEditor) -> None:
        editor.edit_statement(self.statement, self.apply)

    def apply(self, node: Any) -> Any:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ImportEdit(Edit):
    """Only the imports of the file change: see ``needs`` and ``forget``."""

    def add_to(self, editor: FileEditor) -> None:
        return


@dataclass(frozen=True, slots=True)
class AppendEdit(Edit):
    """New code at the end of the file, which may be a new one."""

    source: str

    def add_to(self, editor: FileEditor) -> None:
        editor.append(self.source)


@dataclass(frozen=True, slots=True)
class OptionEdit:
    """Sets one option in the file that pytest reads its configuration from; None removes it."""

    code: str
    name: str
    value: str | bool | None
    message: str
    safety: Safety = Safety.SAFE


RuleResult = Edit | OptionEdit | Finding


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule's entry in the registry."""

    code: str
    name: str
    summary: str
    since: str  # the pytest-asyncio release that makes it necessary
    check: Callable[[RuleContext], Iterator[RuleResult]]

    @property
    def guide(self) -> str:
        return f"rules/{self.code}.md"


def action(code: str, path: str, line: int, message: str, column: int = 1) -> Finding:
    """Make a finding on which a person must act."""
    return Finding(path, line, column, code, message, Level.ACTION)


def note(code: str, path: str, line: int, message: str, column: int = 1) -> Finding:
    """Make a finding that is advice."""
    return Finding(path, line, column, code, message, Level.NOTE)


def spell(facts: FileFacts | None, dotted: str) -> tuple[str, tuple[Need, ...]]:
    """Spell ``asyncio.get_running_loop`` for a file, with the imports needed for that."""
    module = dotted.rpartition(".")[0] or dotted
    known = facts.spelling(dotted) if facts is not None else None
    if known is not None:
        return known, ()
    return dotted, ((module, None),)


def fixture_names(facts: FileFacts, function: Function) -> Collection[str]:
    """List the spellings that a function's fixture decorator may have during the edits."""
    assert function.fixture is not None
    return (function.fixture.spelled, spell(facts, "pytest_asyncio.fixture")[0])
