"""Suites that say the same as those of the generator in rarer words, and a little more."""

from __future__ import annotations

from collections.abc import Mapping

from ..draft import RandomSuite
from ..draw import Draw
from ..generator import draft
from . import classes, factories, loops, marks, modules, objects, requests, spellings
from .sites import Idiom

_FAMILIES = (classes, factories, loops, marks, modules, objects, requests, spellings)
IDIOMS: Mapping[str, tuple[float, Idiom]] = {
    name: weighed for family in _FAMILIES for name, weighed in family.IDIOMS.items()
}
_APART = 10**9  # the draws of the idioms are none of the suite's own


def generate(number: int) -> RandomSuite:
    """Generate the suite of that number with up to four rarer idioms, always the same."""
    suite = draft(number)
    draw = Draw(_APART + number)
    left = {name: weight for name, (weight, _) in IDIOMS.items()}
    wanted = draw.number(1, 4)
    while left and wanted:
        name = draw.weighted(left)
        del left[name]
        if IDIOMS[name][1](draw, suite):
            suite.idioms.add(name)
            wanted -= 1
    return suite.suite()
