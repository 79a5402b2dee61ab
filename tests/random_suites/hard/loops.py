"""Loops of another kind: a class of the suite, a policy; and overrides with parameters."""

from __future__ import annotations

import re

from ..draft import Draft
from ..draw import Draw
from .sites import MARK, Idiom, lines, respell

_MADE = re.compile(r"asyncio\.(new_event_loop|get_event_loop_policy\(\)\.new_event_loop)\(\)")


def another_kind(draw: Draw, draft: Draft) -> bool:
    """Let an override make loops of another class."""
    found = lines(draft, _MADE.pattern)
    if not found:
        return False
    line = draw.pick(found)
    form = draw.weighted({"class": 3, "policy": 1, "function": 2})
    made = {"class": "OwnLoop()", "policy": "OwnPolicy().new_event_loop()"}.get(form, "")
    if form == "function":
        name = f"make_loop{draft.number()}"
        text = f"def {name}():\n    return OwnLoop()"
        respell(
            draw, draft, line, name, text, "loops",
            lambda spelled: _MADE.sub(f"{spelled}()", line.text),
        )  # fmt: skip
    else:
        line.replace(draft, _MADE.sub(made, line.text))
    return True


_WITH_PARAMETERS = (
    '@pytest.fixture(params=[asyncio.SelectorEventLoop, OwnLoop], ids=["plain", "own"])\n'
    "def event_loop(request):\n    loop = request.param()\n    yield loop\n    loop.close()",
    "@pytest.fixture(params=[asyncio.SelectorEventLoop, OwnLoop])\n"
    "def event_loop(request):\n    loop = request.param()\n    yield loop\n    loop.close()",
)
_BY_TESTS = (
    "@pytest.fixture\ndef event_loop(request):\n"
    '    loop = request.param() if hasattr(request, "param") else asyncio.new_event_loop()\n'
    "    yield loop\n    loop.close()"
)


def with_parameters(draw: Draw, draft: Draft) -> bool:
    """Add a module whose override has parameters."""
    path = f"test_{draft.number()}.py"
    mark = f"{MARK}\n" * draft.strict
    tests = [
        f"{mark}async def test_{draft.number()}():\n    await asyncio.sleep(0)"
        for _ in range(draw.number(1, 2))
    ]
    if draw.chance(0.7):
        draft.blocks[path] = [draw.pick(_WITH_PARAMETERS), *tests]
    else:
        parametrize = '@pytest.mark.parametrize("event_loop", [OwnLoop], indirect=True)\n'
        draft.blocks[path] = [_BY_TESTS, parametrize + tests[0], *tests[1:]]
    return True


IDIOMS: dict[str, tuple[float, Idiom]] = {
    "another kind of loop": (0.3, another_kind),
    "override with parameters": (0.3, with_parameters),
}
