"""Read the policies that an override of ``event_loop_policy`` returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from loopscope.analysis.file.factory_hooks import kind_of_factory
from loopscope.analysis.file.loop_factories import (
    ParamsError,
    free_names,
    read_params,
    source_of,
    with_param,
)
from loopscope.analysis.file.loop_kinds import UNKNOWN, kind_of
from loopscope.analysis.file.names import Names, imports_of, statements
from loopscope.analysis.file.override_facts import NEW_LOOP, OF_BASE, LoopVariant, PolicyBody
from loopscope.python_source.syntax_tree import is_docstring, with_comments

_DEFAULT = frozenset({"asyncio.DefaultEventLoopPolicy", "asyncio.get_event_loop_policy"})
_DIRECT = {
    "uvloop.EventLoopPolicy": "new_event_loop",
    "winloop.EventLoopPolicy": "new_event_loop",
    "asyncio.DefaultEventLoopPolicy": "new_event_loop",
    "asyncio.get_event_loop_policy": "new_event_loop",
    "asyncio.WindowsSelectorEventLoopPolicy": "SelectorEventLoop",
    "asyncio.WindowsProactorEventLoopPolicy": "ProactorEventLoop",
}


def read_policy(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    names: Names,
    lines: Sequence[str],
    body: Sequence[ast.stmt],
    keywords: Mapping[str, ast.expr] | None = None,
) -> PolicyBody:
    """Read the policies that an ``event_loop_policy`` override returns.

    ``lines`` and ``body`` are those of the file, ``keywords`` those of the call that makes it a
    fixture, where no decorator does.
    """
    classes = {item.name: item for item in body if isinstance(item, ast.ClassDef)}
    functions = {item.name: item for item in body if isinstance(item, ast.FunctionDef)}
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
        _variant(key, call, names, classes, functions)
        for (key, _), call in zip(bodies, calls, strict=True)
        if call is not None and not arguments & free_names([ast.unparse(call)])
    ]
    if len(found) < len(bodies):
        if params is not None or _is_default(node.body, names):
            return PolicyBody(default=params is None)
        branches = _branches(node, names, lines)
        if branches is None or arguments & branches.names:
            return PolicyBody()
        return PolicyBody((branches,))
    default = all(call is not None and names.resolve(call.func) in _DEFAULT for call in calls)
    return PolicyBody(tuple(found), default and len(found) == 1)


def _branches(
    node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names, lines: Sequence[str]
) -> LoopVariant | None:
    """Read a body that returns a new policy in each of its branches.

    What makes the loop has the same branches; each returns a loop of that policy.
    """
    body = node.body[is_docstring(node.body[0]) :]
    imports = [one for item in statements(body) for one in imports_of(item)]
    returns = _PolicyReturns(names.with_local(imports))
    if not (body and returns.read(body) and _returns(body)):
        return None
    changed = list(lines)
    for call, text in reversed(returns.calls):
        if call.lineno != call.end_lineno:
            return None
        line = changed[call.lineno - 1].encode()
        line = line[: call.col_offset] + text.encode() + line[call.end_col_offset :]
        changed[call.lineno - 1] = line.decode()
    *texts, last = [
        text.removeprefix("el") if text.startswith("elif") else text
        for text in (with_comments(changed, item) for item in _flat(body))
    ]
    *comments, made = last.split("\n")
    if not made.startswith("return "):  # a ``try`` that returns in each of its parts
        comments, made = [last], ""
    code = (*texts, *comments, made.removeprefix("return "))
    key = "uvloop" if "uvloop" in "".join(code) else "event_loop"
    kind = kind_of(code, "", names)
    return LoopVariant(key, code[:-1], code[-1], names=free_names(code), kind=kind)


class _PolicyReturns:
    """Finds the policies that statements return, each with the code that makes such a loop."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.calls: list[tuple[ast.Call, str]] = []

    def read(self, body: Sequence[ast.stmt]) -> bool:
        """Whether the statements do nothing but return policies, with conditions around them."""
        return all(map(self._statement, body))

    def _statement(self, node: ast.stmt) -> bool:
        match node:
            case ast.Return(value=ast.Call() as call):
                resolved = self._names.resolve(call.func) or ""
                maker = _maker(call, resolved) or f"{source_of(call)}.new_event_loop"
                self.calls.append((call, f"{maker}()"))
                return resolved in _DEFAULT or resolved.endswith("Policy")
            case ast.If():
                return self.read(node.body) and self.read(node.orelse)
            case ast.Try(finalbody=[]):
                handled = [item for handler in node.handlers for item in handler.body]
                return self.read([*node.body, *handled, *node.orelse])
        return isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass))


def _flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """List the statements; what stands in a last ``else`` or ``elif`` stands below its ``if``."""
    yield from body[:-1]
    last = body[-1]
    if isinstance(last, ast.If):
        first = ast.copy_location(ast.If(last.test, last.body, []), last)
        first.end_lineno = last.body[-1].end_lineno
        yield first
        yield from _flat(last.orelse)
    else:
        yield last


def _returns(body: list[ast.stmt]) -> bool:
    """Whether some statements return in every case."""
    match body[-1:]:
        case [ast.Return()]:
            return True
        case [ast.If(body=inner, orelse=orelse)]:
            return _returns(inner) and _returns(orelse)
        case [ast.Try(body=inner, handlers=handlers, orelse=[])]:
            return all(map(_returns, [inner, *(handler.body for handler in handlers)]))
    return False


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


def _made_by(cls: ast.ClassDef, names: Names) -> tuple[str, ...]:
    """Return what makes the loops of a policy of the project that changes nothing else."""
    body = [item for item in cls.body if not is_docstring(item)]
    if [names.resolve(base) for base in cls.bases] != ["asyncio.DefaultEventLoopPolicy"]:
        return ()
    match body:
        case [ast.FunctionDef(name="new_event_loop", decorator_list=[], body=inner)]:
            *making, last = [item for item in inner if not is_docstring(item)]
            if isinstance(last, ast.Return) and last.value is not None:
                texts = (*map(source_of, making), source_of(last.value))
                return tuple(text.replace(OF_BASE, NEW_LOOP) for text in texts)
    return ()


def _maker(call: ast.Call, resolved: str) -> str:
    """Write the callable that makes the loops of a policy; "" where its module has none."""
    if call.args or call.keywords or not isinstance(call.func, ast.Attribute):
        return ""
    name = _DIRECT.get(resolved)
    return f"{source_of(call.func.value)}.{name}" if name else ""


def _variant(
    key: str,
    call: ast.Call,
    names: Names,
    classes: Mapping[str, ast.ClassDef],
    functions: Mapping[str, ast.FunctionDef],
) -> LoopVariant:
    policy = source_of(call)
    direct = _maker(call, names.resolve(call.func) or "")
    key = key or ("uvloop" if "uvloop" in policy else "event_loop")
    cls = classes.get(call.func.id) if isinstance(call.func, ast.Name) else None
    code = _made_by(cls, names) if cls is not None and not (call.args or call.keywords) else ()
    kind = kind_of(code, "", names) if code else kind_of((), policy, names)
    if len(code) == 1 and code[0].removesuffix("()") in functions:  # as an override is read
        followed = kind_of_factory(ast.Name(code[0].removesuffix("()")), functions, names)
        kind = kind if followed == UNKNOWN else followed
    return LoopVariant(key, (), f"{policy}.new_event_loop()", direct, policy, frozenset(), kind)
