"""Requests that are made while a test or fixture runs, and tests that are called by tests."""

from __future__ import annotations

from ..draft import Draft
from ..draw import Draw
from .sites import Definition, Idiom, definitions, mark, modules, name_in, takes_sync_tests

_OTHERS = ("self", "request", "number")


def _askers(draft: Draft) -> list[tuple[Definition, str]]:
    """Sync tests and fixtures with a parameter that can be asked for instead."""
    return [
        (one, name)
        for one in definitions(draft)
        if not one.is_async
        and (one.is_test or one.maker is not None)
        and not one.name.startswith(("event_loop", "_"))
        for name in one.parameters
        if name not in _OTHERS
    ]


def by_constant(draw: Draw, draft: Draft) -> bool:
    """Write ``request.getfixturevalue(NAME)``."""
    found = _askers(draft)
    if not found:
        return False
    one, name = draw.pick(found)
    constant = f"NAME_{draft.number()}"
    value, before = f'"{name}"', len(draft.blocks[one.path])
    if draw.chance(0.7):
        value = name_in(draw, draft, one.path, constant, f"{constant} = {value}", "names")
    index = one.index + len(draft.blocks[one.path]) - before
    rest = tuple(other for other in one.parameters if other not in (name, "request"))
    first = f"{name} = request.getfixturevalue({value})"
    draft.blocks[one.path][index] = one.text(parameters=("request", *rest), first=first)
    return True


def by_parameter(draw: Draw, draft: Draft) -> bool:
    """Write ``request.getfixturevalue(name)`` with the names in ``parametrize``."""
    found = [(one, name) for one, name in _askers(draft) if one.is_test]
    if not found:
        return False
    one, name = draw.pick(found)
    rest = tuple(other for other in one.parameters if other not in (name, "request"))
    parametrize = f'pytest.mark.parametrize("asked", ["{name}"])'
    draft.blocks[one.path][one.index] = one.text(
        decorators=(parametrize, *one.decorators),
        parameters=("request", "asked", *rest),
        first=f"{name} = request.getfixturevalue(asked)",
    )
    return True


def called_test(draw: Draw, draft: Draft) -> bool:
    """Add a test that another one calls."""
    path = draw.pick(modules(draft))
    first, second = draft.number(), draft.number()
    marked = mark(draft, path)
    with_loop = draw.chance(0.1)
    wanted = "event_loop" * with_loop
    check = "event_loop is asyncio.get_running_loop()" if with_loop else "True"
    draft.blocks[path].append(
        f"{marked}async def test_{first}({wanted}):\n"
        f"    await asyncio.sleep(0)\n    assert {check}"
    )
    if draw.chance(0.6) or not takes_sync_tests(draft, path):
        text = f"{marked}async def test_{second}({wanted}):\n    await test_{first}({wanted})"
    else:
        text = (
            f"def test_{second}(event_loop):\n"
            f"    event_loop.run_until_complete(test_{first}({wanted}))"
        )
    draft.blocks[path].append(text)
    return True


IDIOMS: dict[str, tuple[float, Idiom]] = {
    "getfixturevalue of a constant": (3, by_constant),
    "getfixturevalue of a parameter": (2, by_parameter),
    "test called by a test": (1, called_test),
}
