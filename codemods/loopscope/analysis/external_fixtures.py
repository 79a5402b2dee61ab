"""Fixtures that no file of the suite defines, as far as the record of a run tells of them."""

from __future__ import annotations

from collections.abc import Iterable

from loopscope.analysis.file.facts import BodyKind, Fixture, Function, OverrideBody, ScopeKind
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.analysis.trace import RecordedFunction


def register(unread: Iterable[RecordedFunction]) -> dict[str, dict[str, FixtureDef]]:
    """Base id -> name -> fixture. Their keys name a module instead of a file."""
    found: dict[str, dict[str, FixtureDef]] = {"": {}}
    for number, recorded in enumerate(unread):
        base_id = recorded.base_id
        if base_id and ".py" not in base_id:
            base_id += "/"  # a conftest's directory
        key = Key.of_module(recorded.module, number)
        fixture = FixtureDef(base_id, key, _function(recorded, number))
        found.setdefault(base_id, {})[recorded.fixture] = fixture
    return found


def _function(recorded: RecordedFunction, number: int) -> Function:
    name = recorded.fixture
    is_async = recorded.is_async and recorded.on_loop  # others are another plugin's
    asks = EVENT_LOOP in (*recorded.arguments, *recorded.asks)
    return Function(
        ordinal=number,
        name=name,
        qualname=name,
        line=recorded.line,
        first_line=recorded.line,
        end_line=recorded.line,
        class_ordinal=None,
        is_async=is_async,
        is_generator=False,
        conditional=False,
        parameters=recorded.arguments,
        all_parameters=recorded.arguments,
        fixture=Fixture(
            origin="pytest_asyncio.fixture" if is_async else "pytest.fixture",
            spelled="",
            name=name,
            scope=recorded.scope,
            scope_kind=ScopeKind.LITERAL,
            loop_scope=None,
            autouse=False,
            has_params=False,
        ),
        marks=(),
        decorators=(),
        dynamic=recorded.asks,
        override=OverrideBody(BodyKind.PLAIN) if name == EVENT_LOOP else None,
        drives_loops=not is_async and (asks or recorded.on_loop),  # it may
    )
