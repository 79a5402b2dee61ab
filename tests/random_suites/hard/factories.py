"""Tests that functions make."""

from __future__ import annotations

from textwrap import indent

from ..draft import Draft
from ..draw import Draw
from .sites import Idiom, replace, tests


def made_test(draw: Draw, draft: Draft) -> bool:
    """Write ``test_5 = make_test()``."""
    found = tests(draft)
    if not found:
        return False
    one = draw.pick(found)
    inner = draw.pick([one.name, "check", "test"])
    if draw.chance(0.5):
        made, call = one.text(name=inner), f"make_{one.name}()"
    else:
        made, call = one.text(name=inner, decorators=()), f"make_{one.name}()"
        for decorator in reversed(one.decorators):
            call = f"{decorator}({call})"
    factory = f"def make_{one.name}():\n{indent(made, '    ')}\n\n    return {inner}"
    replace(draft, one, factory)
    draft.blocks[one.path].insert(one.index + 1, f"{one.name} = {call}")
    return True


IDIOMS: dict[str, tuple[float, Idiom]] = {"test from a factory": (0.4, made_test)}
