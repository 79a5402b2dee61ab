"""Edits on statements that are named by their line."""

from __future__ import annotations

from typing import Any

import libcst as cst
import pytest

from loopscope.rewriting.file_editor import FileEditor


def delete(_: Any) -> None:
    return None


def clip(statement: Any) -> Any:
    return statement.with_changes(body=[cst.Expr(cst.Name("new"))])


STATEMENTS = {
    "top-level": ("a = 1\nb = 2\n", 2, "a = 1\nnew\n"),
    "class-level": ("class A:\n    b = 2  # c\n", 2, "class A:\n    new  # c\n"),
    "function-level": (
        "def f():\n    if x:\n        b = 2\n",
        3,
        "def f():\n    if x:\n        new\n",
    ),
    "one-line-class": ("class A: b = 2; c = 3\n", 1, "class A: new\n"),
    "shared-line": ("a = 1; b = 2\nc = 3\n", 1, "new\nc = 3\n"),
    "multi-line": ("a = [\n    1,\n]\nc = 3\n", 1, "new\nc = 3\n"),
    "continued": ("a = \\\n    1\nc = 3\n", 1, "new\nc = 3\n"),
}


@pytest.mark.parametrize(("before", "line", "after"), STATEMENTS.values(), ids=STATEMENTS)
def test_edit_statement(before: str, line: int, after: str) -> None:
    editor = FileEditor(before)
    editor.edit_statement(line, clip)
    assert editor.render() == after


@pytest.mark.parametrize(
    ("before", "line", "after"),
    [
        pytest.param("import a\nimport b\n\nx = 1\n", 2, "import a\n\nx = 1\n", id="in-a-group"),
        pytest.param(
            "# head\nimport a\nimport b\n", 1 + 1, "# head\nimport b\n", id="heading-stays"
        ),
        pytest.param(
            "import b\n# why\nimport a\n\nx = 1\n", 3, "import b\n\nx = 1\n", id="own-comment"
        ),
        pytest.param("class A:\n    a = 1\n", 2, "class A:\n    pass\n", id="only-in-class"),
        pytest.param("class A: a = 1\n", 1, "class A: pass\n", id="one-line-class"),
        pytest.param(
            "class A:\n    a = 1\n    b = 2\n", 2, "class A:\n    b = 2\n", id="in-class"
        ),
    ],
)
def test_delete_statement(before: str, line: int, after: str) -> None:
    editor = FileEditor(before)
    editor.edit_statement(line, delete)
    assert editor.render() == after


def test_compound_statement_by_line() -> None:
    editor = FileEditor("x = 1\nif x:\n    y = 2\n")
    editor.edit_statement(2, delete)
    assert editor.render() == "x = 1\n"


def test_no_statement_on_that_line() -> None:
    with pytest.raises(ValueError, match="line 2"):
        FileEditor("x = 1\n\n").edit_statement(2, delete)
