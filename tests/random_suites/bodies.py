"""The texts of overrides and fixtures."""

from __future__ import annotations

from textwrap import indent

from loopscope.types import Scope

from .draw import Draw
from .model import Fixture

# Each body works on ``loop``; {make} makes it. What is done with a lingering loop (one that
# outlives its place, and is closed by whoever makes the next) must not need it open.
_SIMPLE = {
    "plain": "loop = {make}\nyield loop\nloop.close()",
    "return": "return {make}",
    "finally": "loop = {make}\ntry:\n    yield loop\nfinally:\n    loop.close()",
    "set": "loop = {make}\nasyncio.set_event_loop(loop)\nyield loop\nloop.close()",
    "running": (
        "try:\n    loop = asyncio.get_running_loop()\nexcept RuntimeError:\n"
        "    loop = {make}\nyield loop\nloop.close()"
    ),
}
_DEMANDING = {
    "tasks": (
        "loop = {make}\nyield loop\npending = asyncio.all_tasks(loop)\n"
        "for task in pending:\n    task.cancel()\n"
        "loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))\n"
        "loop.close()"
    ),
    "asyncgens": (
        "loop = {make}\nyield loop\nloop.run_until_complete(loop.shutdown_asyncgens())\n"
        "loop.close()"
    ),
    "none": "loop = {make}\nyield loop\nloop.close()\nasyncio.set_event_loop(None)",
}
_CURRENT = {
    "current": "loop = asyncio.get_event_loop()\nyield loop\nloop.close()",
    "current_return": "return asyncio.get_event_loop()",
}
_RARE = {
    "debug": "loop = {make}\nloop.set_debug(True)\nyield loop\nloop.close()",
    "work_before": (
        "loop = {make}\nloop.run_until_complete(asyncio.sleep(0))\nyield loop\nloop.close()"
    ),
    "work_after": (
        "loop = {make}\nyield loop\nloop.run_until_complete(asyncio.sleep(0))\nloop.close()"
    ),
    "own_class": "loop = OwnLoop()\nyield loop\nloop.close()",
}
_BODIES = {**_SIMPLE, **_DEMANDING, **_CURRENT, **_RARE}
_MAKERS = ("asyncio.new_event_loop()", "asyncio.get_event_loop_policy().new_event_loop()")
OWN_CLASS = "class OwnLoop(asyncio.SelectorEventLoop):\n    pass"
OWN_POLICY = (
    "class OwnPolicy(asyncio.DefaultEventLoopPolicy):\n"
    "    def new_event_loop(self):\n        return OwnLoop()"
)


def draw_body(draw: Draw, *, lingering: bool, alone: bool) -> str:
    """Draw the kind of an override's body. ``alone``: it serves the whole suite."""
    weights = {"plain": 12.0, "return": 2, "finally": 3, "set": 2, "running": 2}
    if not lingering:
        weights |= {"tasks": 2, "asyncgens": 1, "none": 0.5}
    if alone:
        weights |= dict.fromkeys(_CURRENT, 1.5)
    if not lingering:
        weights |= {"debug": 0.6, "work_before": 0.5, "work_after": 0.5, "own_class": 0.4}
    return draw.weighted(weights)


def override(draw: Draw, body: str, scope: Scope, *, kind: str, autouse: bool) -> str:
    """Write an override for a place of that kind, or for "loops" to import from."""
    arguments = ["self"] if kind == "class" else []
    keywords = [] if scope is Scope.FUNCTION else [f'scope="{scope.word}"']
    name = "event_loop"
    if autouse:
        keywords.append("autouse=True")
    if draw.chance(0.1):
        arguments.append("request")
    if kind != "loops" and draw.chance(0.06):
        keywords.append('name="event_loop"')
        name = "own_loop"
    decorator = draw.weighted(
        {"pytest.fixture": 20, "pytest_asyncio.fixture": 2, "pytest.yield_fixture": 1}
    )
    call = f"({', '.join(keywords)})" if keywords else ""
    text = _BODIES[body].format(make=draw.pick(_MAKERS))
    return f"@{decorator}{call}\ndef {name}({', '.join(arguments)}):\n{indent(text, '    ')}"


_HOME = "SimpleNamespace(loop={})"


def fixture(draw: Draw, made: Fixture, needs: dict[str, str], *, strict: bool) -> str:
    """Write a fixture; ``needs`` maps the names that it requests to their values."""
    here = {"async": "asyncio.get_running_loop()", "plain": "None"}.get(made.style, "event_loop")
    lines = []
    for name, gives in needs.items():
        if made.style in ("async", "stores", "runs") and gives in ("home", "loop"):
            attribute = f"{name}.loop" if gives == "home" else name
            lines.append(f"assert {attribute} is {here}")
        elif made.style == "plain" and gives == "home":
            here = f"{name}.loop"
        elif gives == "driver":
            lines.append(f"assert {name}(where()) is event_loop")
    value = _HOME.format(here)
    arguments = list(needs)
    if made.style in ("orders", "stores", "runs", "alias", "driver"):
        arguments.insert(draw.number(0, len(arguments)), "event_loop")
    if made.style == "dynamic":
        arguments.append("request")
        lines.insert(0, 'event_loop = request.getfixturevalue("event_loop")')
    if made.style == "orders":
        value = _HOME.format("None")
    elif made.style == "ambient":
        value = _HOME.format("asyncio.get_event_loop()")
    elif made.style == "runs":
        lines.append("loop = event_loop.run_until_complete(where())")
        value = _HOME.format("loop")
    elif made.style == "alias":
        value = "event_loop"
    elif made.style == "driver":
        if draw.chance(0.5):
            value = "event_loop.run_until_complete"
        else:
            lines.append("def run(task):\n    return event_loop.run_until_complete(task)\n")
            value = "run"
    lines += _end(made, value)
    body = indent("\n".join(lines), "    ")
    if made.place.kind == "class":
        arguments.insert(0, "self")
    head = f"{'async ' * made.is_async}def {made.name}({', '.join(arguments)}):"
    return f"{_decorator(draw, made, strict)}\n{head}\n{body}"


def _end(made: Fixture, value: str) -> list[str]:
    if not made.yields:
        return [f"return {value}"]
    if made.is_async:
        return [
            f"home = {value}",
            "yield home",
            "await asyncio.sleep(0)",
            "assert home.loop is asyncio.get_running_loop()",
        ]
    if made.style == "runs":
        return [f"yield {value}", "event_loop.run_until_complete(asyncio.sleep(0))"]
    return [f"yield {value}"]


def _decorator(draw: Draw, made: Fixture, strict: bool) -> str:
    keywords = [] if made.scope is Scope.FUNCTION else [f'scope="{made.scope.word}"']
    if made.autouse:
        keywords.append("autouse=True")
    own = made.is_async and (strict or draw.chance(0.3))
    name = "pytest_asyncio.fixture" if own else "pytest.fixture"
    return f"@{name}({', '.join(keywords)})" if keywords else f"@{name}"


def helper() -> str:
    """Write the coroutine that fixtures and tests run by hand."""
    return "async def where():\n    return asyncio.get_running_loop()"
