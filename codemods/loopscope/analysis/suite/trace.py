"""The trace of a legacy run: loops and requests that the source of a suite does not show.

``Trace`` holds the record of the probe. ``index_trace`` matches the recorded functions with the
functions of the suite; ``TraceIndex.apply_to`` adds their recorded requests and scopes to the
facts, so that all later steps read them there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field, replace

from loopscope.analysis.file.facts import FileFacts, Fixture, Function, LoopCall, Place, ScopeKind
from loopscope.analysis.file.override_facts import BodyKind, OverrideBody
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.frozen import frozen
from loopscope.types import Scope

_EVENT_LOOP = "event_loop"
# The name in a ``LoopCall`` for a call outside of the suite, which only the run has seen.
TRACED_CALL = "the current loop, in code outside of the suite"
_SHOWN_BY_RUN = "as the record of the legacy run shows"
_SHOWN_BY_COLLECTION = "as pytest collects it"


@frozen
class TracedFunction:
    """The function of a fixture that was set up, or of a test with requests at run time."""

    path: str  # seen from the root; "" where it lies outside
    line: int  # of its first decorator, 1-based
    module: str
    fixture: str  # the name in requests; "" for a test
    base_id: str = ""  # pytest's base id
    scope: Scope = Scope.FUNCTION  # that it really had
    is_async: bool = False
    arguments: tuple[str, ...] = ()
    requested: tuple[str, ...] = ()  # names of fixtures, at run time
    on_loop: bool = False  # it ran on the loop of its test, or asked for it as the current one


@frozen
class Trace:
    """The record of one run of a suite. Test ids are without parameters."""

    functions: tuple[TracedFunction, ...] = ()
    used: Mapping[str, frozenset[str]] = field(default_factory=dict)  # test -> fixtures
    async_tests: frozenset[str] = frozenset()  # whose coroutine ran on a loop
    asking_tests: frozenset[str] = frozenset()  # sync ones that asked for the current loop
    digests: Mapping[str, str] = field(default_factory=dict)  # path -> sha256 of the file
    # What only a collection says: the line of each test, and those that ask for event_loop.
    lines: Mapping[str, int] = field(default_factory=dict)
    asking_for_loop: frozenset[str] = frozenset()
    # test -> path and line of the event_loop that it sees, where that is in the suite
    loop_places: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    # test -> how many asyncio marks it has, where none of them has arguments; only collected
    bare_marks: Mapping[str, int] = field(default_factory=dict)
    collected: bool = False  # pytest has collected the suite, and run nothing
    mode: str = ""  # asyncio_mode, as pytest-asyncio takes it; only collected

    @property
    def shown(self) -> str:
        """Return what says so, in words."""
        return _SHOWN_BY_COLLECTION if self.collected else _SHOWN_BY_RUN

    def holds_all(self, modules: Iterable[str]) -> bool:
        """Whether pytest has collected tests of all these modules; one may skip itself."""
        return self.collected and {name.partition("::")[0] for name in self.lines} >= {*modules}


@frozen
class TraceIndex:
    """A trace and the functions of the suite that it names; empty where there is no trace."""

    trace: Trace = Trace()
    functions: Mapping[tuple[str, str], TracedFunction] = field(default_factory=dict)
    external: tuple[TracedFunction, ...] = ()  # fixtures that no file of the suite defines

    def apply_to(self, facts: Mapping[str, FileFacts]) -> dict[str, FileFacts]:
        """Add the record to the facts of files, as they were read or as they were rewritten."""
        if not self.functions:
            return dict(facts)
        return {path: self._file(path, found) for path, found in facts.items()}

    def _file(self, path: str, facts: FileFacts) -> FileFacts:
        functions, calls = [], list(facts.loop_calls)
        served = {call.owner for call in calls if call.place is Place.SYNC}
        for function in facts.functions:
            known = self.functions.get((path, function.qualname))
            if known is not None:
                function = self._with(function, known)
                if _takes(function, known) and function.ordinal not in served:
                    calls.append(_call(function))
                    function = replace(function, drives_loops=True)  # or so it may
            functions.append(function)
        return replace(facts, functions=tuple(functions), loop_calls=tuple(calls))

    def _with(self, function: Function, known: TracedFunction) -> Function:
        """Add what is known of a function; what no run has shown stays as the source has it."""
        if not self.trace.collected:
            return _with(function, known)
        fixture = function.fixture
        if fixture is not None and fixture.scope_kind is ScopeKind.CALLABLE:
            fixture = replace(fixture, scope=known.scope)
        return replace(function, fixture=fixture)


def index_trace(trace: Trace | None, facts: Mapping[str, FileFacts]) -> TraceIndex:
    """Find the functions that a record means in the files that it was made of."""
    if trace is None:
        return TraceIndex()
    places = {
        (path, function.first_line, function.fixture.name if function.fixture else ""): function
        for path, found in facts.items()
        for function in found.functions
    }
    known: dict[tuple[str, str], TracedFunction] = {}
    external: list[TracedFunction] = []
    for traced in trace.functions:
        function = places.get((traced.path, traced.line, traced.fixture))
        if function is not None:
            known[traced.path, function.qualname] = traced
        elif traced.fixture and not traced.module.startswith(("_pytest.", "pytest_asyncio.")):
            external.append(traced)
    return TraceIndex(trace, known, tuple(sorted(external, key=_order)))


def _order(function: TracedFunction) -> tuple[str, int, str]:
    return (function.module, function.line, function.fixture)


def _with(function: Function, known: TracedFunction) -> Function:
    fixture = function.fixture
    if fixture is not None and fixture.scope_kind is ScopeKind.CALLABLE:
        fixture = replace(fixture, scope=known.scope)
    # In async code there is no setting up event_loop any more: a finding, see rules/trace_notes.py
    asks = [name for name in known.requested if not (function.is_async and name == _EVENT_LOOP)]
    dynamic = tuple(dict.fromkeys((*filter(None, function.dynamic), *asks)))
    return replace(function, fixture=fixture, dynamic=dynamic, built=())


def _takes(function: Function, known: TracedFunction) -> bool:
    """Recognize a plain sync fixture that got the loop of its tests as the current one."""
    fixture = function.fixture
    return (
        known.on_loop
        and fixture is not None
        and not function.is_async
        and function.override is None
        and fixture.origin != "pytest_asyncio.fixture"
        and _EVENT_LOOP not in function.parameters
    )


def _call(function: Function) -> LoopCall:
    own = function.ordinal
    return LoopCall(TRACED_CALL, "", Place.SYNC, function.line, 1, own, own)


def external_fixture_defs(external: Iterable[TracedFunction]) -> dict[str, dict[str, FixtureDef]]:
    """Map base id and name to a fixture whose key names a module instead of a file."""
    found: dict[str, dict[str, FixtureDef]] = {"": {}}
    for number, traced in enumerate(external):
        base_id = traced.base_id
        if base_id and ".py" not in base_id:
            base_id += "/"  # a conftest's directory
        key = Key.of_module(traced.module, number)
        fixture = FixtureDef(base_id, key, _function(traced, number))
        found.setdefault(base_id, {})[traced.fixture] = fixture
    return found


def _function(traced: TracedFunction, number: int) -> Function:
    name = traced.fixture
    is_async = traced.is_async and traced.on_loop  # others are another plugin's
    asks = EVENT_LOOP in (*traced.arguments, *traced.requested)
    return Function(
        ordinal=number,
        name=name,
        qualname=name,
        line=traced.line,
        first_line=traced.line,
        end_line=traced.line,
        class_ordinal=None,
        is_async=is_async,
        is_generator=False,
        conditional=False,
        parameters=traced.arguments,
        fixture=Fixture(
            origin="pytest_asyncio.fixture" if is_async else "pytest.fixture",
            spelled="",
            name=name,
            scope=traced.scope,
            scope_kind=ScopeKind.LITERAL,
            loop_scope=None,
            autouse=False,
        ),
        marks=(),
        decorators=(),
        dynamic=traced.requested,
        override=OverrideBody(BodyKind.PLAIN) if name == EVENT_LOOP else None,
        drives_loops=not is_async and (asks or traced.on_loop),  # it may
    )
