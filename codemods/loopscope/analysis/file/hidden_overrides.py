"""Find fixtures named ``event_loop`` that no known decorator shows to be one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loopscope.analysis.file.decorators import read_fixture
from loopscope.analysis.file.loop_statements import CREATORS, RUNNING
from loopscope.analysis.file.names import Names
from loopscope.analysis.file.positions import Position, position

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_NAME = "event_loop"


def hidden_overrides(node: ast.AST, names: Names) -> Iterator[Position]:
    """Under a decorator of unknown kind, assigned, or made inside of another function."""
    if isinstance(node, _FUNCTIONS):
        if node.name == _NAME and _may_be_fixture(node, names):
            yield position(node, "its decorator is not one of pytest or pytest-asyncio")
        for child in ast.walk(node):
            if child is not node and isinstance(child, _FUNCTIONS):
                fixture = read_fixture(child, names)
                if fixture is not None and fixture.name == _NAME:
                    yield position(child, "it is made inside of another function")
    elif isinstance(node, ast.Assign) and not isinstance(node.value, ast.Constant):
        targets = [target.id for target in node.targets if isinstance(target, ast.Name)]
        made = names.resolve(node.value.func) if isinstance(node.value, ast.Call) else None
        if _NAME in targets and made not in CREATORS | {RUNNING}:
            yield position(node, "it is assigned, not defined")


def _may_be_fixture(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> bool:
    """Whether an unknown decorator says ``fixture``, or stands on a function of a module.

    Without one, and among the attributes of a class (``@property``), the name means nothing.
    """
    if not node.decorator_list or read_fixture(node, names) is not None:
        return False
    method = bool(node.args.args) and node.args.args[0].arg in ("self", "cls")
    return not method or any("fixture" in ast.unparse(item) for item in node.decorator_list)
