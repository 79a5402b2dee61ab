"""Functions of a project that make event loops, or decide of what kind they are."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from loopscope.analysis.file.factory_hooks import kind_of_factory
from loopscope.analysis.file.functions import is_generator, parameters
from loopscope.analysis.file.loop_branches import takes_current
from loopscope.analysis.file.loop_kinds import UNKNOWN
from loopscope.analysis.file.loop_statements import CREATORS
from loopscope.analysis.file.names import Names, dotted, imports_of, statements
from loopscope.analysis.file.other_loops import POLICY_SETTERS
from loopscope.analysis.file.override_facts import BodyKind, LoopMaking, LoopVariant, OverrideBody
from loopscope.analysis.file.overrides import read_override
from loopscope.python_source.syntax_tree import FunctionNode

_METHODS = ("staticmethod", "classmethod")


@dataclass(slots=True)
class LoopMakers:
    """What the functions of one file do for an override; each is read when it is asked for."""

    names: Names
    lines: Sequence[str]
    functions: Mapping[str, FunctionNode]
    cached: Mapping[str, FunctionNode]  # each gives the one loop that it has made
    _known: dict[str, LoopMaking | None] = field(default_factory=dict)

    @classmethod
    def of(cls, body: Sequence[ast.stmt], names: Names, lines: Sequence[str]) -> LoopMakers:
        """Collect the functions of a module, and those of its classes that need no object."""
        found: dict[str, FunctionNode] = {}
        cached: dict[str, FunctionNode] = {}
        for item in body:
            if isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if not item.decorator_list or _is_manager(item, names):
                    found[item.name] = item
                elif _is_cached(item, names):
                    cached[item.name] = item
            elif isinstance(item, ast.ClassDef):
                for member in item.body:
                    if isinstance(member, ast.FunctionDef) and any(
                        isinstance(decorator, ast.Name) and decorator.id in _METHODS
                        for decorator in member.decorator_list
                    ):
                        found[f"{item.name}.{member.name}"] = member
        return cls(names, lines, found, cached)

    def override(
        self, node: FunctionNode, origin: str, keywords: Mapping[str, ast.expr] | None
    ) -> OverrideBody:
        """Sort an override by what its body does, and the functions that it calls."""
        body = read_override(node, self.names, origin, self.lines, keywords, self.making)
        if body.kind is not BodyKind.FACTORY:
            return body
        functions = {
            name: item
            for name, item in {**self.functions, **self.cached}.items()
            if isinstance(item, ast.FunctionDef)
        }
        for variant in body.variants:
            called = functions.get(variant.direct)
            if called is not None and takes_current(called.body, self.names) is not None:
                reason = f"{variant.direct}() may return the current loop or one of another kind"
                return OverrideBody(BodyKind.OTHER, reason, node.lineno)
        return replace(
            body, variants=tuple(self._followed(variant, functions) for variant in body.variants)
        )

    def _followed(
        self, variant: LoopVariant, functions: Mapping[str, ast.FunctionDef]
    ) -> LoopVariant:
        """Name the kind by what makes it, as a loop factory that is the same function has it."""
        if variant.direct not in functions:
            return variant
        kind = kind_of_factory(ast.Name(variant.direct), functions, self.names)
        return variant if kind == UNKNOWN else replace(variant, kind=kind)

    def making(self, func: ast.expr) -> LoopMaking | None:
        """Return what the called function does, None if it has nothing to do with loops."""
        name = dotted(func) or ""
        if name in self.functions:
            return self.named(name)
        value = self.names.constants.get(name)
        if isinstance(value, (ast.Name, ast.Attribute)):
            return LoopMaking.PLAIN if self.names.resolve(value) in CREATORS else None
        if isinstance(value, ast.Lambda):
            match value.body:
                case ast.Call(func=maker, args=[], keywords=[]):
                    made = self.names.resolve(maker) in CREATORS
                    return LoopMaking.PLAIN if made else None
            return None
        return self.names.loops(func)

    def named(self, name: str) -> LoopMaking | None:
        """Return what a function of the file does."""
        if name not in self._known:
            self._known[name] = None  # where it calls itself
            self._known[name] = self._read(self.functions[name])
        return self._known[name]

    def _read(self, node: FunctionNode) -> LoopMaking | None:
        local = [found for child in statements(node.body) for found in imports_of(child)]
        names = self.names.with_local(local) if local else self.names
        for child in ast.walk(node):
            if isinstance(child, ast.Call) and (
                names.resolve(child.func) in POLICY_SETTERS
                or self.making(child.func) is LoopMaking.POLICY
            ):
                return LoopMaking.POLICY
        if isinstance(node, ast.AsyncFunctionDef) or parameters(node, method=False)[0]:
            return None
        body = read_override(node, self.names, "", self.lines, {}, self.making)
        if is_generator(node):
            plain = body.kind is BodyKind.PLAIN and not body.dropped
            return LoopMaking.MANAGED if plain else None
        if body.kind is BodyKind.PLAIN and not body.dropped:
            return LoopMaking.PLAIN
        made = body.kind in (BodyKind.FACTORY, BodyKind.DEBUG) or (
            body.kind is BodyKind.WORK and bool(body.variants)
        )
        return LoopMaking.KIND if made else None


def _is_manager(node: FunctionNode, names: Names) -> bool:
    return [names.resolve(item) for item in node.decorator_list] == ["contextlib.contextmanager"]


def _is_cached(node: FunctionNode, names: Names) -> bool:
    calls = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    return len(calls) == 1 and names.resolve(calls[0]) in (
        "functools.lru_cache",
        "functools.cache",
    )
