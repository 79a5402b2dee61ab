"""Read one Python file into facts: one ``ast.parse``, one walk over its statements."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from loopscope.analysis.file.callees import callees
from loopscope.analysis.file.calls import (
    CallFinder,
    Definition,
    Lines,
    drives_loops,
    loop_uses,
)
from loopscope.analysis.file.checks import NO_CHECKS, FileChecks, find_hazards
from loopscope.analysis.file.claims import Claims
from loopscope.analysis.file.class_factories import class_factories
from loopscope.analysis.file.constants import constants, known_values
from loopscope.analysis.file.decorators import (
    parametrized,
    parametrized_scopes,
    read_fixture,
    read_step,
)
from loopscope.analysis.file.dynamic_requests import (
    Requests,
    dynamic_requests,
    passes_loop_name,
)
from loopscope.analysis.file.factory_hooks import FACTORIES_HOOK, hook_kinds
from loopscope.analysis.file.facts import (
    Class,
    Elsewhere,
    FileFacts,
    Function,
    LoopUse,
    Place,
    Position,
    UseKind,
)
from loopscope.analysis.file.fixture_makers import folded, read_makers
from loopscope.analysis.file.functions import (
    awaited,
    decorated_by,
    given_functions,
    handed_on,
    ignores,
    is_alias,
    is_generator,
    left_annotations,
    parameters,
    returns_call,
    wraps_sync,
)
from loopscope.analysis.file.loop_makers import LoopMakers
from loopscope.analysis.file.loop_policies import read_policy
from loopscope.analysis.file.made_fixtures import MadeFixtures, OfFunction, read_made
from loopscope.analysis.file.mark_appliers import MarkAppliers, calls_with_class
from loopscope.analysis.file.mark_facts import Mark, MarkingHook
from loopscope.analysis.file.marking_hooks import HookHelpers, read_hooks
from loopscope.analysis.file.marks import MarkReader, added_marks, assigned_marks
from loopscope.analysis.file.mentions import Scanner
from loopscope.analysis.file.names import (
    Names,
    aliases,
    assigned_imports,
    assigned_names,
    dotted,
    imports_of,
    module_imports,
    statements,
)
from loopscope.analysis.file.override_facts import LoopMaking
from loopscope.analysis.file.plugins import read_plugins
from loopscope.analysis.file.references import References
from loopscope.python_source.syntax_tree import FUNCTIONS

_HIT = re.compile(
    r"event_loop|asyncio|Future|_future|gather|Task\(|StreamReader|shield|as_completed"
    r"|getfixturevalue|patch|setattr|\.run"
)
_MAKING = re.compile(r"event_loop|[Ll]oop\(|uvloop|nest_asyncio")
_COMPOUND = (ast.If, ast.Try, ast.With, ast.For, ast.While)
_KNOWN_DECORATORS = ("pytest.", "pytest_asyncio.", "unittest.mock.patch", "mock.patch")


def read_file(
    path: str,
    text: str,
    checks: FileChecks | None = NO_CHECKS,
    elsewhere: Elsewhere | None = None,
) -> FileFacts:
    """Return the facts of one file, with what ``checks`` find in it.

    Without ``checks`` (None) no rule will ask: hazards and unread mentions are left out.
    ``elsewhere`` is what other files say of its names, once they are read.

    Raises:
        SyntaxError: the text is no Python that this interpreter can parse.
        RecursionError: an expression is nested too deeply for the parser.
    """
    return _Reader(path, text, ast.parse(text), elsewhere or Elsewhere()).read(checks)


class _Reader:
    def __init__(self, path: str, text: str, tree: ast.Module, elsewhere: Elsewhere) -> None:
        self.path = path
        self.tree = tree
        self.lines = text.splitlines() if "\f" not in text else _lines(text)
        imports = module_imports(tree)
        self.imports = imports
        self.statements = list(statements(tree.body))
        self.constants = constants(tree.body)
        bound = [*imports, *aliases(tree.body, Names(imports))]
        self.names = Names(bound, self.constants, elsewhere)
        self.loop_makers = LoopMakers.of(tree.body, self.names, self.lines)
        self.made = MadeFixtures()
        if "fixture" in text or elsewhere.made or elsewhere.makers:
            read_makers(tree.body, self.names)
            self.made = read_made(tree, self.names)
        definitions = [node for node in self.statements if isinstance(node, Definition)]
        self.ordinals: dict[ast.AST, int] = {node: n for n, node in enumerate(definitions)}
        self.definitions = len(definitions)
        self.text = "\n".join(self.lines)
        self.hits = Lines.with_match(_HIT, self.text)
        self.yields = self._lines_with("yield")
        self.makings = Lines.with_match(_MAKING, self.text)
        self.dynamic = self._lines_with("getfixturevalue", "fixturenames")
        self.loop_names = self._lines_with("event_loop")
        self.factories = self._lines_with("actory")
        self.defined = {
            item.name for item in tree.body if isinstance(item, (*FUNCTIONS, ast.ClassDef))
        }
        self.mark_reader = MarkReader(path, self.names)
        self.may_mark = "mark" in text
        self.mark_appliers = MarkAppliers(self.mark_reader)
        self.functions: list[Function] = []
        self.classes: list[Class] = []
        self.hooks: tuple[MarkingHook, ...] = ()
        self.marks: tuple[Mark, ...] = ()
        self.pytestmark: int | None = None
        self.plugins = read_plugins(tree.body, self.names) if "pytest_plugins" in text else ()
        self.exported: tuple[str, ...] = ()
        self.variables: dict[str, tuple[str, ...]] = {}
        self.references = References(
            self.names.origins,
            {
                *(node.name for node in definitions),
                *(name for node in self.statements for name in assigned_names(node)),
            },
            starred=any(bound.attribute == "*" for bound in imports),
        )
        self.imported = self._lines_with("import ")

    def read(self, checks: FileChecks | None) -> FileFacts:
        self._module(self.tree.body, conditional=False)
        for number, (node, of_lambda) in enumerate(self.made.lambdas, len(self.ordinals)):
            self.ordinals[node] = number
            self.functions.append(self._function(node, None, "", False, of_lambda))
        if self.may_mark and any(item.name.startswith("pytest_") for item in self.functions):
            helpers = HookHelpers(self.tree)
            self.hooks = tuple(
                read_hooks(self.tree.body, self.ordinals, self.mark_reader, helpers)
            )
        self._code_that_marks()
        calls = CallFinder(self.names, self.ordinals, self.hits, [])
        for statement in self.tree.body:
            calls.statement(statement, Place.MODULE, None, None)
        mentions, unread = self._mentions() if checks is not None else (0, ())
        checks = checks or NO_CHECKS
        return FileFacts(
            path=self.path,
            functions=tuple(self.functions),
            classes=tuple(self.classes),
            marks=self.marks,
            pytestmark=self.pytestmark,
            mark_variables=self.mark_reader.variables,
            imports=self.imports,
            assigned=tuple(assigned_imports(self.tree.body, self.names)),
            plugins=self.plugins,
            loop_calls=tuple(calls.found),
            hooks=self.hooks,
            hazards=find_hazards(self.tree, self.lines, self.names, self.ordinals, checks),
            factories=self._factories(),
            mentions=mentions,
            unread=unread,
            ignores=ignores(self.lines) if "loopscope" in self.text else {},
            exported=self.exported,
            variables=self.variables,
            annotations=left_annotations(self.lines) if "loopscope" in self.text else {},
            offers=self._offers(),
            made=self.made.elsewhere,
            wanted=frozenset(self.names.missed),
            elsewhere=self.names.elsewhere,
        )

    def _code_that_marks(self) -> None:
        """Read decorators and calls of the project that mark classes."""
        if not self.may_mark or not self.classes:
            return
        if "pytestmark" in self.text:
            self.mark_appliers.read_decorators(self.tree)
        for call, name in calls_with_class(self.tree):
            added = tuple(self.mark_reader.marks_in(call.func))
            self.classes = [
                replace(cls, marks=(*added, *cls.marks)) if cls.qualname == name else cls
                for cls in self.classes
            ]

    def _offers(self) -> Elsewhere:
        """Return what the names of this file mean to files that import them."""
        return Elsewhere(
            constants=dict(known_values(self.names)),
            makers={name: folded(maker, self.names) for name, maker in self.names.makers.items()},
            loops=self._loop_makers(),
        )

    def _loop_makers(self) -> dict[str, LoopMaking]:
        """Map functions to what they do for an override that calls them, or one that does."""
        makers = self.loop_makers
        found: dict[str, LoopMaking] = {}
        wanted = {
            name
            for name, node in makers.functions.items()
            if self.makings.any_in(node.lineno, node.end_lineno or node.lineno)
        }
        while wanted:
            made = {name: makers.named(name) for name in wanted}
            new = {name: making for name, making in made.items() if making is not None}
            found.update(new)
            wanted = {f.name for f in self.functions if new.keys() & f.calls and not f.is_method}
            wanted = (wanted & makers.functions.keys()) - found.keys()
        return found

    def _factories(self) -> frozenset[str]:
        if FACTORIES_HOOK not in self.defined:
            return frozenset()
        functions = {
            node.name: node for node in self.tree.body if isinstance(node, ast.FunctionDef)
        }
        hook = functions.get(FACTORIES_HOOK)
        return hook_kinds(hook, functions, self.names) if hook else frozenset()

    def _mentions(self) -> tuple[int, tuple[Position, ...]]:
        """Count the mentions of what decides about loops, and list those that nobody claims."""
        mentions = list(Scanner(self.lines, self.constants).scan(self.tree))
        if not mentions:
            return 0, ()
        known = {bound.name for bound in self.imports}
        local = (bound for node in self.statements for bound in imports_of(node))
        names = self.names.with_local(bound for bound in local if bound.name not in known)
        hooks = {o for hook in self.hooks for o in (hook.ordinal, *hook.helpers)}
        lines = {item.line for item in self.functions if item.ordinal in hooks}
        others = [item for item in self.functions if item.ordinal not in hooks]
        lines |= {
            line
            for line in {one.mark.line for hook in self.hooks for one in hook.added}
            if not any(item.first_line <= line <= item.end_line for item in others)
        }
        claims = Claims(names, self._marked_lines(), lines, self.mark_appliers.lines)
        unread = [place for mention in mentions for place in claims.unread(mention)]
        return len(mentions), tuple(sorted(set(unread)))

    def _marked_lines(self) -> frozenset[int]:
        groups = [self.marks, *self.mark_reader.variables.values()]
        groups += [item.marks for item in self.functions]
        groups += [item.marks for item in self.classes]
        return frozenset(mark.line for marks in groups for mark in marks if mark.name == "asyncio")

    def _refers(self, node: ast.stmt, first: int) -> tuple[str, ...]:
        """List what the statement that begins in this line mentions."""
        last = node.end_lineno or node.lineno
        local: Mapping[str, str] = {}
        if isinstance(node, FUNCTIONS) and self.imported.any_in(first, last):
            local = Names(
                bound for item in statements([node]) for bound in imports_of(item)
            ).origins
        return self.references.found_in("\n".join(self.lines[first - 1 : last]), local)

    def _lines_with(self, *words: str) -> Lines:
        return Lines.with_words(words, self.text, self.lines)

    # -- statements ---------------------------------------------------------------------

    def _module(self, body: Iterable[ast.stmt], *, conditional: bool) -> None:
        for node in body:
            if isinstance(node, FUNCTIONS):
                function = self._function(node, None, "", conditional)
                self.functions.append(function)
                if self.may_mark and function.fixture is None and not _named_by_pytest(node.name):
                    self.mark_reader.applied(node, function.ordinal)
            elif isinstance(node, ast.ClassDef):
                self._class(node, None, "", conditional)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                self._assignment(node)
            elif isinstance(node, (ast.AugAssign, ast.Expr)):
                self.marks = added_marks(node, self.marks, self.mark_reader)
            elif isinstance(node, _COMPOUND):
                for part in ("body", "orelse", "finalbody"):
                    self._module(getattr(node, part, ()), conditional=True)
                for handler in getattr(node, "handlers", ()):
                    self._module(handler.body, conditional=True)

    def _assignment(self, node: ast.Assign | ast.AnnAssign) -> None:
        if not isinstance(node.value, ast.Constant):
            refers = self._refers(node, node.lineno)
            for name in assigned_names(node) if refers else ():
                self.variables[name] = (*self.variables.get(name, ()), *refers)
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if not isinstance(target, ast.Name) or node.value is None:
            return
        if target.id == "__all__":
            self.exported = tuple(_strings(node.value))
        marks = assigned_marks(node, self.marks, self.mark_reader)
        if marks is not None:
            self.marks = marks
            self.pytestmark = node.lineno
        elif self.may_mark:
            self.mark_reader.assigned(target.id, node.value, node.lineno)

    def _class(
        self, node: ast.ClassDef, parent: int | None, prefix: str, conditional: bool
    ) -> None:
        ordinal = self.ordinals[node]
        qualname = f"{prefix}{node.name}"
        marks: tuple[Mark, ...] = ()
        pytestmark = None
        for child in node.body:
            assigned = assigned_marks(child, marks, self.mark_reader)
            if assigned is not None:
                marks, pytestmark = assigned, child.lineno
                continue
            marks = added_marks(child, marks, self.mark_reader)
            if not isinstance(child, ast.Assign) or not isinstance(child.targets[0], ast.Name):
                continue
            if child.targets[0].id.startswith("test"):
                self.variables[f"{qualname}.{child.targets[0].id}"] = self._refers(
                    child, child.lineno
                )
            if self.may_mark:
                name = f"{qualname}.{child.targets[0].id}"
                self.mark_reader.assigned(name, child.value, child.lineno)
        names = {child.name for child in node.body if isinstance(child, FUNCTIONS)}
        lines = (node.lineno, node.end_lineno or node.lineno)
        fields = (
            class_factories(node, ordinal, self.names)
            if self.factories.any_in(*lines)
            else ((), ())
        )
        self.classes.append(
            Class(
                ordinal=ordinal,
                name=node.name,
                qualname=qualname,
                line=node.lineno,
                parent=parent,
                bases=tuple(self.names.resolve(base) or dotted(base) or "" for base in node.bases),
                # Decorators add to what the body has set, so they are less close.
                marks=(*marks, *self._decorator_marks(node, ordinal)),
                pytestmark=pytestmark,
                has_init="__init__" in names,
                takes=fields[0],
                builds=fields[1],
                subclass_marks=self.mark_appliers.subclass_marks(node, self.ordinals)
                if "__init_subclass__" in names
                else (),
                refers=tuple(
                    name
                    for child in node.body
                    if not isinstance(child, (*FUNCTIONS, ast.ClassDef))
                    for name in self._refers(child, child.lineno)
                ),
            )
        )
        self._members(node.body, ordinal, f"{qualname}.", conditional)

    def _members(
        self, body: Iterable[ast.stmt], ordinal: int, prefix: str, conditional: bool
    ) -> None:
        for child in body:
            if isinstance(child, FUNCTIONS):
                self.functions.append(self._function(child, ordinal, prefix, conditional))
            elif isinstance(child, ast.ClassDef):
                self._class(child, ordinal, prefix, conditional)
            elif isinstance(child, (ast.If, ast.Try)):
                self._members([*child.body, *child.orelse], ordinal, prefix, True)

    def _function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef,
        class_ordinal: int | None,
        prefix: str,
        conditional: bool,
        made: OfFunction | None = None,
    ) -> Function:
        ordinal = self.ordinals[node]
        fixture = None
        if node.decorator_list:
            fixture = read_fixture(node, self.names) or read_step(node, self.names)
        elif class_ordinal is None:
            made = made or self.made.functions.get(node.name)
            fixture = made.fixture if made else None
        first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
        end = node.end_lineno or node.lineno
        hit = self.hits.any_in(first, end)
        requested, everything = parameters(node, class_ordinal is not None)
        if made is not None and made.given:
            requested = tuple(name for name in requested if name not in made.given)
        asked = Requests()
        if self.dynamic.any_in(first, end):
            asked = dynamic_requests(node, self.constants, self.names)
        # Only an async test that asks for something can hand it to a helper that matters.
        test = node.name.startswith("test") and isinstance(node, ast.AsyncFunctionDef)
        calls = hit or bool(requested) or not test
        override = None
        if fixture is not None and fixture.name == "event_loop":
            keywords = made.keywords if made else None
            override = self.loop_makers.override(node, fixture.origin, keywords)
        policy = None
        if fixture is not None and fixture.name == "event_loop_policy":
            policy = read_policy(node, self.names, made.keywords if made else None)
        return Function(
            ordinal=ordinal,
            name=node.name,
            qualname=f"{prefix}{node.name}",
            line=node.lineno,
            first_line=first,
            end_line=end,
            class_ordinal=class_ordinal,
            is_async=isinstance(node, ast.AsyncFunctionDef),
            is_generator=self.yields.any_in(first, end) and is_generator(node),
            conditional=conditional or bool(made and made.conditional),
            parameters=requested,
            fixture=fixture,
            marks=(
                *self.mark_reader.param_marks(node.decorator_list, ordinal),
                *self._decorator_marks(node, ordinal),
            ),
            decorators=tuple(
                self.names.resolve(item.func if isinstance(item, ast.Call) else item) or ""
                for item in node.decorator_list
            ),
            parametrized=parametrized(node.decorator_list, self.names),
            parameter_scopes=parametrized_scopes(node.decorator_list, self.names),
            dynamic=asked.names,
            built=asked.built,
            calls=callees(node, self.names, self.defined) if calls else (),
            refers=self._refers(node, first),
            passes_loop_name=self.loop_names.any_in(first, end) and passes_loop_name(node),
            loop_uses=self._loop_uses(node, ordinal) if hit and "event_loop" in everything else (),
            override=override,
            policy=policy,
            drives_loops=hit and drives_loops(node, self.names),
            returns_call=returns_call(node),
            awaits=awaited(node, requested, self.lines),
            handed=handed_on(node, requested, self.lines),
            is_alias=is_alias(node),
            gives=given_functions(node),
            wraps_sync=wraps_sync(node),
            decorated_by=decorated_by(node),
            known_decorators=all(self._known(item) for item in node.decorator_list),
        )

    def _loop_uses(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, ordinal: int
    ) -> tuple[LoopUse, ...]:
        if ordinal >= self.definitions:  # a lambda, which cannot be changed
            return (LoopUse(UseKind.NESTED, node.lineno),)
        return loop_uses(node)

    def _known(self, decorator: ast.expr) -> bool:
        """Whether a decorator leaves the function what it is: a mark, a fixture, a patch."""
        func = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(func, ast.Name) and func.id in self.mark_reader.variables:
            return True
        return (self.names.resolve(func) or "").startswith(_KNOWN_DECORATORS)

    def _decorator_marks(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, ordinal: int
    ) -> Iterator[Mark]:
        """Read the marks of a definition's decorators, the closest (innermost) first."""
        for decorator in reversed(node.decorator_list):
            yield from self.mark_reader.marks_in(decorator, ordinal=ordinal)


def _named_by_pytest(name: str) -> bool:
    """Recognize a test or a hook, which is no decorator."""
    return name.startswith(("test", "pytest_"))


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\r|\n", text)


def _strings(node: ast.expr) -> Iterator[str]:
    items = node.elts if isinstance(node, (ast.List, ast.Tuple)) else [node]
    for item in items:
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield item.value
