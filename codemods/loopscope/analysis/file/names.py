"""Resolve the names of a file to dotted origins, without LibCST metadata."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping

from loopscope.analysis.file.facts import Elsewhere, Import, Maker
from loopscope.analysis.file.override_facts import LoopMaking
from loopscope.python_source.syntax_tree import FUNCTIONS, blocks

Constants = Mapping[str, ast.expr]
_FOREIGN = frozenset({"", "pytest", "pytest_asyncio", *sys.stdlib_module_names})


def dotted(node: ast.expr) -> str | None:
    """``a.b.c`` for a chain of attributes that ends in a name, else None."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return ".".join(reversed(parts))


def last_name(func: ast.expr) -> str:
    """Return the last name of what is called: ``c`` of ``a.b.c``, "" where it has none."""
    return func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")


def is_call(node: ast.AST, name: str) -> bool:
    """Whether a node is a call of something whose last name is this one."""
    return isinstance(node, ast.Call) and last_name(node.func) == name


def keeps_nothing(call: ast.Call) -> bool:
    """Whether a call makes an engine that keeps no connection: any loop may use it.

    So says SQLAlchemy's documentation, Using multiple asyncio event loops.
    """
    pools = (last_name(one.value) for one in call.keywords if one.arg == "poolclass")
    return "NullPool" in pools


def is_getattr(call: ast.Call) -> bool:
    """``getattr(thing, "name")``, another way to write ``thing.name``."""
    return (
        isinstance(call.func, ast.Name)
        and call.func.id == "getattr"
        and len(call.args) == 2
        and isinstance(call.args[1], ast.Constant)
        and isinstance(call.args[1].value, str)
    )


class Names:
    """What the names of a file mean, with a scope for those that a function imports for itself.

    They are bound by imports, or hold constants or functions that make fixtures.
    """

    def __init__(
        self,
        imports: Iterable[Import],
        constants: Constants | None = None,
        elsewhere: Elsewhere | None = None,
    ) -> None:
        self.constants = constants or {}
        self.elsewhere = elsewhere or Elsewhere()
        self.makers: dict[str, Maker] = {}
        self.missed: set[str] = set()  # origins that other files of the suite may explain
        self.read: set[int] = set()  # lines of statements that make fixtures and were understood
        self._origins: dict[str, str] = {}
        self._starred: tuple[str, ...] = ()  # what star imports bring begins so, the last first
        for found in imports:
            if found.attribute != "*":
                self._origins[found.name] = found.module if not found.attribute else _join(found)
            elif _is_ours(found.module):
                self._starred = (_join(found).removesuffix("*"), *self._starred)

    def resolve(self, node: ast.expr) -> str | None:
        """Resolve a name or attribute chain to its dotted origin; it may pass through a call.

        ``asyncio.get_event_loop_policy().get_event_loop`` resolves to itself, parentheses
        included. A name that no import binds resolves to None.
        """
        suffix: list[str] = []
        while True:
            if isinstance(node, ast.Attribute):
                suffix.append(f".{node.attr}")
                node = node.value
            elif isinstance(node, ast.Call) and not node.args and not node.keywords:
                suffix.append("()")
                node = node.func
            elif isinstance(node, ast.Call) and is_getattr(node):
                suffix.append(f".{ast.literal_eval(node.args[1])}")
                node = node.args[0]
            else:
                break
        if not isinstance(node, ast.Name) or node.id not in self._origins:
            return None
        return self._origins[node.id] + "".join(reversed(suffix))

    @property
    def origins(self) -> Mapping[str, str]:
        """Each name that an import binds, with what it means."""
        return self._origins

    def constant(self, node: ast.expr) -> ast.expr | None:
        """Find the value of a variable that is set once, here or in an imported file."""
        name = dotted(node) or ""
        if name in self.constants:
            return self.constants[name]
        for origin in self._asked(node):
            if origin in self.elsewhere.constants:
                return ast.Constant(self.elsewhere.constants[origin])  # type: ignore[arg-type]
        return None

    def maker(self, node: ast.expr) -> Maker | None:
        """Find the function of the project that makes fixtures, here or in an imported file."""
        makers = self.elsewhere.makers
        found = (makers[origin] for origin in self._asked(node) if origin in makers)
        return self.makers.get(dotted(node) or "") or next(found, None)

    def loops(self, node: ast.expr) -> LoopMaking | None:
        """Return what an imported function does for an override that calls it."""
        loops = self.elsewhere.loops
        return next((loops[origin] for origin in self._asked(node) if origin in loops), None)

    def of_elsewhere(self, node: ast.expr) -> tuple[str, ...]:
        """Return the origins that a name may have in other files of the suite."""
        origin = self.resolve(node)
        if origin is not None:
            return (origin,) if _is_ours(origin) else ()
        name = dotted(node)
        return tuple(f"{module}{name}" for module in self._starred) if name else ()

    def _asked(self, node: ast.expr) -> tuple[str, ...]:
        """Return these origins, and note that an answer from there is missed."""
        origins = self.of_elsewhere(node)
        self.missed.update(origins)
        return origins

    def with_local(self, imports: Iterable[Import], constants: Constants | None = None) -> Names:
        """Add the names that a function imports for itself, and its own constants."""
        local = Names(imports, {**self.constants, **(constants or {})}, self.elsewhere)
        local._origins, local._starred = {**self._origins, **local._origins}, self._starred
        local.makers, local.missed, local.read = self.makers, self.missed, self.read
        return local


def _is_ours(origin: str) -> bool:
    """Whether a dotted name may lead to another file of the suite."""
    return bool(origin.strip(".")) and origin.partition(".")[0] not in _FOREIGN - {""}


def _join(found: Import) -> str:
    return f"{found.module}{'' if found.module.endswith('.') else '.'}{found.attribute}"


def imports_of(statement: ast.stmt) -> Iterator[Import]:
    """Map the names that one import statement binds."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.asname:
                yield Import(alias.asname, alias.name, None, statement.lineno)
            else:
                root = alias.name.partition(".")[0]
                yield Import(root, root, None, statement.lineno)
    elif isinstance(statement, ast.ImportFrom):
        module = "." * statement.level + (statement.module or "")
        for alias in statement.names:
            yield Import(alias.asname or alias.name, module, alias.name, statement.lineno)


def statements(body: Iterable[ast.stmt], *, inside: bool = True) -> Iterator[ast.stmt]:
    """Yield the statements below ``body`` in document order, bodies of definitions included.

    Those of functions are left out where ``inside`` is false.
    """
    stack = [*body][::-1]
    while stack:
        statement = stack.pop()
        yield statement
        if inside or not isinstance(statement, FUNCTIONS):
            stack += [*blocks(statement)][::-1]


def assigned_names(statement: ast.stmt) -> Iterator[str]:
    """Yield the plain names that an assignment binds."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        targets = [statement.target]
    for target in targets:
        for part in target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]:
            if isinstance(part, ast.Name):
                yield part.id


def aliases(body: Iterable[ast.stmt], names: Names) -> tuple[Import, ...]:
    """Map the aliases that assignments at module level make: ``m = pytest.mark``.

    As imports, so that names resolve through them; only for pytest and pytest-asyncio, and for
    the function that gives the current loop.
    """
    found: list[Import] = []
    for statement in body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        target, value = statement.targets[0], statement.value
        if isinstance(target, ast.Name) and isinstance(value, ast.Attribute):
            origin = names.resolve(value) or ""
            ours = origin.startswith(("pytest.", "pytest_asyncio."))
            if ours or origin == "asyncio.get_event_loop":
                found.append(Import(target.id, origin, None, statement.lineno))
    return tuple(found)


def module_imports(tree: ast.Module) -> tuple[Import, ...]:
    """Map the names bound by imports at module level, also those under ``if`` and ``try``."""
    found: list[Import] = []

    def visit(body: Iterable[ast.stmt]) -> None:
        for statement in body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                found.extend(imports_of(statement))
            elif isinstance(statement, (ast.If, ast.Try, ast.With)):
                visit(statement.body)
                visit(getattr(statement, "orelse", ()))
                visit(getattr(statement, "finalbody", ()))
                for handler in getattr(statement, "handlers", ()):
                    visit(handler.body)

    visit(tree.body)
    return tuple(found)


_COMPOUND = (ast.If, ast.Try, ast.With)


def assigned_imports(body: Iterable[ast.stmt], names: Names) -> Iterator[Import]:
    """Yield what assignments at module level bind to other names, as imports.

    The module of a name of the same file is "". An ``event_loop`` that is assigned along with
    other names is left out: it cannot go without them, and is an action of LS101.
    """
    for statement in body:
        if isinstance(statement, _COMPOUND):
            for part in ("body", "orelse", "finalbody"):
                yield from assigned_imports(getattr(statement, part, ()), names)
            for handler in getattr(statement, "handlers", ()):
                yield from assigned_imports(handler.body, names)
            continue
        pairs = list(bindings_of(statement))
        for name, value in pairs:
            if name == "event_loop" and len(pairs) > 1:
                continue
            origin = next(iter(names.of_elsewhere(value)), "")
            module, _, attribute = origin.rpartition(".")
            if attribute and (module or origin[:1] == "."):
                yield Import(name, module or ".", attribute, statement.lineno)
            elif not origin and isinstance(value, ast.Name) and name != "event_loop":
                yield Import(name, "", value.id, statement.lineno)


def bindings_of(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield each name that a statement binds to another name or an attribute."""
    targets: list[ast.expr]
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target] if statement.value is not None else []
    elif isinstance(statement, ast.Assign):
        targets = statement.targets
    else:
        return
    for target in targets:
        pairs: list[tuple[ast.expr, ast.expr | None]] = [(target, statement.value)]
        if isinstance(target, ast.Tuple) and isinstance(statement.value, ast.Tuple):
            pairs = list(zip(target.elts, statement.value.elts, strict=False))
        for name, value in pairs:
            if isinstance(name, ast.Name) and _is_name(value):
                assert value is not None
                yield name.id, value


def _is_name(value: ast.expr | None) -> bool:
    return isinstance(value, (ast.Name, ast.Attribute)) or (
        isinstance(value, ast.Call) and is_getattr(value)
    )
