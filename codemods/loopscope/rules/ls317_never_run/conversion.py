"""An async set-up method with its tear-down as one autouse fixture, where that is plain.

The fixture keeps the name: pytest leaves fixtures out when it looks for set-up methods.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from textwrap import dedent
from typing import Any

from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.python_source.source import decode
from loopscope.python_source.syntax_tree import own_nodes
from loopscope.rewriting.edits import Need
from loopscope.rules.context import DefinitionEdit, DeleteDefinition, RuleContext, spell
from loopscope.rules.ls317_never_run.async_methods import AsyncMethod, is_class_method
from loopscope.rules.ls317_never_run.test_cases import Kind
from loopscope.types import Safety, Scope

_ABC = "collections.abc"
# Set-ups with their tear-downs, and what pytest hands them.
_OF_CLASS = "setup_class"
_PAIRS = {
    _OF_CLASS: ("teardown_class", ""),
    "setup_method": ("teardown_method", "method"),
    "setup": ("teardown", ""),
    "setUp": ("tearDown", ""),
    "asyncSetUp": ("asyncTearDown", ""),
}


@frozen
class MakeFixture(DefinitionEdit):
    """Makes a set-up method an autouse fixture; ``after`` is the source of its tear-down."""

    decorator: str
    argument: str  # what pytest handed it, and it does not use
    after: str
    marked: bool
    returns: str  # its annotation, now that it yields; "" where it has none

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.bodies import annotated, append_body
        from loopscope.rewriting.decorator_lists import add_decorator
        from loopscope.rewriting.parameters import has_parameter, remove_parameter

        if self.marked:  # pytest 9 refuses marks on fixtures
            node = node.with_changes(decorators=())
        if self.argument and has_parameter(node, self.argument):
            node = remove_parameter(node, self.argument)
        if self.after:
            node = append_body(node, f"yield\n{self.after}")
        if self.returns:
            node = annotated(node, self.returns)
        return add_decorator(node, self.decorator, "first")  # above @classmethod


def conversion(
    context: RuleContext, found: AsyncMethod, methods: Sequence[AsyncMethod]
) -> tuple[DefinitionEdit, ...]:
    """Return the edits that make a set-up a fixture, its tear-down included; none: by hand."""
    pair = _PAIRS.get(found.function.name)
    if pair is None or found.kind is not Kind.PLAIN or not _may_change(context, found):
        return ()
    loop_scope = _loop_scope(context, found)
    tear_down = _beside(found, pair[0], methods)
    of_class = found.function.name == _OF_CLASS
    for method in (found, tear_down) if tear_down is not None else (found,):
        if not (is_class_method if of_class else _is_bare_or_marked)(method.function):
            return ()
    if of_class and loop_scope is Scope.FUNCTION:
        return ()
    body = _body(context, found)
    after = _body(context, tear_down) if tear_down is not None else None
    if loop_scope is None or body is None or (tear_down is not None and after is None):
        return ()
    if not _fits(body, after, pair[1]):
        return ()
    facts = context.files[found.key.path]
    name, needs = spell(facts, "pytest_asyncio.fixture")
    default = context.plan.fixture_default or Scope.FUNCTION
    scope = f', loop_scope="{loop_scope.word}"' if loop_scope is not default or of_class else ""
    if of_class:
        scope = f', scope="class"{scope}'
    key, function = found.key, found.function
    message = "nothing awaited it; an autouse fixture runs before each test"
    if of_class:
        message = "nothing awaited it; an autouse fixture runs before the tests of the class"
    if after is not None:
        message += f", with {pair[0]} after its yield"
    returns, more = _annotation(facts, body) if after is not None else ("", ())
    edits: list[DefinitionEdit] = [
        MakeFixture(
            "LS317", key.path, function.line, function.qualname, message, key.ordinal,
            f"{name}(autouse=True{scope})", pair[1], after.text if after is not None else "",
            bool(function.decorators) and not of_class, returns,
            safety=Safety.ASSUMPTION, needs=(*needs, *more),
        )
    ]  # fmt: skip
    if tear_down is not None:
        gone = tear_down.function
        edits.append(
            DeleteDefinition(
                "LS317", key.path, gone.line, gone.qualname,
                f"it stands after the yield of {function.name}", gone.ordinal,
                safety=Safety.ASSUMPTION,
            )
        )  # fmt: skip
    return tuple(edits)


def _annotation(facts: FileFacts, body: _Body) -> tuple[str, tuple[Need, ...]]:
    """Return what ``-> None`` becomes in a fixture that yields, with the import for it."""
    returns = body.node.returns
    if not isinstance(returns, ast.Constant) or returns.value is not None:
        return "", ()
    known = (facts.spelling(f"{module}.AsyncIterator") for module in ("typing", _ABC))
    spelled = next(filter(None, known), "")
    needs: tuple[Need, ...] = () if spelled else ((_ABC, "AsyncIterator"),)
    return f"{spelled or 'AsyncIterator'}[None]", needs


def _is_bare_or_marked(function: Function) -> bool:
    """Whether a function has no decorators but asyncio marks, which did nothing."""
    marks = [mark for mark in function.marks if mark.name == "asyncio" and not mark.reference]
    return len(marks) == len(function.decorators)


def _may_change(context: RuleContext, found: AsyncMethod) -> bool:
    plan = context.plan
    return not (
        context.options.safe_only
        or found.key.path in plan.careful
        or found.function.conditional
        or any(plan.stays(key) for key in plan.overrides)
        # Both halves of a migration at once: what they do to each other nobody has checked.
        or (plan.suite_style is SuiteStyle.LEGACY and plan.bridges)
    )


def _loop_scope(context: RuleContext, found: AsyncMethod) -> Scope | None:
    """Return the loop scope of all async tests that the set-up is for, if they have one."""
    scopes = {context.plan.tests[test.id] for test in found.tests if test.id in context.plan.tests}
    return scopes.pop() if len(scopes) == 1 else None


def _beside(found: AsyncMethod, name: str, methods: Sequence[AsyncMethod]) -> AsyncMethod | None:
    """Find the async tear-down in the class of the set-up."""
    wanted = (found.key.path, found.function.class_ordinal, name)
    for other in methods:
        if (other.key.path, other.function.class_ordinal, other.function.name) == wanted:
            return other
    return None


@frozen
class _Body:
    """The body of a method: its source, and its tree."""

    text: str
    node: ast.AsyncFunctionDef

    @property
    def names(self) -> Iterator[tuple[str, bool]]:
        """Yield its names, each with whether it is set."""
        for child in own_nodes(self.node):
            if isinstance(child, ast.Name):
                yield child.id, not isinstance(child.ctx, ast.Load)

    def has(self, *kinds: type[ast.AST]) -> bool:
        return any(isinstance(child, kinds) for child in own_nodes(self.node))


def _body(context: RuleContext, found: AsyncMethod) -> _Body | None:
    """Read a method again; None where its body does not stand on lines of its own."""
    function = found.function
    lines = decode(context.contents[found.key.path]).text.splitlines()
    text = dedent("\n".join(lines[function.line - 1 : function.end_line]))
    try:
        node = ast.parse(text).body[0]
    except (SyntaxError, IndexError):  # a continued line, or text within a string
        return None
    if not isinstance(node, ast.AsyncFunctionDef):
        return None
    own, first = text.splitlines(), node.body[0]
    if own[first.lineno - 1][: first.col_offset].strip():
        return None
    header = first.lineno - 1
    while not own[header - 1].split("#")[0].rstrip().endswith(":"):
        header -= 1  # a comment above the first statement
    return _Body(dedent("\n".join(own[header:])), node)


def _fits(body: _Body, after: _Body | None, argument: str) -> bool:
    """Whether the two bodies may stand in one function, without what pytest handed them."""
    for one in (body, after) if after is not None else (body,):
        given = [item.arg for item in one.node.args.args[1:]]
        others = one.node.args.kwonlyargs, one.node.args.vararg, one.node.args.kwarg
        if any(others) or given not in ([], [argument]):
            return False
        if any(name in (argument, "super") for name, _ in one.names if name):
            return False
        if one.has(ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal):
            return False
    if any(isinstance(item, ast.Return) and item.value for item in own_nodes(body.node)):
        return False
    if after is None:
        return True
    if body.has(ast.Return):  # the yield would not be reached
        return False
    set_in, read_after = {n for n, is_set in body.names if is_set}, {n for n, _ in after.names}
    set_after, read_in = {n for n, is_set in after.names if is_set}, {n for n, _ in body.names}
    return not (set_in & read_after or set_after & read_in)
