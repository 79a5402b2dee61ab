"""``pytest_asyncio.plugin.event_loop = our_loop``: a fixture in the place of the plugin's own.

pytest registers the fixtures of a plugin under the names of its attributes, after it has loaded
the first conftests: what such a conftest sets there is an override for all tests.
"""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping

from loopscope.analysis.file.decorators import read_fixture
from loopscope.analysis.file.mentions import EVENT_LOOP
from loopscope.analysis.file.names import Names, assigned_names, imports_of
from loopscope.python_source.syntax_tree import FUNCTIONS

_PLUGIN = "pytest_asyncio.plugin"
# The conftests that are loaded first. See docs/loop-rules.md, In the place of the plugin's own.
_FIRST = re.compile(r"(test[^/]*/)?conftest\.py")


def fixtures_in_its_place(path: str, tree: ast.Module, names: Names) -> Mapping[str, int]:
    """Map the function that a conftest puts there to the line of the statement.

    It is read where that is all that the file does with the function, and where it holds no
    other ``event_loop``; ``names.read`` gets the line.
    """
    if not _FIRST.fullmatch(path):
        return {}
    found = list(_replacements(tree.body, names))
    if len(found) != 1:
        return {}
    statement, name = found[0]
    bound = Counter(one for child in tree.body for one in _bound_by(child))
    used = sum(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))
    if bound[name] != 1 or (name != EVENT_LOOP and (used != 1 or bound[EVENT_LOOP])):
        return {}
    for node in tree.body:
        if isinstance(node, FUNCTIONS) and node.name == name:
            fixture = read_fixture(node, names)
            if fixture is None or fixture.name not in (name, EVENT_LOOP):
                return {}
            if fixture.autouse and name != EVENT_LOOP:
                return {}  # by its own name it makes another loop for each test
            names.read.add(statement.lineno)
            return {name: statement.lineno}
    return {}


def _replacements(body: list[ast.stmt], names: Names) -> Iterator[tuple[ast.stmt, str]]:
    for statement in body:
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=owner, attr="event_loop")], value=ast.Name(id=name)
            ) if names.resolve(owner) == _PLUGIN:
                yield statement, name
            case ast.Expr(
                ast.Call(
                    func=ast.Name(id="setattr"),
                    args=[owner, ast.Constant(value="event_loop"), ast.Name(id=name)],
                )
            ) if names.resolve(owner) == _PLUGIN:
                yield statement, name


def _bound_by(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement may bind, also under a condition."""
    for child in ast.walk(statement) if not isinstance(statement, FUNCTIONS) else [statement]:
        if isinstance(child, FUNCTIONS):
            yield child.name
        elif isinstance(child, ast.stmt):
            yield from assigned_names(child)
            yield from (one.name for one in imports_of(child))
