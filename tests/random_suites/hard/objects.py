"""Objects that take the current loop when sync code makes them, and fixtures that end on it."""

from __future__ import annotations

from ..draft import Draft
from ..draw import Draw
from .sites import Idiom, mark, modules, takes_sync_tests

# What takes the loop -> how the loop is got out of ``held``.
_MADE = {
    "asyncio.Future()": "held.get_loop()",
    "asyncio.StreamReader()": "held._loop",
    "asyncio.gather()": "held.get_loop()",
    "asyncio.shield(asyncio.Future())": "held.get_loop()",
    "asyncio.wrap_future(concurrent.futures.Future())": "held.get_loop()",
    "asyncio.ensure_future(asyncio.sleep(0))": "held.get_loop()",
    "asyncio.get_event_loop().create_future()": "held.get_loop()",
}
# A class of the suite -> how it is made, and the loop.
_CLASSES = {
    "in its constructor": (
        "class {name}:\n    def __init__(self):\n        self.loop = asyncio.get_event_loop()",
        "{name}()",
    ),
    "in a method": (
        "class {name}:\n    def start(self):\n        self.loop = asyncio.get_event_loop()\n"
        "        return self",
        "{name}().start()",
    ),
    "in a class method": (
        "class {name}:\n    def __init__(self, loop):\n        self.loop = loop\n\n"
        "    @classmethod\n    def create(cls):\n        return cls(asyncio.get_event_loop())",
        "{name}.create()",
    ),
    "through another method": (
        "class {name}:\n    def __init__(self):\n        self.loop = self._find()\n\n"
        "    def _find(self):\n        return asyncio.get_event_loop()",
        "{name}()",
    ),
    "as a future": (
        "class {name}:\n    def __init__(self):\n        self.ready = asyncio.Future()\n\n"
        "    @property\n    def loop(self):\n        return self.ready.get_loop()",
        "{name}()",
    ),
    "by default": (
        "class {name}:\n    def __init__(self, loop=None):\n"
        "        self.loop = loop or asyncio.get_event_loop()",
        "{name}()",
    ),
}
_RARE = (
    (
        "@dataclass\nclass {name}:\n"
        "    loop: object = field(default_factory=asyncio.get_event_loop)",
        "{name}()",
    ),
    (
        "@dataclass\nclass {name}:\n    ready: object = field(default_factory=asyncio.Future)\n\n"
        "    @property\n    def loop(self):\n        return self.ready.get_loop()",
        "{name}()",
    ),
)


def takes_loop(draw: Draw, draft: Draft) -> bool:
    """Add a sync fixture whose value takes the current loop, for async tests."""
    path = draw.pick(modules(draft))
    number = draft.number()
    home = path if draw.chance(0.6) else "conftest.py"
    if draw.chance(0.45):
        value = draw.pick(list(_MADE))
        loop = _MADE[value]
    else:
        definition, value = (
            draw.pick(_RARE) if draw.chance(0.06) else _CLASSES[draw.pick(list(_CLASSES))]
        )
        name = draw.pick(["Worker", "Client", "Bus"]) + str(number)
        loop = "held.loop"
        value = value.format(name=name)
        text = definition.format(name=name)
        if draw.chance(0.5):
            module = f"app{draft.number()}"
            draft.blocks[f"{module}.py"] = [text]
            form = draw.pick([f"from {module} import {name}", f"import {module}"])
            draft.imports.setdefault(home, []).append(form)
            if form.startswith("import"):
                value = f"{module}.{value}"
        else:
            draft.blocks[home].insert(0, text)
    held = f"held{number}"
    lines = draw.pick([
        f"return {value}",
        f"yield {value}",
        f"made = {value}\nyield made\nassert made is not None",
    ]).replace("\n", "\n    ")  # fmt: skip
    draft.blocks[home].append(f"@pytest.fixture\ndef {held}():\n    {lines}")
    check = loop.replace("held", held)
    for _ in range(draw.number(1, 2)):
        draft.blocks[path].append(
            f"{mark(draft, path)}async def test_{draft.number()}({held}):\n"
            f"    assert {check} is asyncio.get_running_loop()"
        )
    return True


_SLEEP = "run_until_complete(asyncio.sleep(0))"
_ENDS = {
    "on the fixture": ("event_loop", f"yield\nevent_loop.{_SLEEP}"),
    "on the current one": ("", f"yield\nasyncio.get_event_loop().{_SLEEP}"),
    "on what it took": (
        "", f"loop = asyncio.get_event_loop()\nyield loop\nloop.{_SLEEP}"
    ),
    "finalizer": (
        "request, event_loop",
        f"request.addfinalizer(lambda: event_loop.{_SLEEP})\nreturn None",
    ),
    "nested finalizer": (
        "request, event_loop",
        f"def end():\n    event_loop.{_SLEEP}\n\n"
        "request.addfinalizer(end)\nreturn None",
    ),
    "both ends": (
        "event_loop",
        "home = event_loop.run_until_complete(where())\nyield home\n"
        "assert event_loop.run_until_complete(where()) is home",
    ),
    "finally": (
        "event_loop",
        f"try:\n    yield\nfinally:\n    event_loop.{_SLEEP}",
    ),
}  # fmt: skip


def ends_on_loop(draw: Draw, draft: Draft) -> bool:
    """Add a sync fixture that drives the loop when it ends."""
    path = draw.pick(modules(draft))
    home = path if draw.chance(0.6) else "conftest.py"
    name = f"ended{draft.number()}"
    arguments, body = _ENDS[draw.pick(list(_ENDS))]
    body = body.replace("\n", "\n    ").replace("    \n", "\n")
    auto = "(autouse=True)" if home == path and draw.chance(0.1) else ""
    draft.blocks[home].append(f"@pytest.fixture{auto}\ndef {name}({arguments}):\n    {body}")
    for _ in range(draw.number(1, 2)):
        if draw.chance(0.6) or not takes_sync_tests(draft, path):
            draft.blocks[path].append(
                f"{mark(draft, path)}async def test_{draft.number()}({name}):\n"
                "    await asyncio.sleep(0)"
            )
        else:
            draft.blocks[path].append(f"def test_{draft.number()}({name}):\n    assert True")
    return True


IDIOMS: dict[str, tuple[float, Idiom]] = {
    "takes the current loop": (6, takes_loop),
    "ends on the loop": (4, ends_on_loop),
}
