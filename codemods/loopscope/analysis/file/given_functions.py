"""Functions that a function defines and gives back, which may be tests under another name."""

from __future__ import annotations

import ast

from loopscope.analysis.file.facts import GivenFunction
from loopscope.analysis.file.functions import own_nodes, parameters
from loopscope.python_source.syntax_tree import FUNCTIONS, FunctionNode


def given_functions(node: FunctionNode) -> tuple[GivenFunction, ...]:
    """List the functions inside of one that its ``return`` mentions."""
    if not any(isinstance(child, FUNCTIONS) for child in node.body):
        return ()
    own = list(own_nodes(node))
    returned = {
        name.id
        for item in own
        if isinstance(item, ast.Return) and item.value is not None
        for name in ast.walk(item.value)
        if isinstance(name, ast.Name)
    }
    return tuple(
        GivenFunction(isinstance(item, ast.AsyncFunctionDef), parameters(item, method=False)[0])
        for item in own
        if isinstance(item, FUNCTIONS) and item.name in returned
    )
