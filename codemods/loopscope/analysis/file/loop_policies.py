"""Read the policies that an override of ``event_loop_policy`` returns."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from loopscope.analysis.file.loop_factories import (
    ParamsError,
    free_names,
    read_params,
    source_of,
    with_param,
)
from loopscope.analysis.file.loop_kinds import kind_of
from loopscope.analysis.file.names import Names, imports_of
from loopscope.analysis.file.override_facts import LoopVariant, PolicyBody

_DEFAULT = frozenset({"asyncio.DefaultEventLoopPolicy", "asyncio.get_event_loop_policy"})
_DIRECT = {"uvloop.EventLoopPolicy": "new_event_loop", "winloop.EventLoopPolicy": "new_event_loop"}


def read_policy(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    names: Names,
    keywords: Mapping[str, ast.expr] | None = None,
) -> PolicyBody:
    """Read the policies that an ``event_loop_policy`` override returns.

    ``keywords`` are those of the call that makes it a fixture, where no decorator does.
    """
    try:
        params = read_params(node, names, keywords)
    except ParamsError as error:
        return PolicyBody(reason=str(error))
    bodies = [("", node.body)]
    if params is not None:
        bodies = [(key, with_param(node, value)) for key, value in params]
    calls = [_returned(body) for _, body in bodies]
    arguments = {item.arg for item in node.args.args}
    found = [
        _variant(key, call, names)
        for (key, _), call in zip(bodies, calls, strict=True)
        if call is not None and not arguments & free_names([ast.unparse(call)])
    ]
    if len(found) < len(bodies):
        return PolicyBody(default=params is None and _is_default(node.body, names))
    default = all(call is not None and names.resolve(call.func) in _DEFAULT for call in calls)
    return PolicyBody(tuple(found), default and len(found) == 1)


def _is_default(body: list[ast.stmt], names: Names) -> bool:
    """Whether nothing but the default policy is returned; what imports it may be local."""
    imports = [item for item in body if isinstance(item, (ast.Import, ast.ImportFrom))]
    call = _returned([item for item in body if item not in imports])
    names = names.with_local(one for item in imports for one in imports_of(item))
    return call is not None and names.resolve(call.func) in _DEFAULT


def _returned(body: list[ast.stmt]) -> ast.Call | None:
    """Find the call whose value is all that the body returns or yields."""
    rest = [
        item
        for item in body
        if not (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
    ]
    last = rest[0] if len(rest) == 1 else None
    value = last.value if isinstance(last, (ast.Return, ast.Expr)) else None
    value = value.value if isinstance(value, ast.Yield) else value
    return value if isinstance(value, ast.Call) else None


def _variant(key: str, call: ast.Call, names: Names) -> LoopVariant:
    policy = source_of(call)
    resolved = names.resolve(call.func) or ""
    plain = not (call.args or call.keywords)
    direct = ""
    if plain and resolved in _DIRECT and isinstance(call.func, ast.Attribute):
        direct = f"{source_of(call.func.value)}.{_DIRECT[resolved]}"
    elif plain and resolved == "asyncio.DefaultEventLoopPolicy" and "." in ast.unparse(call.func):
        direct = f"{ast.unparse(call.func).rpartition('.')[0]}.new_event_loop"
    key = key or ("uvloop" if "uvloop" in policy else "event_loop")
    kind = kind_of((), policy, names)
    return LoopVariant(key, (), f"{policy}.new_event_loop()", direct, policy, frozenset(), kind)
