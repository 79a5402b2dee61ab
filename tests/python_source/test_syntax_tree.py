from __future__ import annotations

import ast
from pathlib import Path

import pytest

from loopscope.python_source import syntax_tree
from loopscope.python_source.syntax_tree import parse, walk


def test_walk_misses_nothing_but_contexts_and_operators() -> None:
    tree = ast.parse(Path(__file__).read_text(encoding="utf-8"))
    leaves = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop, ast.cmpop)
    expected = {node for node in ast.walk(tree) if not isinstance(node, leaves)}
    found = [node for node in walk(tree) if not isinstance(node, leaves)]
    assert len(found) == len(expected)
    assert set(found) == expected


def test_the_same_text_is_parsed_once() -> None:
    assert parse("a = 1\n") is parse("a = 1\n")


def test_the_tree_of_a_long_text_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax_tree, "_LONGEST_KEPT", 5)
    assert parse("b = 2\n") is not parse("b = 2\n")
