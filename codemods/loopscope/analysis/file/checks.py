"""Find what rules only report: closed loops, lost tasks, patches, loop policies.

A check costs nothing in a file, and in a function, whose text lacks its words.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loopscope.analysis.file.checks_ls305_ls307 import closed_loops, dead_loops
from loopscope.analysis.file.checks_ls306_ls314 import early_closes, swallowed_cancellations
from loopscope.analysis.file.checks_ls308_ls309_ls311 import asyncio_calls, patches, policies
from loopscope.analysis.file.dynamic_requests import loop_questions
from loopscope.analysis.file.facts import Hazard
from loopscope.analysis.file.hidden_overrides import hidden_overrides
from loopscope.analysis.file.names import Names, imports_of, statements
from loopscope.analysis.file.positions import Position

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class _Check:
    """Looks at one function, or with ``anywhere`` at each statement outside functions too.

    ``words``: the text must hold one word of each inner tuple, that of the file for
    ``file_words`` and that of the function or statement for both.
    """

    code: str
    find: Callable[[Any, Names], Iterator[Position]]
    words: tuple[tuple[str, ...], ...]
    file_words: tuple[tuple[str, ...], ...] = ()
    anywhere: bool = False


_CHECKS = (
    _Check("LS101", hidden_overrides, (("event_loop",),), (("fixture",),), True),
    _Check("LS102", loop_questions, (("event_loop",), ("fixturenames",))),
    _Check("LS305", closed_loops, ((".close",), ("event_loop", "running_loop"))),
    _Check("LS306", early_closes, (("create_task", "ensure_future"), ("yield",))),
    _Check("LS307", dead_loops, (("run(", "run_until_complete"),), (("asyncio",),)),
    _Check("LS308", asyncio_calls, (), (("anyio",), ("asyncio", "trio"))),
    _Check("LS309", patches, (("get_event_loop", ".asyncio"),), (("get_event_loop",),), True),
    _Check(
        "LS311", policies, (("Policy", "policy"),), (("EventLoopPolicy", "loop_policy"),), True
    ),
    _Check(
        "LS314",
        swallowed_cancellations,
        (("while ",), ("Cancelled", "BaseException", "except:")),
    ),
)


def find_hazards(
    tree: ast.Module, lines: Sequence[str], names: Names, ordinals: Mapping[ast.AST, int]
) -> tuple[Hazard, ...]:
    """Find the hazards of one file, in the order of their lines."""
    text = "\n".join(lines)
    checks = [check for check in _CHECKS if _has(text, (*check.words, *check.file_words))]
    if not checks:
        return ()
    found: set[Hazard] = set()
    for node, ordinal in _units(tree.body, None, ordinals):
        chunk = "\n".join(lines[_first_line(node) - 1 : getattr(node, "end_lineno", 0)])
        function = isinstance(node, _FUNCTIONS)
        wanted = [
            check for check in checks if (function or check.anywhere) and _has(chunk, check.words)
        ]
        if not wanted:
            continue
        local = (
            [item for child in statements([node]) for item in imports_of(child)]
            if isinstance(node, _FUNCTIONS)
            else []
        )
        known = names.with_local(local) if local else names
        for check in wanted:
            brought = tuple(local) if check.code == "LS309" else ()
            found.update(
                Hazard(
                    check.code, position.line, position.column, ordinal, position.detail, brought
                )
                for position in check.find(node, known)
            )
    return tuple(sorted(found, key=lambda hazard: (hazard.line, hazard.column, hazard.code)))


def _has(text: str, words: Iterable[tuple[str, ...]]) -> bool:
    return all(any(word in text for word in either) for either in words)


def _first_line(node: ast.AST) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    first: int = getattr(node, "lineno", 1)
    return min([first, *(item.lineno for item in decorators)])


def _units(
    body: Iterable[ast.stmt], owner: int | None, ordinals: Mapping[ast.AST, int]
) -> Iterator[tuple[ast.AST, int | None]]:
    """Functions outside other functions, and whatever else stands outside of them.

    Each comes with its own ordinal, or with that of the class around it.
    """
    for node in body:
        if isinstance(node, _FUNCTIONS):
            yield node, ordinals[node]
        elif isinstance(node, ast.ClassDef):
            yield from ((part, ordinals[node]) for part in (*node.decorator_list, *node.bases))
            yield from _units(node.body, ordinals[node], ordinals)
        elif isinstance(node, (ast.If, ast.For, ast.While, ast.With, ast.Try)):
            for field in ("test", "iter", "items"):
                part = getattr(node, field, None)
                if isinstance(part, ast.expr):
                    yield part, owner
                else:
                    yield from ((item.context_expr, owner) for item in part or ())
            for field in ("body", "orelse", "finalbody"):
                yield from _units(getattr(node, field, ()), owner, ordinals)
            for handler in getattr(node, "handlers", ()):
                yield from _units(handler.body, owner, ordinals)
        else:
            yield node, owner
