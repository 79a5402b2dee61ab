from __future__ import annotations

import ast
from pathlib import Path

import pytest

from loopscope.python_source import syntax_tree
from loopscope.python_source.syntax_tree import body_of, dedented, indented, parse, walk

MOVED = {
    "plain": ("if x:\n    y()", "    if x:\n        y()"),
    "string": ('f("""\n a\n\n  b""")', '    f("""\n a\n\n  b""")'),
    "f-string": ('f(f"""\n {a}\n""")', '    f(f"""\n {a}\n""")'),
    "bytes": ("x = b'''\n  '''", "    x = b'''\n  '''"),
    "blank-lines": ("a\n\nb", "    a\n\n    b"),
    "return": ("await x\nreturn y", "    await x\n    return y"),
}


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


def test_as_many_trees_are_kept_as_have_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(syntax_tree, "_kept", {})
    monkeypatch.setattr(syntax_tree, "_MOST_KEPT", 40)
    texts = [f"name_{number} = 3\n" for number in range(6)]  # 11 characters each
    trees = [parse(text) for text in texts]
    assert [parse(text) is tree for text, tree in list(zip(texts, trees, strict=True))[::-1]] == [
        True, True, True, True, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("name", MOVED)
def test_deeper_and_back(name: str) -> None:
    flat, deep = MOVED[name]
    assert indented(flat) == deep
    assert body_of(f"async def f():\n{deep}\n") == flat


def test_lines_left_of_the_statement_stay_where_they_are() -> None:
    lines = ["def f():", "    print(", "'x',", "      1)"]
    statement = ast.parse("\n".join(lines)).body[0].body[0]  # type: ignore[attr-defined]
    assert dedented(lines, statement) == "print(\n'x',\n  1)"
