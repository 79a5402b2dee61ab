"""Modules that only hand on what others define: ``from .fixtures import *`` in a package.

Nothing in their text shows that fixtures, base classes or marks come through them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from posixpath import dirname

from loopscope.analysis.suite.imports import find_module
from loopscope.config.collected_files import with_parents
from loopscope.config.pytest_config import is_test_file, source_roots
from loopscope.types import SOURCE_ROOTS, PytestConfig

_FROM = re.compile(
    rb"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]*(?:\(([^)]*)\)|([^\n#]*))", re.MULTILINE
)
_STAR = re.compile(rb"^[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]*\*", re.MULTILINE)
_IMPORT = re.compile(rb"^import[ \t]+([\w., \t]+)", re.MULTILINE)
_NAME = re.compile(rb"\w+|\*")


def reexports(
    files: Mapping[str, bytes], others: Mapping[str, bytes], config: PytestConfig
) -> Iterator[str]:
    """List those of the ``others`` that import, directly or not, from a module for tests."""
    support = {path for path, data in files.items() if path.endswith(".py") and _defines(data)}
    folders = {folder for path in support for folder in with_parents(dirname(path))}
    tests = {dirname(path) for path in files if is_test_file(path, config)} - {""}
    left: dict[str, list[str]] = {}
    for path, data in others.items() if support else ():
        folder = dirname(path)
        # Where product code is by itself, nothing hands on what tests use.
        if folder in folders or not tests.isdisjoint(with_parents(folder)):
            left[path] = list(_imported(data))
    while left:
        found = {
            path
            for path, modules in left.items()
            if any(find_module(support, path, module) for module in modules)
        }
        if not found:
            return
        yield from sorted(found)
        support = found
        left = {path: modules for path, modules in left.items() if path not in found}


def starred(
    files: Mapping[str, bytes], others: Mapping[str, bytes], config: PytestConfig
) -> Iterator[str]:
    """List those of the ``others`` of which a file imports all names, directly or not.

    So a module of which nothing is known is one that is not there.
    """
    roots = (*source_roots(config), *SOURCE_ROOTS)
    seen: set[str] = set()
    queue = [(path, data) for path, data in files.items() if path.endswith(".py")]
    while queue:
        importer, data = queue.pop()
        for module in _STAR.findall(data) if b"*" in data else ():
            path = find_module(others, importer, module.decode("ascii", "ignore"), roots)
            if path is not None and path not in seen:
                seen.add(path)
                queue.append((path, others[path]))
                yield path


def _defines(data: bytes) -> bool:
    """Whether a file holds what tests take from others: fixtures, tests of a base class, marks."""
    return b"def test" in data or (b"pytest" in data and (b"fixture" in data or b"mark." in data))


def _imported(data: bytes) -> Iterator[str]:
    """Yield the modules that the text of a file may import from."""
    for module, inside, plain in _FROM.findall(data):
        name = module.decode("ascii", "ignore")
        yield name
        joint = "" if name.endswith(".") else "."
        for attribute in _NAME.findall(inside or plain):
            yield f"{name}{joint}{attribute.decode('ascii', 'ignore')}"
    for names in _IMPORT.findall(data):
        yield from (part.strip().split()[0].decode() for part in names.split(b",") if part.strip())
