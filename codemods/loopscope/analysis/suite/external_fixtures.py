"""Fixtures that no file of the suite defines, as far as the record of a run tells of them."""

from __future__ import annotations

from collections.abc import Iterable

from loopscope.analysis.file.facts import BodyKind, Fixture, Function, OverrideBody, ScopeKind
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.analysis.trace import TracedFunction


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
