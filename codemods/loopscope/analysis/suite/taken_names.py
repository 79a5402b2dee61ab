"""The names that the files of a suite take from each other, at whatever place of them.

By an import, as an attribute of an imported module, by a star import, or in a text such as that of
``patch("tests.loops.event_loop")``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator, Mapping
from posixpath import basename
from typing import NamedTuple

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.file.names import dotted, last_name
from loopscope.analysis.suite.index import SuiteIndex
from loopscope.python_source.global_names import unbound_names
from loopscope.python_source.source import decode
from loopscope.python_source.syntax_tree import parse, walk

_FROM = re.compile(
    rb"^[ \t]*from[ \t]+(\S+)[ \t]+import[ \t]*(?:\(([^()]*)\)|([^\n]*))", re.MULTILINE
)
_IMPORT = re.compile(rb"^[ \t]*import[ \t]+([^\n]*)", re.MULTILINE)
_TEXTS = re.compile(rb"""["']([^\s"'.]+\.[^\s"']+)""")  # those that may begin with a module
_LOADED = re.compile(rb"""(?:import_module|__import__|importorskip)\([ \t\n]*["']([^\s"']+)""")
_GOES_ON = re.compile(rb"[\\;(]")  # in an import: it may have more names than its line shows
_LOADERS = ("import_module", "__import__", "importorskip")
_MOST_PARTS = 20  # of a text that may be a dotted name


class Taken(NamedTuple):
    """A name of ``origin`` that a file takes at ``line``."""

    line: int
    name: str
    origin: str


class TakenNames:
    """Finds what the files of a suite take from some of them."""

    def __init__(self, index: SuiteIndex, origins: Collection[str]) -> None:
        self._index = index
        self._origins = origins
        names = (path.removesuffix(".py").removesuffix("/__init__") for path in origins)
        self._stems = {basename(name) for name in names}

    def _may_take(self, path: str, data: bytes) -> bool:
        """Whether an import or a text of a file may lead to one of the files, at first sight."""
        modules: set[str] = set()
        for module, inside, plain in _FROM.findall(data):
            if _GOES_ON.search(plain):
                return True
            name = module.decode("utf-8", "replace")
            names = (inside or plain).decode("utf-8", "replace").replace(",", " ").split()
            modules.update((name, *(_below(name, one) for one in names)))
        for plain in _IMPORT.findall(data):
            if _GOES_ON.search(plain):
                return True
            modules.update(plain.decode("utf-8", "replace").replace(",", " ").split())
        for text in (*_TEXTS.findall(data), *_LOADED.findall(data)):
            parts = text.decode("utf-8", "replace").split(".", _MOST_PARTS)
            if not self._stems.isdisjoint(parts):
                modules.update(".".join(parts[:number]) for number in range(1, len(parts) + 1))
        find = self._index.find
        return any(
            True
            for module in modules
            if find(path, module) is not None
            for _ in self._led_to(path, module)
        )

    def of(self, path: str, data: bytes) -> Iterator[Taken]:
        """List what a file takes from them."""
        if not self._may_take(path, data):
            return
        text = decode(data).text
        nodes = list(walk(parse(text)))
        modules: dict[str, str] = {}  # what an import binds -> the module that it may be
        starred: list[str] = []
        for node in nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    modules.update(_bound_modules(alias))
            elif isinstance(node, ast.ImportFrom):
                module = "." * node.level + (node.module or "")
                for alias in node.names:
                    if alias.name == "*":
                        starred += self._led_to(path, module)
                        continue
                    modules[alias.asname or alias.name] = _below(module, alias.name)
                    for origin in self._led_to(path, module):
                        yield Taken(node.lineno, alias.name, origin)
            elif isinstance(node, ast.Assign):
                loaded = _loaded(node.value)
                modules.update({dotted(node.targets[0]) or "": loaded} if loaded else {})
        for node in nodes:
            for module, name in _attributes(node, modules):
                for origin in self._led_to(path, module):
                    yield Taken(node.lineno, name, origin)  # type: ignore[attr-defined]
        if starred:
            yield from self._by_star(path, text, starred)

    def _led_to(self, path: str, module: str) -> Iterator[str]:
        """Yield the file that a module is, and those of which that has all names."""
        queue = [self._index.find(path, module)]
        seen: set[str] = set()
        while queue:
            found = queue.pop()
            if found is None or found in seen or found not in self._index.files:
                continue
            seen.add(found)
            if found in self._origins:
                yield found
            for bound in self._index.files[found].imports:
                if bound.attribute == "*":
                    queue.append(self._index.find(found, bound.module))

    def _by_star(self, path: str, text: str, origins: Collection[str]) -> Iterator[Taken]:
        """List what nothing else in a file binds, and what it hands on."""
        try:
            asked = unbound_names(text)
        except (SyntaxError, RecursionError, MemoryError):
            return  # nobody can import that file
        facts = self._index.files[path]
        for name in {*(facts.exported or ())} - bound_names(facts):
            asked.setdefault(name, 1)
        for name, line in asked.items():
            for origin in origins:
                if not name.startswith("_"):
                    yield Taken(line, name, origin)


def bound_names(facts: FileFacts) -> set[str]:
    """Collect the names that the statements of a file bind."""
    return {
        *(one.bound_name for one in facts.functions if not one.is_method),
        *(cls.name for cls in facts.classes if cls.parent is None),
        *(bound.name for bound in facts.bindings),
        *facts.variables,
    }


def _below(module: str, name: str) -> str:
    return f"{module}{name}" if module.endswith(".") else f"{module}.{name}"


def _bound_modules(alias: ast.alias) -> Iterator[tuple[str, str]]:
    """Yield the names by which code reaches a module, and the packages around it."""
    if alias.asname:
        yield alias.asname, alias.name
        return
    parts = alias.name.split(".")[:_MOST_PARTS]
    for number in range(1, len(parts) + 1):
        name = ".".join(parts[:number])
        yield name, name


def _loaded(node: ast.expr) -> str:
    """Return the module that a call of ``importlib.import_module`` or the like gives, or ""."""
    match node:
        case ast.Call(func=func, args=[ast.Constant(value=str(module)), *_]):
            return module if last_name(func) in _LOADERS else ""
    return ""


def _attributes(node: ast.AST, modules: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the modules of which a node means an attribute, each with the name of that."""
    match node:
        case ast.Attribute(value=value, attr=name):
            module = modules.get(dotted(value) or "") or _loaded(value)
            if module:
                yield module, name
        case ast.Call(args=[owner, ast.Constant(value=str(name)), *_]):  # getattr and the like
            module = modules.get(dotted(owner) or "") or _loaded(owner)
            if module:
                yield module, name
        case ast.Constant(value=str(text)) if "." in text:
            parts = text.split(".", _MOST_PARTS)
            if all(part.isidentifier() for part in parts):
                for number in range(1, len(parts)):
                    yield ".".join(parts[:number]), parts[number]
