"""Base classes of other modules, and mixins."""

from __future__ import annotations

import re
from textwrap import indent

from ..draft import Draft
from ..draw import Draw
from .sites import Idiom, classes, mark, modules


def base_elsewhere(draw: Draw, draft: Draft) -> bool:
    """Import a base class, by name, by star, by module or through another one."""
    found = [one for one in classes(draft) if re.match(r"class Base\d+:", one[2])]
    if not found:
        return False
    path, index, text = draw.pick(found)
    name = re.match(r"class (\w+)", text)
    assert name is not None
    del draft.blocks[path][index]
    module = f"bases{draft.number()}"
    draft.blocks[f"{module}.py"] = [text]
    form = draw.weighted({"star": 3, "from": 1, "module": 1, "through": 1})
    if form == "through":
        through = f"common{draft.number()}"
        draft.blocks[f"{through}.py"] = []
        draft.imports[f"{through}.py"] = [
            f"from {module} import {draw.pick(['*', name[1]])}  # noqa: F401, F403"
        ]
        module, form = through, draw.pick(["star", "from"])
    line = {
        "star": f"from {module} import *  # noqa: F403",
        "from": f"from {module} import {name[1]}",
        "module": f"import {module}",
    }[form]
    draft.imports.setdefault(path, []).append(line)
    if form == "module":
        draft.blocks[path] = [
            block.replace(f"({name[1]})", f"({module}.{name[1]})") for block in draft.blocks[path]
        ]
    return True


_PARTS = {
    "narrow": (
        "@pytest.fixture\ndef event_loop(self):\n    loop = asyncio.new_event_loop()\n"
        "    yield loop\n    loop.close()"
    ),
    "wide": (
        '@pytest.fixture(scope="class")\ndef event_loop(self):\n'
        "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()"
    ),
    "home": (
        "@pytest_asyncio.fixture\nasync def home(self):\n"
        "    return SimpleNamespace(loop=asyncio.get_running_loop())"
    ),
    "wide home": (
        '@pytest_asyncio.fixture(scope="class")\nasync def home(self):\n'
        "    return SimpleNamespace(loop=asyncio.get_running_loop())"
    ),
    "sync home": (
        "@pytest.fixture\ndef home(self, event_loop):\n    return SimpleNamespace(loop=event_loop)"
    ),
}


def mixins(draw: Draw, draft: Draft) -> bool:
    """Add a class with two mixins, of which one hides what the other has."""
    path = draw.pick(modules(draft))
    loops = draw.pick([("narrow", "wide"), ("wide", "narrow"), ("wide", "wide")])
    homes = draw.pick(
        [("home", "sync home"), ("sync home", "home"), ("home", "home"), ("wide home", "home")]
    )
    if homes[0] == "wide home" and loops[0] == "narrow":
        homes = ("home", "wide home")
    number = draft.number()
    marked = mark(draft, path)
    tests = "\n\n".join(
        f"{marked}async def test_{draft.number()}(self, home):\n"
        "    assert home.loop is asyncio.get_running_loop()"
        for _ in range(2)
    )
    diamond = draw.chance(0.4)
    shared = draw.chance(0.5)  # the mixins hold the loops, or the test class's own base does
    left = _class(
        f"Left{number}", f"Root{number}" if diamond else "", [loops[0]] if shared else [], homes[0]
    )
    right = _class(f"Right{number}", f"Root{number}" if diamond else "", [loops[1]], homes[1])
    top = [_class(f"Root{number}", "", [loops[1]], "home")] if diamond else []
    if not shared and (homes[0] == "wide home" and loops[1] == "narrow"):
        return False
    texts = [*top, left, right]
    test = f"class Test{number}(Left{number}, Right{number}):\n{indent(tests, '    ')}"
    if draw.chance(0.5):
        module = f"mixins{draft.number()}"
        draft.blocks[f"{module}.py"] = texts
        names = draw.pick(["*", f"Left{number}, Right{number}"])
        draft.imports.setdefault(path, []).append(f"from {module} import {names}  # noqa: F403")
        draft.blocks[path].append(test)
    else:
        draft.blocks[path] += [*texts, test]
    return True


def _class(name: str, base: str, loops: list[str], home: str) -> str:
    body = "\n\n".join(_PARTS[part] for part in [*loops, home])
    return f"class {name}{f'({base})' * bool(base)}:\n{indent(body, '    ')}"


IDIOMS: dict[str, tuple[float, Idiom]] = {
    "base class elsewhere": (4, base_elsewhere),
    "mixins": (1.5, mixins),
}
