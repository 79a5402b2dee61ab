"""A pytest plugin that writes down on which event loop each test and async fixture ran.

Load it with ``-p loopscope_probe`` and name the output in ``LOOPSCOPE_PROBE_OUT``. It is one
file without dependencies, because it is put on the path of environments that hold nothing but
pytest (7 to 9) and pytest-asyncio (0.21 to 1.x), on Python 3.8 or newer. It only looks on: no
outcome, order or loop is changed by it.

The output is one JSON document::

    {"python": "3.11.7", "pytest": "9.2.0", "exit": 0, "collect": {nodeid: error text},
     "tests": {nodeid: {"outcomes": {"setup": "passed", ...},
                        "loop": serial | null,        loop that ran the test's coroutine
                        "event_loop": serial | null,  loop that a fixture named event_loop gave
                        "fixtures": [[name, serial], ...],
                        "error": text}}}              failures only

Serials are given to loop objects in the order in which they are first seen. An async fixture
that an earlier test set up is reported for each test that uses it, with the loop it was made on.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import json
import os
import platform
import types
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from _pytest.fixtures import FixtureDef

_MADE_ON = "_loopscope_made_on"


class _Loops:
    """Serial numbers for loops; keeps the loops alive, so that no id is used twice."""

    def __init__(self) -> None:
        self._seen: list[Any] = []

    def serial(self, loop: Any) -> int:
        for number, seen in enumerate(self._seen):
            if seen is loop:
                return number
        self._seen.append(loop)
        return len(self._seen) - 1

    def running(self) -> int:
        return self.serial(asyncio.get_running_loop())


_loops = _Loops()
_tests: dict[str, dict[str, Any]] = {}
_collect: dict[str, str] = {}


def _record(nodeid: str) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "outcomes": {},
        "loop": None,
        "event_loop": None,
        "fixtures": [],
        "error": "",
    }
    return _tests.setdefault(nodeid, empty)


# --- functions that note the loop they run on


def _observed(func: Callable[..., Any], note: Callable[[], None]) -> Callable[..., Any]:
    """``func`` with a call of ``note`` at its start, and of the same kind as before."""
    if inspect.ismethod(func):  # keep the binding: pytest rebinds __func__ to the instance
        return types.MethodType(_observed(func.__func__, note), func.__self__)

    if inspect.iscoroutinefunction(func):

        @functools.wraps(func)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            note()
            return await func(*args, **kwargs)

        return coroutine

    if inspect.isasyncgenfunction(func):

        @functools.wraps(func)
        async def generator(*args: Any, **kwargs: Any) -> Any:
            note()
            values = func(*args, **kwargs)
            try:
                async for value in values:
                    yield value
            finally:
                await values.aclose()

        return generator

    if inspect.isgeneratorfunction(func):

        @functools.wraps(func)
        def sync_generator(*args: Any, **kwargs: Any) -> Any:
            note()
            return (yield from func(*args, **kwargs))

        return sync_generator

    @functools.wraps(func)
    def function(*args: Any, **kwargs: Any) -> Any:
        note()
        return func(*args, **kwargs)

    return function


def _awaitable_observed(func: Callable[..., Any], note: Callable[[], None]) -> Callable[..., Any]:
    """A sync ``func`` whose returned coroutine, if it returns one, notes the loop."""

    async def awaited(coroutine: Any) -> Any:
        note()
        return await coroutine

    @functools.wraps(func)
    def function(*args: Any, **kwargs: Any) -> Any:
        result = func(*args, **kwargs)
        return awaited(result) if inspect.iscoroutine(result) else result

    return function


def _current_loop() -> Any | None:
    """The current loop of this thread, without making one, which get_event_loop() may do."""
    policy = getattr(asyncio.events, "_event_loop_policy", None)
    return getattr(getattr(policy, "_local", None), "_loop", None)


# --- fixtures: every definition passes through FixtureDef, whichever way it was registered, and
# execute() is called for each test that uses a fixture, also when its value is already there.


def _watch(fixturedef: Any) -> None:
    func = fixturedef.func
    plain = getattr(func, "__func__", func)

    def note_running() -> None:
        setattr(fixturedef, _MADE_ON, _loops.running())

    def note_current() -> None:
        loop = _current_loop()
        if loop is not None:
            setattr(fixturedef, _MADE_ON, _loops.serial(loop))

    if inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain):
        fixturedef.func = _observed(func, note_running)
    elif hasattr(plain, "_loop_scope"):  # a sync function under the modern pytest_asyncio.fixture
        fixturedef.func = _observed(func, note_current)


def _note_use(fixturedef: Any, request: Any, value: Any) -> None:
    record = _record(request._pyfuncitem.nodeid)
    made_on = getattr(fixturedef, _MADE_ON, None)
    entry = [fixturedef.argname, made_on]
    if made_on is not None and entry not in record["fixtures"]:
        record["fixtures"].append(entry)
    if fixturedef.argname == "event_loop" and isinstance(value, asyncio.AbstractEventLoop):
        record["event_loop"] = _loops.serial(value)


def _patch_fixturedef() -> None:
    init, execute = FixtureDef.__init__, FixtureDef.execute

    @functools.wraps(init)
    def watching_init(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        _watch(self)

    @functools.wraps(execute)
    def watching_execute(self: Any, request: Any) -> Any:
        value = execute(self, request)
        _note_use(self, request, value)
        return value

    FixtureDef.__init__ = watching_init  # type: ignore[method-assign]
    FixtureDef.execute = watching_execute  # type: ignore[method-assign]


_patch_fixturedef()


# --- tests


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Wrap the test function as late as possible, and before the plugin makes it sync."""
    func = getattr(item, "obj", None)
    if func is None or item.get_closest_marker("asyncio") is None:
        yield
        return

    def note() -> None:
        _record(item.nodeid)["loop"] = _loops.running()

    wrap = _observed if inspect.iscoroutinefunction(func) else _awaitable_observed
    item.obj = wrap(func, note)  # type: ignore[attr-defined]
    yield
    item.obj = func  # type: ignore[attr-defined]


# --- outcomes


def _outcome(report: Any) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.failed and report.when != "call":
        return "error"
    return str(report.outcome)


def pytest_runtest_logreport(report: Any) -> None:
    record = _record(report.nodeid)
    record["outcomes"][report.when] = _outcome(report)
    if report.failed:
        record["error"] += report.longreprtext


def pytest_collectreport(report: Any) -> None:
    if report.failed:
        _collect[report.nodeid] = report.longreprtext


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    path = os.environ.get("LOOPSCOPE_PROBE_OUT")
    if not path:
        return
    document = {
        "python": platform.python_version(),
        "pytest": pytest.__version__,
        "exit": int(exitstatus),
        "collect": _collect,
        "tests": _tests,
    }
    with open(path, "w", encoding="utf-8") as out:
        json.dump(document, out, indent=1)
