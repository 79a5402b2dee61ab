"""The kind of loop that some code makes, in a form that can be compared across files.

The kind of the default loop is ``""``; every other one is the source that makes it, with names as
their modules spell them. ``UNKNOWN`` is a kind that cannot be read.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from loopscope.analysis.file.loop_branches import is_windows
from loopscope.analysis.file.names import Names
from loopscope.analysis.file.override_facts import BodyKind, OverrideBody

DEFAULT = ""
UNKNOWN = "?"
PLAIN = frozenset({DEFAULT})
_SAME = {
    "asyncio.new_event_loop()": DEFAULT,
    "asyncio.DefaultEventLoopPolicy().new_event_loop()": DEFAULT,
    "asyncio.get_event_loop_policy().new_event_loop()": DEFAULT,
    "asyncio.WindowsSelectorEventLoopPolicy().new_event_loop()": "asyncio.SelectorEventLoop()",
    "asyncio.WindowsProactorEventLoopPolicy().new_event_loop()": "asyncio.ProactorEventLoop()",
    "uvloop.EventLoopPolicy().new_event_loop()": "uvloop",
    "uvloop.Loop()": "uvloop",
    "uvloop.new_event_loop()": "uvloop",
}


def kind_of(code: Sequence[str], policy: str, names: Names) -> str:
    """Name the kind of loop that some statements make, the last of them an expression.

    Args:
        code: Source texts.
        policy: The source of a policy that makes the same loops, "" where there is none.
        names: Resolve the names of the file that the code stands in.
    """
    tree = ast.parse(f"{policy}.new_event_loop()" if policy else "\n".join(code))
    tree.body = [node for node in tree.body if not _is_for_windows(node, names)]
    text = ast.unparse(_Resolved(names).visit(tree))
    return _SAME.get(text, text)


def _is_for_windows(node: ast.stmt, names: Names) -> bool:
    """Whether nothing happens elsewhere; there a person may have a loop of another kind."""
    return isinstance(node, ast.If) and not node.orelse and is_windows(node.test, names)


def sets_policy(body: OverrideBody | None) -> bool:
    """Whether an override sets the policy by which later loops are made, and leaves it."""
    return body is not None and any(
        "set_event_loop_policy" in text or ".install()" in text
        for variant in body.variants
        for text in variant.statements
    )


def kinds_of(body: OverrideBody | None) -> frozenset[str]:
    """List the kinds of loop that an override makes, one for each of its params."""
    if body is not None and body.kind is BodyKind.WORK and body.variants:
        return frozenset({UNKNOWN})  # its settings may come with the loop, or be made on it
    if body is None or not body.makes_another_kind:
        return PLAIN
    return frozenset(variant.kind for variant in body.variants) or frozenset({UNKNOWN})


class _Resolved(ast.NodeTransformer):
    """Spells imported names by their origin."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        origin = self._names.resolve(node)
        return ast.parse(origin, mode="eval").body if origin and _is_dotted(origin) else node


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split("."))
