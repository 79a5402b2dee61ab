"""What a collection hook asks of a test before it marks it, as a value that can be evaluated.

Only an async test that pytest-asyncio runs is ever asked about: that a test is one holds.
"""

from __future__ import annotations

import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple


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


@dataclass(frozen=True, slots=True)
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
    parts = tuple(one for one in (first, second) if one is not ALWAYS)
    return Condition(Ask.BOTH, "", parts) if len(parts) == 2 else (*parts, ALWAYS)[0]
