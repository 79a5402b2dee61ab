"""Code moved to another depth keeps the lines of its strings."""

from __future__ import annotations

import ast

import pytest

from loopscope.python_source.indentation import body_of, dedented, indented

MOVED = {
    "plain": ("if x:\n    y()", "    if x:\n        y()"),
    "string": ('f("""\n a\n\n  b""")', '    f("""\n a\n\n  b""")'),
    "f-string": ('f(f"""\n {a}\n""")', '    f(f"""\n {a}\n""")'),
    "bytes": ("x = b'''\n  '''", "    x = b'''\n  '''"),
    "blank-lines": ("a\n\nb", "    a\n\n    b"),
    "return": ("await x\nreturn y", "    await x\n    return y"),
}


@pytest.mark.parametrize("name", MOVED)
def test_deeper_and_back(name: str) -> None:
    flat, deep = MOVED[name]
    assert indented(flat) == deep
    assert body_of(f"async def f():\n{deep}\n") == flat


def test_lines_left_of_the_statement_stay_where_they_are() -> None:
    lines = ["def f():", "    print(", "'x',", "      1)"]
    statement = ast.parse("\n".join(lines)).body[0].body[0]  # type: ignore[attr-defined]
    assert dedented(lines, statement) == "print(\n'x',\n  1)"
