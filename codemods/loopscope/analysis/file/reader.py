"""Read one Python file into facts: one ``ast.parse``, one walk over its statements."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace

from loopscope.analysis.file.calls import CallFinder
from loopscope.analysis.file.checks import NO_CHECKS, FileChecks, find_hazards, is_script
from loopscope.analysis.file.claims import Claims
from loopscope.analysis.file.class_reader import ClassReader
from loopscope.analysis.file.constants import known_values
from loopscope.analysis.file.exports import exported_names
from loopscope.analysis.file.factory_hooks import FACTORIES_HOOK, hook_kinds
from loopscope.analysis.file.facts import Elsewhere, FileFacts, Function, Place, Position
from loopscope.analysis.file.fixture_makers import folded, read_makers
from loopscope.analysis.file.function_reader import FunctionReader
from loopscope.analysis.file.functions import ignores, left_annotations
from loopscope.analysis.file.loop_makers import LoopMakers
from loopscope.analysis.file.made_fixtures import MadeFixtures, read_made
from loopscope.analysis.file.mark_facts import Mark, MarkingHook
from loopscope.analysis.file.marking_hooks import HookHelpers, read_hooks
from loopscope.analysis.file.marks import added_marks, assigned_marks
from loopscope.analysis.file.mentions import Scanner
from loopscope.analysis.file.names import assigned_imports, assigned_names, imports_of
from loopscope.analysis.file.override_facts import LoopMaking
from loopscope.analysis.file.parsed_file import ParsedFile
from loopscope.analysis.file.plugin_loop import fixtures_in_its_place
from loopscope.analysis.file.plugins import is_about_plugins, read_plugins
from loopscope.analysis.file.set_by_code import set_by_code
from loopscope.python_source.syntax_tree import FUNCTIONS, parse, parse_afresh

_MAKING = ("event_loop", "Loop(", "loop(", "uvloop", "nest_asyncio")
_COMPOUND = (ast.If, ast.Try, ast.With, ast.For, ast.While)


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
    tree = parse_afresh(text) if "TYPE_CHECKING" in text else parse(text)  # the former is changed
    return _Reader(ParsedFile(path, text, tree, elsewhere or Elsewhere())).read(checks)


class _Reader:
    def __init__(self, file: ParsedFile) -> None:
        self._file = file
        tree, text, names = file.tree, file.text, file.names
        self.loop_makers = LoopMakers.of(tree.body, names, file.lines)
        self.made = MadeFixtures()
        if "fixture" in text or names.elsewhere.made or names.elsewhere.makers:
            read_makers(tree.body, names)
            self.made = read_made(tree, names)
        if "plugin" in text and "event_loop" in text:
            of_plugin = fixtures_in_its_place(file.path, tree, names)
            self.made = replace(self.made, of_plugin=of_plugin)
        self.makings = file.lines_with(*_MAKING)
        self.functions: list[Function] = []
        self.variables: dict[str, tuple[str, ...]] = {}
        self.function_reader = FunctionReader(file, self.loop_makers, self.made)
        self.class_reader = ClassReader(file, self.function_reader, self.functions, self.variables)
        self._script = False  # what is read runs only where the file is a script
        self.hooks: tuple[MarkingHook, ...] = ()
        self.marks: tuple[Mark, ...] = ()
        self.pytestmark: int | None = None
        self.plugins = read_plugins(tree.body, names) if is_about_plugins(text) else ()

    def read(self, checks: FileChecks | None) -> FileFacts:
        file = self._file
        self._module(file.tree.body, conditional=False)
        for number, (node, of_lambda) in enumerate(self.made.lambdas, len(file.ordinals)):
            file.ordinals[node] = number
            self.functions.append(self.function_reader.read(node, None, "", False, of_lambda))
        if file.may_mark and any(item.name.startswith("pytest_") for item in self.functions):
            helpers = HookHelpers(file.tree)
            self.hooks = tuple(
                read_hooks(file.tree.body, file.ordinals, file.mark_reader, helpers)
            )
        self.class_reader.read_code_that_marks()
        calls = CallFinder(file.names, file.ordinals, file.hits, [])
        for statement in file.tree.body:
            calls.statement(statement, Place.MODULE, None, None)
        mentions, unread = self._mentions() if checks is not None else (0, ())
        checks = checks or NO_CHECKS
        return FileFacts(
            path=file.path,
            functions=tuple(self.functions),
            classes=tuple(self.class_reader.classes),
            marks=self.marks,
            pytestmark=self.pytestmark,
            mark_variables=file.mark_reader.variables,
            imports=file.imports,
            assigned=tuple(assigned_imports(file.tree.body, file.names)),
            plugins=self.plugins,
            loop_calls=tuple(calls.found),
            hooks=self.hooks,
            hazards=find_hazards(file.tree, file.text, file.names, file.ordinals, checks),
            factories=self._factories(),
            mentions=mentions,
            unread=unread,
            ignores=ignores(file.lines) if "loopscope" in file.text else {},
            exported=exported_names(file.tree.body) if "__all__" in file.text else None,
            variables=self.variables,
            called_at_import=tuple(self.function_reader.called_at_import),
            annotations=left_annotations(file.lines) if "loopscope" in file.text else {},
            offers=self._offers(),
            made=self.made.elsewhere,
            wanted=frozenset(file.names.missed),
            elsewhere=file.names.elsewhere,
        )

    def _offers(self) -> Elsewhere:
        """Return what the names of this file mean to files that import them."""
        return Elsewhere(
            constants=dict(known_values(self._file.names)),
            makers={
                name: folded(maker, self._file.names)
                for name, maker in self._file.names.makers.items()
            },
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
        if FACTORIES_HOOK not in self._file.defined:
            return frozenset()
        functions = {
            node.name: node for node in self._file.tree.body if isinstance(node, ast.FunctionDef)
        }
        hook = functions.get(FACTORIES_HOOK)
        return hook_kinds(hook, functions, self._file.names) if hook else frozenset()

    def _mentions(self) -> tuple[int, tuple[Position, ...]]:
        """Count the mentions of what decides about loops, and list those that nobody claims."""
        file = self._file
        mentions = list(Scanner(file.text, file.constants).scan(file.tree))
        if not mentions:
            return 0, ()
        known = {bound.name for bound in file.imports}
        local = (bound for node in file.statements for bound in imports_of(node))
        names = file.names.with_local(bound for bound in local if bound.name not in known)
        hooks = {o for hook in self.hooks for o in (hook.ordinal, *hook.helpers)}
        lines = {item.line for item in self.functions if item.ordinal in hooks}
        others = [item for item in self.functions if item.ordinal not in hooks]
        lines |= {
            line
            for line in {one.mark.line for hook in self.hooks for one in hook.added}
            if not any(item.first_line <= line <= item.end_line for item in others)
        }
        claims = Claims(names, self._marked_lines(), lines, self.class_reader.appliers.lines)
        unread = [place for mention in mentions for place in claims.unread(mention)]
        return len(mentions), tuple(sorted(set(unread)))

    def _marked_lines(self) -> frozenset[int]:
        groups = [self.marks, *self._file.mark_reader.variables.values()]
        groups += [item.marks for item in self.functions]
        groups += [item.marks for item in self.class_reader.classes]
        return frozenset(mark.line for marks in groups for mark in marks if mark.name == "asyncio")

    # -- statements ---------------------------------------------------------------------

    def _module(self, body: Iterable[ast.stmt], *, conditional: bool) -> None:
        for node in body:
            if isinstance(node, FUNCTIONS):
                function = self.function_reader.read(node, None, "", conditional)
                self.functions.append(function)
                if (
                    self._file.may_mark
                    and function.fixture is None
                    and not _named_by_pytest(node.name)
                ):
                    self._file.mark_reader.applied(node, function.ordinal)
            elif isinstance(node, ast.ClassDef):
                self.class_reader.read(node, None, "", conditional)
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                self._assignment(node)
            elif isinstance(node, (ast.AugAssign, ast.Expr)):
                if isinstance(node.value, ast.Call) and not self._script:
                    self.function_reader.note_import(node)
                    self._set_by_code(node)
                self.marks = added_marks(node, self.marks, self._file.mark_reader)
            elif isinstance(node, _COMPOUND):
                outer, self._script = self._script, self._script or is_script(node)
                for part in ("body", "orelse", "finalbody"):
                    self._module(getattr(node, part, ()), conditional=True)
                for handler in getattr(node, "handlers", ()):
                    self._module(handler.body, conditional=True)
                self._script = outer

    def _set_by_code(self, node: ast.stmt) -> None:
        name = set_by_code(node, self._file.names)
        if name is not None:
            refers = self._file.refers(node, node.lineno)
            self.variables[name] = (*self.variables.get(name, ()), *refers)

    def _assignment(self, node: ast.Assign | ast.AnnAssign) -> None:
        if not isinstance(node.value, ast.Constant):
            refers = self._file.refers(node, node.lineno)
            if refers and not self._script:
                self.function_reader.note_import(node)
            for name in assigned_names(node) if refers else ():
                self.variables[name] = (*self.variables.get(name, ()), *refers)
            self._set_by_code(node)
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if not isinstance(target, ast.Name) or node.value is None:
            return
        marks = assigned_marks(node, self.marks, self._file.mark_reader)
        if marks is not None:
            self.marks = marks
            self.pytestmark = node.lineno
        elif self._file.may_mark:
            self._file.mark_reader.assigned(target.id, node.value, node.lineno)


def _named_by_pytest(name: str) -> bool:
    """Recognize a test or a hook, which is no decorator."""
    return name.startswith(("test", "pytest_"))
