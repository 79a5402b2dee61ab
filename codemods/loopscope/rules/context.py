"""What a rule is, what it sees and what it yields."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field

from loopscope.analysis.file.checks import FileCheck
from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.analysis.suite.fixtures import Key, Test
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.cure_solver import Cure
from loopscope.planning.planner import Plan
from loopscope.rewriting.edits import (
    AppendEdit,
    DefinitionEdit,
    DeleteDefinition,
    Edit,
    ImportEdit,
    Need,
    OptionEdit,
    RequirementEdit,
    StatementEdit,
)
from loopscope.rules.declarations import Declarations
from loopscope.types import Finding, Level, Options, PytestConfig

__all__ = [
    "AppendEdit",
    "DefinitionEdit",
    "DeleteDefinition",
    "Edit",
    "ImportEdit",
    "Need",
    "OptionEdit",
    "Rule",
    "RuleContext",
    "RuleResult",
    "StatementEdit",
    "action",
    "by_file",
    "first_of",
    "fixture_names",
    "note",
    "spell",
]


_ASIDE = re.compile(
    r"(?i)(docs?|examples?|benchmarks?|bench|benches|samples|demos|tutorials?)([-_].*)?"
)


@frozen
class RuleContext:
    """One suite as a rule sees it."""

    model: SuiteModel
    plan: Plan
    config: PytestConfig
    options: Options
    contents: Mapping[str, bytes]  # every file of the suite as it was
    given: Collection[str] = ()  # the files that may change, where only a part was given

    @property
    def files(self) -> Mapping[str, FileFacts]:
        return self.model.files

    @property
    def cure(self) -> Cure | None:
        """The cure of foreign loops that is carried out: it rests on an assumption."""
        careful = self.options.safe_only or bool(self.plan.careful)
        return None if careful else self.plan.foreign.cure

    def is_aside(self, path: str) -> bool:
        """Whether a file is an example, a benchmark or documentation, and no test reaches it."""
        return (
            any(_ASIDE.fullmatch(folder) for folder in path.split("/")[:-1])
            and path not in self.given
            and path not in self.model.tested
        )

    def leaves_alone(self, path: str) -> bool:
        """Whether the user wants this file, which is product code, to keep its loop calls."""
        return self.options.tests_only and self.model.is_product(path)

    def ignores(self, outcome: Edit | OptionEdit | Finding) -> bool:
        """Whether a ``# loopscope: ignore`` covers the definition at the line of an outcome."""
        if isinstance(outcome, OptionEdit) or outcome.path not in self.files:
            return False
        facts = self.files[outcome.path]
        if not facts.ignores:
            return False
        lines = {outcome.line}
        for function in facts.functions:
            if function.first_line <= outcome.line <= function.end_line:
                lines.update(range(function.first_line, function.line + 1))
        return any(
            outcome.code.startswith(codes)
            for line, codes in facts.ignores.items()
            if line in lines
        )

    def functions(self) -> Iterator[tuple[Key, Function]]:
        """Yield the functions of the suite outside other functions, with their keys."""
        for path, facts in self.files.items():
            for function in facts.functions:
                yield Key(path, function.ordinal), function


RuleResult = Edit | OptionEdit | Finding


@frozen
class Rule:
    """A rule's entry in the registry.

    ``check`` sees the whole suite, ``check_declarations`` what is declared for it, once all
    edits are known. A rule that has neither is checked by the pipeline; its module says where.
    ``file_check`` finds in each file, as it is read, what ``check`` asks for:
    ``FileFacts.hazards`` with the code of the rule.
    """

    code: str
    name: str
    summary: str
    since: str  # the pytest-asyncio release that makes it necessary
    check: Callable[[RuleContext], Iterator[RuleResult]] | None = None
    file_check: FileCheck | None = field(default=None, kw_only=True)
    check_declarations: Callable[[Declarations], Iterator[RequirementEdit | Finding]] | None = (
        field(default=None, kw_only=True)
    )


def action(code: str, path: str, line: int, message: str, column: int = 1) -> Finding:
    """Make a finding on which a person must act."""
    return Finding(path, line, column, code, message, Level.ACTION)


def note(code: str, path: str, line: int, message: str, column: int = 1) -> Finding:
    """Make a finding that is advice."""
    return Finding(path, line, column, code, message, Level.NOTE)


def by_file(tests: Iterable[Test]) -> Iterator[tuple[str, Test, str]]:
    """Yield each file with its first test, and words for how many there are, and where."""
    alike: dict[str, dict[int, Test]] = {}
    for test in tests:
        alike.setdefault(test.key.path, {}).setdefault(test.function.line, test)
    for path, found in alike.items():
        lines = ", ".join(str(line) for line in sorted(found)[:5])
        more = f" ({len(found)} here, lines {lines})" if len(found) > 1 else ""
        yield path, found[min(found)], more


def first_of(names: Sequence[str], shown: int = 3) -> str:
    """Write the first of the names, and how many more there are."""
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


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
