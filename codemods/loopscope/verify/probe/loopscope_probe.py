"""A pytest plugin that writes down on which event loop each test and async fixture ran.

Load it with ``-p loopscope_probe`` and name the output in ``LOOPSCOPE_PROBE_OUT``. It is put on
the path of environments that hold nothing but pytest (7 or newer) and pytest-asyncio (0.17 or
newer), on Python 3.8 or newer. It has to be one file without dependencies, however long: it is
copied by hand to other machines, and each further module on that path would be one more name that
could hide a module of the project. It only looks on: no outcome, order or loop is changed by it.

The output is JSON lines, so that a run that is cut off leaves what it has seen::

    {"kind": "start", "format": 3, "python": "3.11.7", "pytest": "9.2.0", "asyncio": "1.5.0"}
    {"kind": "collected", "tests": 12}
    {"kind": "items", "tests": [nodeid, ...]}
    {"kind": "begin", "test": nodeid}
    {"kind": "loop", "loop": serial, "class": "uvloop.Loop"}
    {"kind": "test", "test": nodeid,
     "outcomes": {"setup": "passed", ...},
     "loop": serial | null,            loop that ran the test's coroutine
     "event_loop": serial | null,      loop that a fixture named event_loop gave
     "given": false,                   nobody asked for that: it came with a mark, or by autouse
     "set": ["debug mode", ...] | null what was set on its loop when its code began
     "fixtures": [[name, serial], ...] async fixtures
     "around": serial | null,          loop on which pytest-asyncio set up a sync fixture of it
     "used": [name, ...],              every fixture
     "closed": [name, ...],            those that were made on a loop which is closed by then
     "took": false,                    its sync code, or a sync fixture, asked for the current loop
     "error": text, "seconds": 0.1}
    {"kind": "collect", "node": nodeid, "error": text}
    {"kind": "warning", "test": nodeid, "category": name, "message": text}
    {"kind": "function",               a fixture that was set up, or a test that asked for more
     "path": "tests/conftest.py",      seen from the rootdir; "" where it lies outside
     "line": 12,                       of its first decorator
     "module": "tests.conftest", "fixture": name,  "" for a test
     "holder": baseid, "scope": "session", "async": false,
     "arguments": [name, ...], "asks": [name, ...],  what it asked for while it ran
     "on_loop": true}                  it ran on, or asked for, the loop of its test
    {"kind": "file", "path": "tests/conftest.py", "sha256": digest}
    {"kind": "end", "exit": 0}

With ``--collect-only`` nothing runs, and the lines of tests are these instead::

    {"kind": "session", "root": folder, "ini": path, "mode": "auto",
     "defaults": {"test": "", "fixture": ""}, "plugins": [[name, release], ...]}
    {"kind": "item", "test": nodeid,
     "path": "tests/test_a.py", "line": 12, "async": true,  of its function
     "on_loop": true,                  pytest-asyncio will run it
     "asks": false,                    it asks for event_loop itself
     "requests": false,                it does, or a fixture of it
     "marks": [{"on": nodeid, "args": [...], "keywords": {...}}, ...],  asyncio's, closest first
     "fixtures": [[name, path, line, holder, scope, loop scope, kind], ...]}
          in the order in which they are set up, those that one overrides and asks for behind it;
          kind is "async", "bound" (a sync function under pytest_asyncio.fixture), "raw" (async,
          and run by nobody) or ""

Every line has the name of its process as "process": "" or an xdist worker, which writes to a
file of its own, ``<output>.<worker>``. Serials are given to loop objects in the order in which
a process first sees them. An async fixture that an earlier test set up is reported for each test
that uses it, with the loop it was made on.

``LOOPSCOPE_PROBE_ONLY`` may name a file with node ids, one JSON string a line: all other tests are
deselected. An id that is not found (some are made anew for each run) stands for its function.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import inspect
import json
import os
import platform
import re
import sys
import threading
import types
import unittest
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from _pytest.fixtures import FixtureDef

_MADE_ON = "_loopscope_made_on"
_LOOP = "_loopscope_loop"  # the same, as a reference
_BOUND = "_loopscope_bound"  # a sync function that pytest-asyncio sets up on a loop
_TOOK = "_loopscope_took"  # the loop that was current when a sync fixture asked for it
_AROUND = "_loopscope_around"  # the loop that was current when such a function was set up
_FUNCTION = "_loopscope_function"
_FORMAT = 3  # of the output; below 2 it had no number
_PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "")
_ABOUT_ASYNCIO = re.compile(
    r"asyncio|event.?loop|coroutine|never awaited|\basync\b", re.IGNORECASE
)
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]+")


class _Loops:
    """Serial numbers for loops, which are not kept alive: their warnings come when they would."""

    def __init__(self) -> None:
        self._serials: Any = weakref.WeakKeyDictionary()
        self._count = 0

    def serial(self, loop: Any) -> int:
        number: int | None = self._serials.get(loop)
        if number is None:
            number = self._serials[loop] = self._count
            self._count += 1
            cls = type(loop)
            _out.line("loop", loop=number, **{"class": f"{cls.__module__}.{cls.__qualname__}"})
        return number

    def running(self) -> int:
        return self.serial(asyncio.get_running_loop())


_loops = _Loops()


def _set_on(loop: Any) -> list[str]:
    """Name what was set on a loop that other loops do not have."""
    asked = (
        ("debug mode", loop.get_debug),
        ("an exception handler", getattr(loop, "get_exception_handler", None)),
        ("a task factory", getattr(loop, "get_task_factory", None)),
    )
    try:
        return [name for name, ask in asked if ask is not None and ask()]
    except NotImplementedError:  # a loop of the project's own
        return []


_tests: dict[str, dict[str, Any]] = {}  # those that are under way
_asking: set[str] = set()  # those that ask for event_loop, or use who does
_for_all: list[str] = []  # what the option usefixtures names


def _record(nodeid: str) -> dict[str, Any]:
    empty: dict[str, Any] = {
        "outcomes": {},
        "loop": None,
        "event_loop": None,
        "given": False,
        "set": None,
        "fixtures": [],
        "around": None,
        "used": [],
        "took": False,
        "closed": [],
        "error": "",
        "seconds": 0.0,
    }
    return _tests.setdefault(nodeid, empty)


class _Out:
    """The output; a file that cannot be written must not change the run."""

    def __init__(self) -> None:
        path = os.environ.get("LOOPSCOPE_PROBE_OUT", "")
        self._path = f"{path}.{_PROCESS}" if path and _PROCESS else path

    def start(self) -> None:
        if self._path:
            open(self._path, "w", encoding="utf-8").close()

    def line(self, kind: str, **content: Any) -> None:
        if self._path:
            text = json.dumps({"kind": kind, "process": _PROCESS, **content})
            with open(self._path, "a", encoding="utf-8") as file:
                file.write(text + "\n")


_out = _Out()


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
    """Wrap a sync ``func`` so that a coroutine which it returns notes the loop."""

    async def awaited(coroutine: Any) -> Any:
        note()
        return await coroutine

    @functools.wraps(func)
    def function(*args: Any, **kwargs: Any) -> Any:
        result = func(*args, **kwargs)
        return awaited(result) if inspect.iscoroutine(result) else result

    return function


def _current_loop() -> Any | None:
    """Return the current loop of this thread without making one, as get_event_loop() may."""
    policy = getattr(asyncio.events, "_event_loop_policy", None)
    return getattr(getattr(policy, "_local", None), "_loop", None)


# --- functions: what reading their source does not tell


class _Functions:
    """The functions of fixtures, and of tests that ask for fixtures while they run."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, int, str], dict[str, Any]] = {}
        self.files: set[str] = set()
        self.under_way: list[Any] = []  # the fixtures that are set up now, the innermost last
        self.called: dict[str, Any] | None = None  # the record of the test that runs now

    def of(self, func: Any, fixture: str = "") -> dict[str, Any]:
        plain = _plain(func)
        code = getattr(plain, "__code__", None)
        place = (getattr(code, "co_filename", ""), getattr(code, "co_firstlineno", 0), fixture)
        empty: dict[str, Any] = {
            "path": place[0],
            "line": place[1],
            "module": str(getattr(plain, "__module__", "")),
            "fixture": fixture,
            "holder": "",
            "scope": "",  # until it is set up
            "async": inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain),
            "arguments": [],
            "asks": [],
            "on_loop": False,
        }
        return self.known.setdefault(place, empty)

    def of_fixture(self, fixturedef: Any) -> dict[str, Any]:
        found: dict[str, Any] | None = getattr(fixturedef, _FUNCTION, None)
        if found is None:
            found = self.of(fixturedef.func, fixturedef.argname)
            found["holder"] = getattr(fixturedef, "baseid", None) or ""
            found["arguments"] = [name for name in fixturedef.argnames if name != "request"]
            setattr(fixturedef, _FUNCTION, found)
        return found

    def asked(self, name: str, item: Any) -> None:
        """Note who asks for a fixture, where its arguments do not say so."""
        asker = self.under_way[-1] if self.under_way else None
        known = getattr(item, "fixturenames", (name,)) if asker is None else asker.argnames
        if name in known or name == "request":
            return
        entry = self.of(getattr(item, "obj", None)) if asker is None else self.of_fixture(asker)
        if name not in entry["asks"]:
            entry["asks"].append(name)

    def gave(self, loop: Any) -> None:
        """Note that the sync code which runs now asked for the current loop."""
        if threading.current_thread() is not threading.main_thread():
            return
        if self.under_way:
            fixture = self.under_way[-1]  # around event_loop the plugin itself asks
            if fixture.argname != "event_loop" and not self.of_fixture(fixture)["async"]:
                setattr(fixture, _TOOK, _loops.serial(loop))
        elif self.called is not None:
            self.called["took"] = True

    def used(self, fixturedef: Any, record: dict[str, Any]) -> None:
        """Note that a test has used the fixture."""
        entry = self.of_fixture(fixturedef)
        entry["scope"] = str(fixturedef.scope)
        took = getattr(fixturedef, _TOOK, None)
        met = getattr(fixturedef, _MADE_ON, took)
        if met is not None and met == record["event_loop"]:
            entry["on_loop"] = True
        elif took is not None:
            record["took"] = True

    def write(self, root: str) -> None:
        for entry in self.known.values():
            if entry["scope"] or entry["asks"]:
                self.files.add(entry["path"])
                _out.line("function", **{**entry, "path": _below(root, entry["path"])})
        for path in sorted(self.files):
            if not _below(root, path):
                continue
            try:
                with open(path, "rb") as file:
                    digest = hashlib.sha256(file.read()).hexdigest()
            except OSError:  # no file at all: code that was made at run time
                continue
            _out.line("file", path=_below(root, path), sha256=digest)


_functions = _Functions()


def _plain(func: Any) -> Any:
    try:
        return inspect.unwrap(getattr(func, "__func__", func))
    except ValueError:  # it wraps itself
        return func


def _below(root: str, path: str) -> str:
    """Return a path seen from the rootdir, "" where it lies outside of it."""
    if not os.path.isabs(path):
        return ""
    try:
        relative = os.path.relpath(path, root)
    except ValueError:  # another drive
        return ""
    return "" if relative.startswith("..") else relative.replace(os.sep, "/")


def _watch_policy() -> bool:
    """See who asks for the current loop, if that can be seen: every way ends at the policy.

    Python 3.12 warns at the first caller outside of asyncio, so what stands in between must
    look as if it were asyncio's own. Python 3.14 has no such class, and no old pytest-asyncio.
    """
    policy = getattr(asyncio.events, "BaseDefaultEventLoopPolicy", None)
    if policy is None or sys.version_info >= (3, 14):
        return False
    ask = policy.get_event_loop

    def get_event_loop(self: Any) -> Any:
        loop = ask(self)
        _functions.gave(loop)
        return loop

    policy.get_event_loop = functools.wraps(ask)(
        types.FunctionType(
            get_event_loop.__code__,
            {"__name__": "asyncio.events", "Any": Any, "_functions": _functions},
            closure=get_event_loop.__closure__,
        )
    )
    return True


_policy_is_watched = _watch_policy()


# --- fixtures: every definition passes through FixtureDef, whichever way it was registered, and
# execute() is called for each test that uses a fixture, also when its value is already there.


def _watch(fixturedef: Any) -> None:
    _functions.of_fixture(fixturedef)  # now: pytest-asyncio adds arguments later
    func = fixturedef.func
    plain = getattr(func, "__func__", func)

    def note_running() -> None:
        setattr(fixturedef, _MADE_ON, _loops.running())
        setattr(fixturedef, _LOOP, weakref.ref(asyncio.get_running_loop()))

    def note_current() -> None:
        loop = _current_loop()
        serial = None if loop is None else _loops.serial(loop)
        setattr(fixturedef, _AROUND, serial)
        if _policy_is_watched:  # it is on the loop that it asks for; so far only the plugin did
            setattr(fixturedef, _TOOK, None)
        elif serial is not None:
            setattr(fixturedef, _MADE_ON, serial)

    if inspect.iscoroutinefunction(plain) or inspect.isasyncgenfunction(plain):
        fixturedef.func = _observed(func, note_running)
    elif hasattr(plain, "_loop_scope"):  # a sync function under the modern pytest_asyncio.fixture
        setattr(fixturedef, _BOUND, True)
        fixturedef.func = _observed(func, note_current)


def _note_use(fixturedef: Any, request: Any, value: Any) -> None:
    record = _record(request._pyfuncitem.nodeid)
    bound = hasattr(fixturedef, _BOUND)
    made_on = getattr(fixturedef, _MADE_ON, getattr(fixturedef, _TOOK, None) if bound else None)
    _functions.used(fixturedef, record)
    if record["around"] is None:
        record["around"] = getattr(fixturedef, _AROUND, None)
    entry = [fixturedef.argname, made_on]
    if made_on is not None and entry not in record["fixtures"]:
        record["fixtures"].append(entry)
    made = getattr(fixturedef, _LOOP, None)
    if made is not None and (made() is None or made().is_closed()):
        record["closed"].append(fixturedef.argname)
    if fixturedef.argname not in record["used"]:
        record["used"].append(fixturedef.argname)
    if fixturedef.argname == "event_loop" and isinstance(value, asyncio.AbstractEventLoop):
        cls = getattr(request._pyfuncitem, "cls", None)
        if not (cls and issubclass(cls, unittest.IsolatedAsyncioTestCase)):  # has its own loop
            record.update(event_loop=_loops.serial(value), set=_set_on(value))


def _patch_fixturedef() -> None:
    init, execute = FixtureDef.__init__, FixtureDef.execute

    @functools.wraps(init)
    def watching_init(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        _watch(self)

    @functools.wraps(execute)
    def watching_execute(self: Any, request: Any) -> Any:
        _functions.asked(self.argname, request._pyfuncitem)
        _functions.under_way.append(self)
        try:
            value = execute(self, request)
        finally:
            _functions.under_way.pop()
        _note_use(self, request, value)
        return value

    FixtureDef.__init__ = watching_init  # type: ignore[method-assign]
    FixtureDef.execute = watching_execute  # type: ignore[method-assign]


_patch_fixturedef()


# --- tests


def pytest_configure(config: pytest.Config) -> None:
    """Copy the option, to whose list pytest adds what conftests have by autouse."""
    _for_all.extend(config.getini("usefixtures"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget what an earlier attempt at the test did: plugins may run it again."""
    record = _record(item.nodeid)
    record.update(loop=None, event_loop=None, given=item.nodeid not in _asking, set=None)
    record.update(fixtures=[], used=[], closed=[], took=False, error="")


@pytest.hookimpl(hookwrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Wrap the test function as late as possible, and before the plugin makes it sync."""
    func = getattr(item, "obj", None)
    if not inspect.iscoroutinefunction(func):  # else it is the plugin that asks for the loop
        _functions.called = _record(item.nodeid)
    if func is None or item.get_closest_marker("asyncio") is None:
        yield
        _functions.called = None
        return

    def note() -> None:
        loop = asyncio.get_running_loop()
        _record(item.nodeid).update(loop=_loops.serial(loop), set=_set_on(loop))

    hypothesis = getattr(func, "hypothesis", None)
    inner = getattr(hypothesis, "inner_test", None)
    if hypothesis is not None and inspect.iscoroutinefunction(inner):
        hypothesis.inner_test = _observed(inner, note)  # hypothesis calls this one, not func
        yield
        hypothesis.inner_test = inner
        _functions.called = None
        return
    wrap = _observed if inspect.iscoroutinefunction(func) else _awaitable_observed
    item.obj = wrap(func, note)  # type: ignore[attr-defined]
    yield
    item.obj = func  # type: ignore[attr-defined]
    _functions.called = None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave only the chosen tests, where some are chosen.

    The old pytest-asyncio will add event_loop to what each marked test asks for, in a list that
    the tests of one function share: who asks for it is to be seen here, and no later.
    """
    _functions.files.update(str(item.path) for item in items)
    _asking.update(item.nodeid for item in items if _asks_by_name(item))
    path = os.environ.get("LOOPSCOPE_PROBE_ONLY")
    if not path:
        return
    with open(path, encoding="utf-8") as file:
        chosen = set(map(json.loads, file))
    lost = chosen - {item.nodeid for item in items}
    functions = {nodeid.partition("[")[0] for nodeid in lost if "[" in nodeid}
    kept: list[pytest.Item] = []
    others: list[pytest.Item] = []
    for item in items:
        wanted = item.nodeid in chosen or item.nodeid.partition("[")[0] in functions
        (kept if wanted else others).append(item)
    if others:
        items[:] = kept
        config.hook.pytest_deselected(items=others)


# --- what pytest collects, where it runs nothing


_deselected: list[pytest.Item] = []


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Keep what options leave out: it is collected, too."""
    _deselected.extend(items)


def _write_collected(session: pytest.Session) -> None:
    """Write down the session, and each item with its marks and its fixtures."""
    config = session.config
    root, mode = str(config.rootpath), _asyncio_mode(config)
    _out.line(
        "session",
        root=root,
        ini=str(config.inipath or ""),
        mode=mode,
        defaults={
            kind: _option(config, f"asyncio_default_{kind}_loop_scope")
            for kind in ("test", "fixture")
        },
        plugins=sorted(
            {
                (dist.project_name, dist.version)
                for _, dist in config.pluginmanager.list_plugin_distinfo()
            }
        ),
    )
    for item in (*session.items, *_deselected):
        func = _plain(getattr(item, "obj", None))
        inner = getattr(getattr(func, "hypothesis", None), "inner_test", func)
        code = getattr(_plain(inner), "__code__", None)
        is_async = inspect.iscoroutinefunction(inner)
        marks = [
            {
                "on": node.nodeid,
                "args": _plain_values(mark.args),
                "keywords": _plain_values(mark.kwargs),
            }
            for node, mark in item.iter_markers_with_node("asyncio")
        ]
        _out.line(
            "item",
            test=item.nodeid,
            path=_below(root, getattr(code, "co_filename", "")),
            line=getattr(code, "co_firstlineno", 0),
            on_loop=is_async
            and (bool(marks) or mode == "auto")
            and not _is_run_by_others(item, bool(marks)),
            asks="event_loop" in getattr(item, "_fixtureinfo", _NO_NAMES).initialnames,
            requests=_asks_by_name(item),
            marks=marks,
            fixtures=list(_collected_fixtures(item, root, mode)),
            **{"async": is_async},
        )


_NO_NAMES: Any = types.SimpleNamespace(
    argnames=(), initialnames=(), names_closure=(), name2fixturedefs={}
)


def _asks_by_name(item: Any) -> bool:
    """Whether an item, or a fixture of it, asks for event_loop; by autouse alone it is given."""
    info = getattr(item, "_fixtureinfo", _NO_NAMES)
    if "event_loop" not in info.names_closure:
        return False
    used = [*_for_all, *info.argnames]
    used += [name for mark in item.iter_markers("usefixtures") for name in mark.args]
    found = info.name2fixturedefs
    others = [one for name in found if name != "event_loop" for one in found[name]]
    return "event_loop" in used or any("event_loop" in one.argnames for one in others)


def _collected_fixtures(item: Any, root: str, mode: str) -> Iterator[list[Any]]:
    """List the fixtures of an item that pytest finds before it runs, each with its place.

    The old pytest-asyncio asks for event_loop when a test begins: the one that the item sees is
    among them, asked for or not.
    """
    info: Any = getattr(item, "_fixtureinfo", None)
    if info is None:
        return
    found = {name: info.name2fixturedefs.get(name, ()) for name in info.names_closure}
    if not found.get("event_loop"):
        found = {"event_loop": _visible("event_loop", item), **found}
    for name, defs in found.items():
        for fixturedef in reversed(defs):  # the one that wins, and those that it may ask for
            told = _told.get(fixturedef)
            if told is None:
                told = _told[fixturedef] = _as_collected(fixturedef, root, mode)
            if told[1].startswith("_pytest.python"):  # an argument by parametrize
                break
            yield [name, *told[0]]
            if name not in told[2]:
                break


_told: dict[Any, tuple[list[Any], str, list[str]]] = {}


def _as_collected(fixturedef: Any, root: str, mode: str) -> tuple[list[Any], str, list[str]]:
    """Return what is written of a fixture, its module and its arguments."""
    entry = _functions.of_fixture(fixturedef)
    ours, loop_scope = _asyncio_fixture(fixturedef.func)
    if not entry["module"].startswith("_pytest.python"):
        entry["scope"] = str(fixturedef.scope)
        entry["on_loop"] = entry["async"] and (mode == "auto" or ours)
    kind = "raw" if entry["async"] else "bound" if ours else ""
    place = _below(root, entry["path"]), entry["line"], fixturedef.baseid or ""
    row = [*place, str(fixturedef.scope), loop_scope, "async" if entry["on_loop"] else kind]
    return row, entry["module"], entry["arguments"]


def _visible(name: str, item: Any) -> Any:
    """Return the fixtures of a name that an item sees, the one that wins last."""
    manager = item.session._fixturemanager
    try:
        return manager.getfixturedefs(name, item) or ()
    except (AttributeError, TypeError):  # before pytest 8 it takes the node id
        return manager.getfixturedefs(name, item.nodeid) or ()


def _asyncio_fixture(func: Any) -> tuple[bool, str]:
    """Whether ``pytest_asyncio.fixture`` made it, and the loop scope that it names, or "".

    Each release has a mark of its own for that.
    """
    while func is not None:
        plain = getattr(func, "__func__", func)
        if hasattr(plain, "_force_asyncio_fixture") or hasattr(plain, "_loop_scope"):
            return True, str(getattr(plain, "_loop_scope", None) or "")
        func = getattr(plain, "__wrapped__", None)
    return False, ""


def _is_run_by_others(item: pytest.Item, marked: bool) -> bool:
    """Whether unittest, or anyio's plugin, runs the test."""
    cls = getattr(item, "cls", None)
    if isinstance(cls, type) and issubclass(cls, unittest.TestCase):
        return True
    return not marked and item.get_closest_marker("anyio") is not None


def _asyncio_mode(config: pytest.Config) -> str:
    asked = getattr(config.option, "asyncio_mode", None) or _option(config, "asyncio_mode")
    return str(getattr(asked, "value", asked))


def _option(config: pytest.Config, name: str) -> str:
    try:
        return str(config.getini(name) or "")
    except (KeyError, ValueError):  # a release that does not have it
        return ""


def _plain_values(values: Any) -> Any:
    """Return arguments of a mark as JSON can hold them."""
    if isinstance(values, dict):
        return {str(name): _plain_values(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_plain_values(value) for value in values]
    return values if isinstance(values, (str, int, float, bool, type(None))) else repr(values)


# --- what is written


def _outcome(report: Any) -> str:
    if hasattr(report, "wasxfail"):
        return "xfailed" if report.skipped else "xpassed"
    if report.failed and report.when != "call":
        return "error"
    return str(report.outcome)


def _write(nodeid: str) -> None:
    if nodeid in _tests:
        _out.line("test", test=nodeid, **_tests.pop(nodeid))


def pytest_sessionstart() -> None:
    """Begin a new output."""
    release = str(getattr(sys.modules.get("pytest_asyncio"), "__version__", ""))
    _out.start()
    python = platform.python_version()
    _out.line("start", format=_FORMAT, python=python, pytest=pytest.__version__, asyncio=release)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Say how many tests there are, for a person who waits."""
    if session.items:  # the controller of xdist has none
        _out.line("collected", tests=len(session.items))
        _out.line("items", tests=[item.nodeid for item in session.items])
    if session.config.option.collectonly:
        _write_collected(session)


def pytest_runtest_logstart(nodeid: str) -> None:
    """Say which test is under way: it may be the last one."""
    _out.line("begin", test=nodeid)


def pytest_runtest_logreport(report: Any) -> None:
    """Note how a phase of a test ended."""
    record = _record(report.nodeid)
    record["seconds"] = round(record["seconds"] + getattr(report, "duration", 0.0), 4)
    if hasattr(report, "context"):  # a subtest; the test itself is reported too
        worst = "failed" in (report.outcome, record["outcomes"].get("subtests"))
        record["outcomes"]["subtests"] = "failed" if worst else "passed"
    else:
        record["outcomes"][report.when] = _outcome(report)
    if report.failed:
        record["error"] += report.longreprtext


@pytest.hookimpl(trylast=True)
def pytest_runtest_logfinish(nodeid: str) -> None:
    """Write the test down."""
    _write(nodeid)


def pytest_collectreport(report: Any) -> None:
    """Write down what could not be collected."""
    if report.failed:
        _out.line("collect", node=report.nodeid, error=report.longreprtext)


def pytest_warning_recorded(warning_message: Any, nodeid: str) -> None:
    """Write down a warning that concerns asyncio."""
    category, message = warning_message.category.__name__, str(warning_message.message)
    if _ABOUT_ASYNCIO.search(message):
        short = _ADDRESS.sub("0x", message)[:500]
        _out.line("warning", test=nodeid, category=category, message=short)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Write what is left: tests of an xdist worker that crashed, functions, the exit code."""
    for nodeid, record in list(_tests.items()):
        if "???" in record["outcomes"]:  # xdist's word for it; others were cut off
            _write(nodeid)
    _functions.write(str(session.config.rootpath))
    _out.line("end", exit=int(exitstatus))
