"""New code in a file: at its PEP 8 distance from what stands around it."""

from __future__ import annotations

from typing import Any

import pytest

from loopscope.rewriting.file_editor import FileEditor


def delete(_: Any) -> None:
    return None


DEF = "def new():\n    pass\n"
BEFORE = {
    "definition": ("import a\n\n\ndef f(): pass\n", 4, f"import a\n\n\n{DEF}\n\ndef f(): pass\n"),
    "its-comments-stay-with-it": (
        "import a\n\n# s\n\n# f\ndef f(): pass\n",
        6,
        f"import a\n\n# s\n\n\n{DEF}\n\n# f\ndef f(): pass\n",
    ),
    "first-statement": ("x = 1\n", 1, f"{DEF}\n\nx = 1\n"),
    "header-comment": ("#!/bin/x\nx = 1\n", 2, f"#!/bin/x\n\n{DEF}\n\nx = 1\n"),
    "line-inside": (
        "x = 1\n\n\ndef f():\n    pass\n",
        5,
        f"x = 1\n\n\n{DEF}\n\ndef f():\n    pass\n",
    ),
}


@pytest.mark.parametrize(("before", "line", "after"), BEFORE.values(), ids=BEFORE)
def test_insert_before(before: str, line: int, after: str) -> None:
    editor = FileEditor(before)
    editor.insert_before(line, DEF)
    assert editor.render() == after


AFTER = {
    "definition": ("def f(): pass\n\n\nx = 1\n", 1, f"def f(): pass\n\n\n{DEF}\n\nx = 1\n"),
    "small-gap-grows": ("import a\nx = 1\n", 1, f"import a\n\n\n{DEF}\n\nx = 1\n"),
    "last": ("import a\n", 1, f"import a\n\n\n{DEF}"),
    "no-final-newline": ("import a", 1, f"import a\n\n\n{DEF}"[:-1]),
    "comment-below": ("import a\n\n# b\nx = 1\n", 1, f"import a\n\n\n{DEF}\n\n# b\nx = 1\n"),
    "its-last-comment": ("def f():\n    x\n    # c\n", 1, f"def f():\n    x\n    # c\n\n\n{DEF}"),
}


@pytest.mark.parametrize(("before", "line", "after"), AFTER.values(), ids=AFTER)
def test_insert_after(before: str, line: int, after: str) -> None:
    editor = FileEditor(before)
    editor.insert_after(line, DEF)
    assert editor.render() == after


def test_insert_simple_statement_between_imports_and_definitions() -> None:
    editor = FileEditor("import a\n\n\ndef f(): pass\n")
    editor.insert_after(1, "pytestmark = x\n")
    assert editor.render() == "import a\n\npytestmark = x\n\n\ndef f(): pass\n"


@pytest.mark.parametrize("method", ["insert_before", "insert_after"])
def test_insert_in_place_of_a_deleted_definition(method: str) -> None:
    editor = FileEditor("import a\n\n\n# f\ndef f(): pass\n\n\nx = 1\n")
    editor.edit_definition(0, delete)
    getattr(editor, method)(5, DEF)
    assert editor.render() == f"import a\n\n\n{DEF}\n\nx = 1\n"


def test_insert_in_place_of_the_only_definition() -> None:
    editor = FileEditor("def f(): pass\n")
    editor.edit_definition(0, delete)
    editor.insert_after(1, DEF)
    assert editor.render() == DEF


def test_several_insertions_keep_their_order() -> None:
    editor = FileEditor("x = 1\n")
    editor.insert_after(1, "def a(): pass\n")
    editor.insert_after(1, "def b(): pass\n")
    editor.append("def c(): pass")
    editor.append("def d(): pass")
    names = "abcd"
    assert editor.render() == "x = 1\n" + "".join(f"\n\ndef {name}(): pass\n" for name in names)


def test_inserted_lines_end_as_the_file_does() -> None:
    editor = FileEditor("x = 1\r\n", "\r\n")
    editor.append(DEF)
    assert editor.render() == "x = 1\r\n\r\n\r\ndef new():\r\n    pass\r\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", DEF, id="empty"),
        pytest.param("\n\n", DEF, id="blank"),
        pytest.param("x = 1\n\n\n\n", f"x = 1\n\n\n{DEF}", id="blank-lines-at-the-end"),
        pytest.param("x = 1", f"x = 1\n\n\n{DEF}"[:-1], id="no-final-newline"),
        pytest.param("# only\n", f"# only\n\n\n{DEF}", id="comment-only"),
    ],
)
def test_append(before: str, after: str) -> None:
    editor = FileEditor(before)
    editor.append(DEF)
    assert editor.render() == after


IN_CLASS = {
    "first": (
        "class A:\n    def f(self): pass\n",
        "class A:\n    def new():\n        pass\n\n    def f(self): pass\n",
    ),
    "after-docstring": (
        'class A:\n    """Doc."""\n\n    x = 1\n',
        'class A:\n    """Doc."""\n\n    def new():\n        pass\n\n    x = 1\n',
    ),
    "close-after-docstring": (
        'class A:\n    """Doc."""\n    # x\n    x = 1\n',
        'class A:\n    """Doc."""\n\n    def new():\n        pass\n\n    # x\n    x = 1\n',
    ),
    "in-place-of-pass": ("class A:\n    pass\n", "class A:\n    def new():\n        pass\n"),
    "one-line": ("class A: ...\n", "class A:\n    def new():\n        pass\n"),
    "tabs": ("class A:\n\tx = 1\n", "class A:\n\tdef new():\n\t\tpass\n\n\tx = 1\n"),
    "one-line-member": (
        "class A: x = 1\n",
        "class A:\n    def new():\n        pass\n\n    x = 1\n",
    ),
    "nested-two-spaces": (
        "class A:\n  class B:\n    x = 1\n",
        "class A:\n  def new():\n    pass\n\n  class B:\n    x = 1\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), IN_CLASS.values(), ids=IN_CLASS)
def test_insert_in_class(before: str, after: str) -> None:
    editor = FileEditor(before)
    editor.insert_in_class(0, DEF)
    assert editor.render() == after


def test_insert_in_class_in_place_of_its_only_member() -> None:
    editor = FileEditor("class A:\n    def f(self): pass\n")
    editor.edit_definition(1, delete)
    editor.insert_in_class(0, DEF)
    assert editor.render() == "class A:\n    def new():\n        pass\n"
