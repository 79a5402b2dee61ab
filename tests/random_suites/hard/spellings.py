"""Rarer spellings of a fixture: by a call, a partial, a decorator of the project, constants."""

from __future__ import annotations

import re

from ..draft import Draft
from ..draw import Draw
from .sites import Idiom, Maker, fixtures, lines, maker_of, name_in, respell

_DECORATOR = r"^ *@pytest(_asyncio)?\.(yield_)?fixture"


def by_call(draw: Draw, draft: Draft) -> bool:
    """Write ``db = pytest.fixture(make_db)``."""
    done = False
    for _ in range(draw.number(1, 3)):
        found = fixtures(draft)
        if not found:
            return done
        one = draw.pick(found)
        maker = one.maker
        assert maker is not None
        function = draw.pick([f"make_{one.name}", f"_{one.name}"])
        made = one.text(decorators=(), name=function)
        form = draw.weighted({"applied": 2, "first": 2, "lambda": 1})
        returned = re.fullmatch(r" +return (.*)", one.body)
        if form == "lambda" and returned and not one.is_async:
            function = f"lambda {', '.join(one.parameters)}: {returned[1]}".replace(
                "lambda :", "lambda:"
            )
            made = ""
        call = f"{maker.call()}({function})" if form == "applied" else maker.call(function)
        blocks = draft.blocks[one.path]
        blocks[one.index : one.index + 1] = [*filter(None, [made]), f"{one.name} = {call}"]
        done = True
    return done


def by_project(draw: Draw, draft: Draft) -> bool:
    """Use a decorator that the project makes: a partial, a function, a lambda."""
    found = lines(draft, _DECORATOR)
    if not found:
        return False
    line = draw.pick(found)
    maker = maker_of(line.text.strip()[1:])
    assert maker is not None
    name = f"our_fixture{draft.number()}"
    text, call = _decorator(draw, maker, name)
    at = line.text[: len(line.text) - len(line.text.lstrip())]
    stem = draw.pick(["helpers", "support"])
    respell(draw, draft, line, name, text, stem, lambda spelled: f"{at}@{spelled}{call}")
    return True


def _decorator(draw: Draw, maker: Maker, name: str) -> tuple[str, str]:
    """Write a decorator of the project, and what follows its name where it is used."""
    keywords = ", ".join(maker.keywords)
    form = draw.weighted({"partial": 3, "hands on": 2, "applies": 2, "lambda": 1, "alias": 1})
    if form == "partial":
        text = f"{name} = functools.partial({', '.join([maker.name, *maker.keywords])})"
        return text, draw.pick(["", "()"])
    if form == "hands on":
        text = f"def {name}(*args, **kwargs):\n    return {maker.name}(*args, **kwargs)"
        return text, f"({keywords})"
    if form == "applies":
        return f"def {name}(function):\n    return {maker.call()}(function)", ""
    if form == "lambda":
        return f"{name} = lambda function: {maker.call()}(function)", ""
    return f"{name} = {maker.name}", f"({keywords})"


def by_constant(draw: Draw, draft: Draft) -> bool:
    """Put a scope or name into a constant or mapping, or take ``**`` of one."""
    found = lines(draft, rf"{_DECORATOR}\(.*(scope|name)=\"")
    found += lines(draft, r"@pytest\.mark\.usefixtures\(\"event_loop\"\)")
    if not found:
        return False
    line = draw.pick(found)
    keyword = re.search(r'(scope|name)="(\w+)"', line.text)
    name = f"{draw.pick(['SCOPE', 'OPTION', 'LOOP'])}_{draft.number()}"
    if keyword is None:
        definition, pattern, use = _value(draw, name, "event_loop", '"event_loop"')
    elif draw.chance(0.3):
        text = draw.pick(
            [f'{{"{keyword[1]}": "{keyword[2]}"}}', f'dict({keyword[1]}="{keyword[2]}")']
        )
        definition, pattern, use = f"{name} = {text}", keyword[0], "**{}"
    else:
        definition, pattern, use = _value(draw, name, keyword[2], f'"{keyword[2]}"')
    respell(
        draw, draft, line, name, definition, "constants",
        lambda spelled: line.text.replace(pattern, use.format(spelled)),
    )  # fmt: skip
    return True


def _value(draw: Draw, name: str, value: str, pattern: str) -> tuple[str, str, str]:
    form = draw.weighted({"plain": 4, "mapping": 1, "sum": 0.7, "f-string": 0.7})
    if form == "mapping":
        return f'{name} = {{"loop": "{value}"}}', pattern, '{}["loop"]'
    if form == "sum":
        return f'{name} = "{value[:3]}" + "{value[3:]}"', pattern, "{}"
    if form == "f-string":
        return f'{name} = "{value}"', pattern, 'f"{{{}}}"'
    return f'{name} = "{value}"', pattern, "{}"


def renamed(draw: Draw, draft: Draft) -> bool:
    """Name a fixture by ``name=``, and its function otherwise."""
    found = [one for one in fixtures(draft) if "name=" not in one.decorators[0]]
    if not found:
        return False
    one = draw.pick(found)
    maker = one.maker
    assert maker is not None
    value = f'"{one.name}"'
    before = len(draft.blocks[one.path])
    if draw.chance(0.5):
        name = f"NAME_{draft.number()}"
        value = name_in(draw, draft, one.path, name, f'{name} = "{one.name}"', "constants")
    index = one.index + len(draft.blocks[one.path]) - before
    decorator = Maker(maker.name, (*maker.keywords, f"name={value}")).call()
    text = one.text(
        decorators=(decorator,), name=draw.pick([f"_{one.name}", f"{one.name}_fixture"])
    )
    draft.blocks[one.path][index] = text
    return True


IDIOMS: dict[str, tuple[float, Idiom]] = {
    "fixture by call": (4, by_call),
    "project decorator": (4, by_project),
    "constant": (4, by_constant),
    "name=": (2, renamed),
}
