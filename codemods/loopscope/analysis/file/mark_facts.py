"""The marks that a file writes on tests, and the hooks that add some while pytest collects.

What a hook asks of a test before it marks it is a value that can be evaluated. Only an async test
that pytest-asyncio runs is ever asked.
"""

from __future__ import annotations

import enum
from collections.abc import Collection, Mapping
from dataclasses import field
from typing import NamedTuple

from loopscope.frozen import frozen
from loopscope.types import Scope


class Ask(enum.Enum):
    """The questions that are understood; ``text`` of the condition completes them."""

    ALWAYS = "every async test"
    UNKNOWN = "what only a run knows"
    MARKED = "whether the test carries the mark"
    PART = "whether a part of its node id is the text"
    ID_HOLDS = "whether its node id holds the text"
    ID_STARTS = "whether its node id starts with the text"
    NAME_HOLDS = "whether its name holds the text"
    NAME_STARTS = "whether its name starts with the text"
    PATH_HOLDS = "whether the path of its module holds the text"
    BELOW = "whether its module lies below the folder"
    NOT = "whether none of the parts holds"
    BOTH = "whether all parts hold"
    EITHER = "whether one of the parts holds"


class Subject(NamedTuple):
    """The test that is asked about."""

    id: str
    module: str
    name: str
    marks: Collection[str]


@frozen
class Condition:
    """A question, with the text or the conditions that it is about."""

    ask: Ask
    text: str = ""
    parts: tuple[Condition, ...] = ()

    def holds(self, test: Subject) -> bool | None:
        """Answer for one test; None where only a run could."""
        match self.ask:
            case Ask.ALWAYS:
                return True
            case Ask.MARKED:
                return self.text in test.marks
            case Ask.PART:
                return self.text in test.id.replace("::", "/").split("/")
            case Ask.ID_HOLDS:
                return self.text in test.id
            case Ask.ID_STARTS:
                return test.id.startswith(self.text)
            case Ask.NAME_HOLDS:
                return self.text in test.name
            case Ask.NAME_STARTS:
                return test.name.startswith(self.text)
            case Ask.PATH_HOLDS:
                return self.text in f"/{test.module}"
            case Ask.BELOW:
                return test.module.startswith(self.text)
            case Ask.UNKNOWN:
                return None
        found = [part.holds(test) for part in self.parts]
        if self.ask is Ask.NOT:
            return None if found[0] is None else not found[0]
        deciding = self.ask is Ask.EITHER
        if deciding in found:
            return deciding
        return None if None in found else not deciding


ALWAYS = Condition(Ask.ALWAYS)
UNKNOWN = Condition(Ask.UNKNOWN)


def negated(condition: Condition) -> Condition:
    """Return the opposite of a condition."""
    return condition.parts[0] if condition.ask is Ask.NOT else Condition(Ask.NOT, "", (condition,))


def both(first: Condition, second: Condition) -> Condition:
    """Return the condition that both hold."""
    parts = tuple(one for one in (first, second) if one != ALWAYS)
    return Condition(Ask.BOTH, "", parts) if len(parts) == 2 else (*parts, ALWAYS)[0]


# What a file refers to: ``asyncio.get_event_loop`` written as ``aio.get_event_loop``.
Spelling = str


@frozen
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


@frozen
class AddedMark:
    """A mark that a hook adds to tests; ``prepended``: with ``append=False``."""

    mark: Mark
    prepended: bool
    condition: Condition  # of the tests that get it


@frozen
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
