"""The marks that a file writes on tests, and the hooks that add some while pytest collects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loopscope.analysis.file.conditions import Condition
from loopscope.types import Scope

# What a file refers to: ``asyncio.get_event_loop`` written as ``aio.get_event_loop``.
Spelling = str


@dataclass(frozen=True, slots=True)
class Mark:
    """A ``pytest.mark.NAME`` as it stands somewhere: on a definition, in a variable, a list.

    ``ordinal`` names the definition that it decorates; where it stands in a statement
    (``pytestmark = …``, ``my_mark = …``), ``statement`` is the line of that statement.
    """

    name: str
    spelled: Spelling
    line: int
    path: str = ""
    ordinal: int | None = None
    statement: int | None = None
    strings: tuple[str, ...] = ()  # the positional arguments that are known texts
    computed: bool = False  # constants give some of them
    constants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # as written -> texts
    keywords: Mapping[str, str | None] = field(default_factory=dict)  # None: not a literal
    inside: bool = False  # in a pytest.param of a parametrize decorator, or in a function's body
    reference: str = ""  # no mark: the (dotted) name of what may hold some in another file

    @property
    def loop_scope(self) -> Scope | None:
        """The loop scope that the mark names itself, by either keyword."""
        return Scope.parse(self.keywords.get("loop_scope") or self.keywords.get("scope"))


@dataclass(frozen=True, slots=True)
class AddedMark:
    """A mark that a hook adds to tests; ``prepended``: with ``append=False``."""

    mark: Mark
    prepended: bool
    condition: Condition  # of the tests that get it


@dataclass(frozen=True, slots=True)
class MarkingHook:
    """A collection hook that adds an asyncio mark to tests."""

    ordinal: int
    name: str
    line: int
    bare: bool  # the mark has no keywords
    only_marks: bool  # it marks every async test and does nothing else
    old_keyword: bool  # the mark says scope=
    on_async_tests: bool  # it asks pytest_asyncio.is_async_test
    spelled: Spelling
    holder: int = 0  # the function that holds the mark: the hook itself, or a helper
    helpers: tuple[int, ...] = ()  # functions that nothing but the hook calls
    # The asyncio marks that it adds to items, in the order in which it does.
    added: tuple[AddedMark, ...] = ()
