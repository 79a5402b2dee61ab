"""Read one function into facts, with its decorators and its use of loops."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from loopscope.analysis.file.calls import drives_loops, loop_uses
from loopscope.analysis.file.decorators import (
    parametrized,
    parametrized_scopes,
    read_fixture,
    read_step,
    wraps_sync,
)
from loopscope.analysis.file.dynamic_requests import (
    Requests,
    dynamic_requests,
    passed_names,
    passes_loop_name,
    words_for_loop,
)
from loopscope.analysis.file.facts import Function, LoopUse, UseKind
from loopscope.analysis.file.functions import (
    arguments,
    awaited,
    decorated_by,
    given_functions,
    handed_on,
    is_alias,
    is_generator,
    own_statements,
    parameters,
    returns_call,
)
from loopscope.analysis.file.loop_makers import LoopMakers
from loopscope.analysis.file.loop_policies import read_policy
from loopscope.analysis.file.made_fixtures import MadeFixtures, OfFunction
from loopscope.analysis.file.names import Names, dotted
from loopscope.analysis.file.parsed_file import ParsedFile
from loopscope.python_source.syntax_tree import NESTED, FunctionNode, children, own

_NEVER: tuple[frozenset[str], frozenset[str]] = frozenset(), frozenset()
_KNOWN_DECORATORS = ("pytest.", "pytest_asyncio.", "unittest.mock.patch", "mock.patch")


class FunctionReader:
    """Reads the functions of one file, of which some are fixtures that calls make."""

    def __init__(self, file: ParsedFile, loop_makers: LoopMakers, made: MadeFixtures) -> None:
        self._file = file
        self._loop_makers = loop_makers
        self._made = made
        self.called_at_import: dict[str, None] = {}
        self._yields = file.lines_with("yield")
        self._awaits = file.lines_with("await", "async for")
        self._dynamic = file.lines_with("getfixturevalue", "fixturenames")
        self._loop_names = file.lines_with(*words_for_loop(file.names))

    def read(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        class_ordinal: int | None,
        prefix: str,
        conditional: bool,
        made: OfFunction | None = None,
    ) -> Function:
        """Read a function at module or class level; ``made`` is what a call makes of it."""
        file = self._file
        ordinal = file.ordinals[node]
        fixture = None
        if node.decorator_list:
            fixture = read_fixture(node, file.names) or read_step(node, file.names)
            line = self._made.of_plugin.get(node.name, 0) if class_ordinal is None else 0
            if fixture is not None and line:
                fixture = replace(fixture, name="event_loop", replaces=line)
        elif class_ordinal is None:
            made = made or self._made.functions.get(node.name)
            fixture = made.fixture if made else None
        first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
        end = node.end_lineno or node.lineno
        hit = file.hits.any_in(first, end)
        requested, everything = parameters(node, class_ordinal is not None)
        if made is not None and made.given:
            requested = tuple(name for name in requested if name not in made.given)
        asked = Requests()
        if self._dynamic.any_in(first, end):
            asked = dynamic_requests(node, file.constants, file.names)
        # Only an async test that asks for something can hand it to a helper that matters.
        test = node.name.startswith("test") and isinstance(node, ast.AsyncFunctionDef)
        calls = hit or bool(requested) or not test
        override = None
        if fixture is not None and fixture.name == "event_loop":
            keywords = made.keywords if made else None
            override = self._loop_makers.override(node, fixture.origin, keywords)
        policy = None
        if fixture is not None and fixture.name == "event_loop_policy":
            keywords = made.keywords if made else None
            policy = read_policy(node, file.names, file.lines, file.tree.body, keywords)
        awaits, only_awaits = _NEVER
        if requested and self._awaits.any_in(first, end):
            awaits, only_awaits = awaited(node, requested, file.lines)
        return Function(
            ordinal=ordinal,
            name=node.name,
            qualname=f"{prefix}{node.name}",
            line=node.lineno,
            first_line=first,
            end_line=end,
            class_ordinal=class_ordinal,
            is_async=isinstance(node, ast.AsyncFunctionDef),
            is_generator=self._yields.any_in(first, end) and is_generator(node),
            conditional=conditional or bool(made and made.conditional),
            parameters=requested,
            fixture=fixture,
            marks=(
                *file.mark_reader.param_marks(node.decorator_list, ordinal),
                *file.decorator_marks(node),
            ),
            decorators=tuple(
                file.names.resolve(item.func if isinstance(item, ast.Call) else item) or ""
                for item in node.decorator_list
            ),
            parametrized=parametrized(node.decorator_list, file.names),
            parameter_scopes=parametrized_scopes(node.decorator_list, file.names),
            dynamic=asked.names,
            built=asked.built,
            calls=callees(node, file.names, file.defined) if calls else (),
            refers=file.refers(node, first),
            passes_loop_name=(
                self._loop_names.any_in(first, end) and passes_loop_name(node, file.names)
            ),
            passed=passed_names(node, file.names) if requested else (),
            loop_uses=self._loop_uses(node, ordinal) if hit and "event_loop" in everything else (),
            override=override,
            policy=policy,
            drives_loops=hit and drives_loops(node, file.names),
            returns_call=returns_call(node),
            awaits=awaits,
            only_awaits=only_awaits,
            handed=handed_on(node, requested, file.lines),
            is_alias=is_alias(node),
            gives=given_functions(node),
            wraps_sync=wraps_sync(node),
            decorated_by=decorated_by(node),
            known_decorators=all(self._known(item) for item in node.decorator_list),
        )

    def note_import(self, node: ast.stmt) -> None:
        """Keep what a statement that runs when the file is imported calls of the suite."""
        stack: list[ast.AST] = [node]
        while stack:
            child = stack.pop()
            if isinstance(child, ast.Call):
                name = _callee(child.func, self._file.names, self._file.defined)
                self.called_at_import.update({name: None} if name else {})
            stack += [] if isinstance(child, ast.Lambda) else children(child)

    def _loop_uses(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, ordinal: int
    ) -> tuple[LoopUse, ...]:
        if ordinal >= self._file.definitions:  # a lambda, which cannot be changed
            return (LoopUse(UseKind.NESTED, node.lineno),)
        return loop_uses(node)

    def _known(self, decorator: ast.expr) -> bool:
        """Whether a decorator leaves the function what it is: a mark, a fixture, a patch."""
        func = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(func, ast.Name) and func.id in self._file.mark_reader.variables:
            return True
        return (self._file.names.resolve(func) or "").startswith(_KNOWN_DECORATORS)


_FOREIGN = frozenset({"pytest", "pytest_asyncio", *sys.stdlib_module_names})
# Nested definitions run later, or never; nothing is called in the others.
_CALLS_NOTHING = (*NESTED, ast.Name, ast.Constant)
_DEFINITIONS = (ast.FunctionDef, ast.ClassDef)


def callees(node: FunctionNode, names: Names, defined: Collection[str]) -> tuple[str, ...]:
    """List the dotted names that the function's own body calls.

    ``defined`` are the functions and classes of the file. Methods of the same object are
    ``self.name``, those of an object that the function makes ``Class.name``. An argument that is
    called goes by its name.
    """
    found: dict[str, None] = {}
    made: dict[str, ast.expr] | None = None
    given = arguments(node) - {"self", "cls"}
    for func in _called(node):
        if isinstance(func, ast.Name) and func.id in given:
            origin = func.id
        else:
            origin = _callee(func, names, defined)
        held = func.value if isinstance(func, ast.Attribute) else None
        # A local variable may have the name of a function of the file: often that of a fixture.
        if held and (not origin or (isinstance(held, ast.Name) and held.id in defined)):
            if made is None and isinstance(held, ast.Name):
                made = _made_objects(node)
            origin = _method_of_made(func, made or {}, names, defined) or origin
        if origin:
            found[origin] = None
    return tuple(found)


def _callee(func: ast.expr, names: Names, defined: Collection[str]) -> str:
    origin = dotted(func)
    if origin is None:
        return ""
    first, _, rest = origin.partition(".")
    if first in defined or (first in ("self", "cls") and "." not in rest):
        return f"self.{rest}" if first == "cls" else origin
    origin = names.resolve(func)
    return origin if origin and origin.partition(".")[0] not in _FOREIGN else ""


def _method_of_made(
    func: ast.expr, made: Mapping[str, ast.expr], names: Names, defined: Collection[str]
) -> str:
    """``Worker.start`` of ``Worker().start``, also after ``worker = Worker()``."""
    assert isinstance(func, ast.Attribute)
    held = func.value
    if isinstance(held, ast.Name):
        held = made.get(held.id) or names.constants.get(held.id) or held
    if not isinstance(held, ast.Call):
        return ""
    cls = _callee(held.func, names, defined)
    return f"{cls}.{func.attr}" if cls and not cls.startswith("self.") else ""


def _made_objects(node: FunctionNode) -> dict[str, ast.expr]:
    """Map the local variables of a function to the calls that give them."""
    made: dict[str, ast.expr] = {}
    opened: dict[str, ast.expr] = {}
    for child in own_statements(node):
        if isinstance(child, ast.Assign):
            if isinstance(child.value, ast.Call):
                for target in child.targets:
                    if isinstance(target, ast.Name):
                        made[target.id] = child.value
        elif isinstance(child, ast.With):
            for item in child.items:
                if isinstance(item.optional_vars, ast.Name):
                    opened[item.optional_vars.id] = item.context_expr
    return made | opened


def _called(node: FunctionNode) -> Iterator[ast.expr]:
    """List the calls that run with the function.

    What it defines and calls itself runs with it: a function, or the constructor of a class.
    """
    local = {item.name: item for item in node.body if isinstance(item, _DEFINITIONS)}
    if not local:
        yield from (call.func for call in own(node, ast.Call))
        return
    stack: list[ast.AST] = [item for item in node.body if not isinstance(item, NESTED)]
    while stack:
        child = stack.pop()
        if isinstance(child, ast.Call):
            yield child.func
            if isinstance(child.func, ast.Name) and child.func.id in local:
                stack += _run_by_a_call(local.pop(child.func.id))
        stack += [item for item in children(child) if not isinstance(item, _CALLS_NOTHING)]


def _run_by_a_call(node: ast.FunctionDef | ast.ClassDef) -> list[ast.AST]:
    """List what runs when a definition is called; base classes as calls that stand nowhere."""
    if isinstance(node, ast.FunctionDef):
        return [item for item in node.body if not isinstance(item, NESTED)]
    bases: list[ast.AST] = [ast.Call(base, [], []) for base in node.bases]
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            body = _run_by_a_call(item)
            return [*body, *(bases if "super()" in ast.unparse(item) else ())]
    return bases
