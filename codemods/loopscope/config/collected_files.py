"""What pytest collects when it is run in the root without arguments, by its configuration."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from functools import lru_cache
from posixpath import basename, dirname, join, normpath

from loopscope.config.pytest_config import added_options, is_test_file
from loopscope.python_source.syntax_tree import parse_afresh
from loopscope.types import PytestConfig


def with_parents(folder: str) -> list[str]:
    """List the folder and those above it, "" last."""
    found = [folder]
    while found[-1]:
        found.append(dirname(found[-1]))
    return found


def collects(config: PytestConfig, path: str) -> bool:
    """Whether pytest, run in the root without arguments, looks into ``path``."""
    return in_testpaths(config, path) and not _is_ignored(config, path)


def _is_ignored(config: PytestConfig, path: str) -> bool:
    """Whether pytest leaves ``path`` out of whatever folder it is given."""
    places = with_parents(path)[:-1]
    ignored = {value.strip("/").removeprefix("./") for value in added_options(config, "--ignore")}
    globs = [f"/{value.removeprefix('./')}" for value in added_options(config, "--ignore-glob")]
    if ignored.intersection(places) or _matched(globs, places):
        return True
    folders = places[1:] if path.endswith(".py") else places
    return any(
        fnmatch(f"/{place}", f"*/{pattern}") if "/" in pattern
        else fnmatch(basename(place), pattern)
        for pattern in _listed(config, "norecursedirs")
        for place in folders
    )  # fmt: skip


def in_testpaths(config: PytestConfig, path: str) -> bool:
    """Whether ``path`` is one of the places where pytest looks for tests by itself."""
    places = with_parents(path)[:-1]
    paths = [path.removeprefix("./").strip("/") for path in _listed(config, "testpaths")]
    return not paths or any(
        given in ("", ".")
        or given.startswith(f"{path}/")
        or any(fnmatch(place, given) for place in places)
        for given in paths
    )


def ignores_module(config: PytestConfig, files: Mapping[str, bytes], path: str) -> bool:
    """Whether pytest leaves a module out that it is not given; ``files`` has the conftests."""
    if not is_test_file(path, config) or _is_ignored(config, path):
        return True
    places = with_parents(path)[:-1]
    for folder in with_parents(dirname(path)):
        conftest = join(folder, "conftest.py")
        if b"collect_ignore" in files.get(conftest, b""):
            for name, value in _ignored(files[conftest]):
                target = normpath(join(folder, value))
                if name == "collect_ignore" and target in places:
                    return True
                if name == "collect_ignore_glob" and _matched([f"/{target}"], places):
                    return True
    return False


def _matched(globs: list[str], places: list[str]) -> bool:
    return any(fnmatch(f"/{place}", glob) for place in places for glob in globs)


@lru_cache(maxsize=16)
def _ignored(conftest: bytes) -> tuple[tuple[str, str], ...]:
    """List the texts in the two lists of a conftest; each module below it asks for them."""
    try:
        return tuple(_listed_in(parse_afresh(conftest.decode("utf-8", "replace"))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()  # said elsewhere


def _listed_in(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield the texts in the two lists; under a condition they may be collected."""
    for statement in tree.body:
        node = statement.value if isinstance(statement, ast.Expr) else statement
        name = _list_named(node)
        for child in ast.walk(node) if name else ():
            if isinstance(child, ast.Constant) and isinstance(child.value, str):
                yield name, child.value


def _list_named(node: ast.AST) -> str:
    """Return which list a statement sets, adds to or calls a method of."""
    target: ast.AST | None = None
    if isinstance(node, ast.Assign):
        target = node.targets[0]
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        target = node.target
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        target = node.func.value
    name = getattr(target, "id", "")
    return name if name in ("collect_ignore", "collect_ignore_glob") else ""


def _listed(config: PytestConfig, option: str) -> tuple[str, ...]:
    value = config.options.get(option, ())
    if isinstance(value, bool):
        return ()
    return tuple(value.split()) if isinstance(value, str) else value
