"""What is on another loop in a suite that is on 1.x already, and the cure for it."""

from __future__ import annotations

from collections import defaultdict

from loopscope.analysis.suite.fixtures import Key
from loopscope.frozen import frozen
from loopscope.loop_map.foreign import LoopUse, LoopUses, too_narrow
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.planning.cure_solver import Cure, CureSolver, is_ignored
from loopscope.types import Options, Scope


@frozen
class ForeignUse:
    """The uses of one fixture on one other loop scope, and whether its value belongs to its own.

    ``word`` says what the value is: "lock"; ``bound`` is False where it belongs to no loop.
    """

    fixture: Key
    uses: tuple[LoopUse, ...]
    bound: bool
    word: str = ""


@frozen
class Foreign:
    """What is on another loop in a modern suite, and the cure, where there is one."""

    found: tuple[ForeignUse, ...] = ()
    narrow: tuple[Key, ...] = ()  # fixtures that are wider than their loop
    cure: Cure | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether anything must change."""
        return bool(self.narrow) or any(item.bound for item in self.found)


NOTHING_FOREIGN = Foreign()


def find_foreign(model: SuiteModel, options: Options) -> Foreign:
    """Find what is on another loop in a suite of the modern style, with its cure."""
    if model.suite_style is not SuiteStyle.MODERN or not model.uses_plugin:
        return NOTHING_FOREIGN
    uses = LoopUses(model)
    found = _grouped(model, uses)
    narrow = too_narrow(model)
    foreign = Foreign(found, narrow)
    if not foreign.is_wrong:
        return foreign
    return Foreign(found, narrow, CureSolver(model, options, uses, narrow).cure())


def _grouped(model: SuiteModel, uses: LoopUses) -> tuple[ForeignUse, ...]:
    groups: dict[tuple[Key, Scope, Scope], list[LoopUse]] = defaultdict(list)
    for use in uses.foreign:
        if not is_ignored(model, use):
            groups[use.fixture.key, use.on.scope, use.made_on.scope].append(use)
    found = []
    for (key, _, _), members in groups.items():
        tied = [(use, held) for use in members if (held := uses.bond(use)) is not None]
        if tied:
            word = next((held.word for _, held in tied if held.word), "")
            found.append(ForeignUse(key, tuple(use for use, _ in tied), True, word))
        else:
            found.append(ForeignUse(key, tuple(members), False))
    return tuple(found)
