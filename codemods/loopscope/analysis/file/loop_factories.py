"""The loops that an override or its policy makes: one kind, or one for each of its ``params``."""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import deepcopy
from typing import Any

from loopscope.analysis.file.loop_kinds import kind_of
from loopscope.analysis.file.loop_statements import CREATORS
from loopscope.analysis.file.names import Names, dotted
from loopscope.analysis.file.override_facts import LoopVariant

_FIXTURE_KEYWORDS = ("params", "ids")
_PARAM = "request.param"
_POLICIES = {
    "asyncio.new_event_loop": "DefaultEventLoopPolicy",
    "uvloop.new_event_loop": "EventLoopPolicy",
    "uvloop.Loop": "EventLoopPolicy",
}


class ParamsError(Exception):
    """The params are not written in a way that can be read; the message says why."""


def read_params(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    names: Names,
    given: Mapping[str, ast.expr] | None = None,
) -> list[tuple[str, ast.expr]] | None:
    """Read the id and the value of each param of a fixture, as pytest names them.

    ``given`` are the keywords of the call that makes it a fixture, where no decorator does.

    Returns:
        None where the fixture has no params.

    Raises:
        ParamsError: They are made elsewhere, or their ids are.
    """
    keywords = given if given is not None else _keywords(node)
    if "params" not in keywords:
        return None
    params, ids = keywords["params"], keywords.get("ids")
    if not isinstance(params, (ast.List, ast.Tuple)) or not params.elts:
        raise ParamsError("its params are not written in the decorator")
    if ids is not None and not isinstance(ids, (ast.List, ast.Tuple)):
        raise ParamsError("the ids of its params are not written in the decorator")
    named = list(ids.elts) if ids is not None else [None] * len(params.elts)
    if len(named) != len(params.elts):
        raise ParamsError("it has more params than ids")
    found = [_param(value, name, names) for value, name in zip(params.elts, named, strict=True)]
    return list(zip(_distinct([name for name, _ in found]), [v for _, v in found], strict=True))


def _keywords(node: ast.FunctionDef | ast.AsyncFunctionDef) -> dict[str, ast.expr]:
    return {
        keyword.arg: keyword.value
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call)
        for keyword in decorator.keywords
        if keyword.arg in _FIXTURE_KEYWORDS
    }


def _param(value: ast.expr, given: ast.expr | None, names: Names) -> tuple[str, ast.expr]:
    if isinstance(value, ast.Starred):
        raise ParamsError("its params are not written in the decorator")
    if isinstance(value, ast.Call) and names.resolve(value.func) == "pytest.param":
        keywords = {item.arg: item.value for item in value.keywords}
        if len(value.args) != 1 or not keywords.keys() <= {"id"}:
            raise ParamsError("its params carry marks")
        value, given = value.args[0], keywords.get("id", given)
    if given is None:
        return _own_id(value), value
    if not isinstance(given, ast.Constant) or not isinstance(given.value, (str, int)):
        raise ParamsError("the ids of its params are not written in the decorator")
    return str(given.value), value


def _own_id(value: ast.expr) -> str:
    """Return the id that pytest makes of a value; "" where it numbers the argument."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, (ast.Name, ast.Attribute)):  # a class, function or module
        return value.id if isinstance(value, ast.Name) else value.attr
    return ""


def _distinct(ids: list[str]) -> list[str]:
    """Make ids distinct as pytest does: a number behind the argument's name or equal ids."""
    named = [name or f"event_loop{index}" for index, name in enumerate(ids)]
    seen: Counter[str] = Counter()
    found = []
    for name in named:
        if named.count(name) > 1:
            found.append(f"{name}{seen[name]}")
            seen[name] += 1
        else:
            found.append(name)
    return found


def with_param(node: ast.FunctionDef | ast.AsyncFunctionDef, value: ast.expr) -> list[ast.stmt]:
    """Return the body of a fixture as it runs for one value of ``request.param``."""
    copied = deepcopy(node)
    body = _Substitution(value).body(copied.body)
    return [ast.fix_missing_locations(statement) for statement in body]


class _Substitution(ast.NodeTransformer):
    """Puts a value in the place of ``request.param``, and decides conditions on it."""

    def __init__(self, value: ast.expr) -> None:
        self._value = value
        self._same: set[str] = set()  # local names for request.param

    def body(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for statement in statements:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value) if self._is_param(value):
                    self._same.add(name)
                case ast.If():
                    found += self._if(statement)
                case _:
                    found.append(self.visit(statement))
        return found

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        return deepcopy(self._value) if self._is_param(node) else self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> Any:
        return deepcopy(self._value) if self._is_param(node) else node

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        decided = _decide(self.visit(deepcopy(node.test)))
        if decided is None:
            return self.generic_visit(node)
        return self.visit(node.body if decided else node.orelse)

    def _if(self, node: ast.If) -> list[ast.stmt]:
        decided = _decide(self.visit(deepcopy(node.test)))
        if decided is None:
            node.test = self.visit(node.test)
            node.body, node.orelse = self.body(node.body), self.body(node.orelse)
            return [node]
        return self.body(node.body if decided else node.orelse)

    def _is_param(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return isinstance(node.ctx, ast.Load) and node.id in self._same
        return isinstance(node, ast.Attribute) and ast.unparse(node) == _PARAM


def _decide(test: ast.expr) -> bool | None:
    """Evaluate a comparison of literals; None for any other condition."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            try:
                first, second = ast.literal_eval(left), ast.literal_eval(right)
                match operator:
                    case ast.Eq() | ast.Is():
                        return bool(first == second)
                    case ast.NotEq() | ast.IsNot():
                        return bool(first != second)
                    case ast.In():
                        return first in second
            except (ValueError, TypeError):
                return None
    return None


def read_variant(
    key: str,
    making: Sequence[ast.stmt],
    returned: ast.expr,
    names: Names,
    texts: Callable[[Sequence[ast.stmt]], tuple[str, ...]],
) -> LoopVariant:
    """Read one kind of loop from the statements that make it and the value returned.

    Args:
        key: Its name, "" where it is the only one.
        making: All that stands before the yield.
        returned: What is yielded or returned.
        names: Those that the statements see.
        texts: Gives the source of statements.
    """
    match making[-1:], returned:
        case [ast.Assign(targets=[ast.Name(id=name)], value=value)], ast.Name(id=handed) if (
            name == handed
        ):
            making, returned = making[:-1], value
    match returned:
        case ast.Call(func=ast.Attribute(value=owner, attr="get_event_loop")) if making:
            # The current loop is not known while the next one is made.
            new = ast.Attribute(owner, "new_event_loop", ast.Load())
            returned = ast.Call(new, returned.args, returned.keywords)
    statements, expression = texts(making), source_of(returned)
    direct = ""
    if not making and isinstance(returned, ast.Call) and not (returned.args or returned.keywords):
        direct = dotted(returned.func) or ""
    if not key:
        origin = names.resolve(returned.func) if isinstance(returned, ast.Call) else ""
        text = "".join((*statements, expression, origin or ""))
        key = "uvloop" if "uvloop" in text else "event_loop"
    found = free_names((*statements, expression))
    policy = _policy(making, returned, names)
    kind = kind_of((*statements, expression), policy, names)
    return LoopVariant(key, statements, expression, direct, policy, found, kind)


def _policy(making: Sequence[ast.stmt], returned: ast.expr, names: Names) -> str:
    """Write the source of a policy that makes the same loops."""
    if not isinstance(returned, ast.Call) or returned.args or returned.keywords:
        return ""
    resolved = names.resolve(returned.func) or ""
    if len(making) == 1 and resolved in CREATORS:
        match making[0]:
            case ast.Expr(value=ast.Call(func=func, args=[argument], keywords=[])) if (
                names.resolve(func) == "asyncio.set_event_loop_policy"
            ):
                return source_of(argument)
    func = returned.func
    if making or not isinstance(func, ast.Attribute):
        return ""
    if resolved in _POLICIES:
        return f"{source_of(func.value)}.{_POLICIES[resolved]}()"
    if func.attr == "new_event_loop" and resolved.endswith("Policy().new_event_loop"):
        return source_of(func.value)
    return ""


def source_of(node: ast.AST) -> str:
    """Unparse a node that is in no file, in double quotes where that is easy."""
    text = ast.unparse(node)
    # A string with an apostrophe in it stands in double quotes already.
    return text if '"' in text else text.replace("'", '"')


def unparsed(nodes: Sequence[ast.stmt]) -> tuple[str, ...]:
    """Unparse statements that are in no file."""
    return tuple(source_of(node) for node in nodes)


def free_names(texts: Iterable[str]) -> frozenset[str]:
    """List the names that some statements read and do not bind themselves; no built-in ones."""
    read: set[str] = set()
    bound: set[str] = set(dir(builtins))
    for text in texts:
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Name):
                (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
            elif isinstance(node, ast.alias):
                bound.add((node.asname or node.name).partition(".")[0])
    return frozenset(read - bound)
