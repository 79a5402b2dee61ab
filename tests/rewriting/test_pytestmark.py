"""Marks joined to a ``pytestmark`` and taken from it."""

from __future__ import annotations

import pytest

from loopscope.rewriting.file_editor import FileEditor
from loopscope.rewriting.pytestmark import add_mark, remove_mark

ADDED = {
    "single": ("pytestmark = a.b", "pytestmark = [a.b, new]"),
    "call": ("pytestmark = a.b(1)  # c", "pytestmark = [a.b(1), new]  # c"),
    "list": ("pytestmark = [a]", "pytestmark = [a, new]"),
    "empty-list": ("pytestmark = []", "pytestmark = [new]"),
    "trailing-comma": ("pytestmark = [a,]", "pytestmark = [a, new,]"),
    "tuple": ("pytestmark = (a, b)", "pytestmark = (a, b, new)"),
    "tuple-of-one": ("pytestmark = (a,)", "pytestmark = (a, new,)"),
    "bare-tuple": ("pytestmark = a, b", "pytestmark = a, b, new"),
    "lines": ("pytestmark = [\n    a,  # c\n]", "pytestmark = [\n    a,  # c\n    new,\n]"),
    "lines-no-comma": ("pytestmark = [\n    a\n]", "pytestmark = [\n    a,\n    new\n]"),
    "parentheses": ("pytestmark = (\n    a\n)", "pytestmark = [\n    a,\n    new\n]"),
    "sum": ("pytestmark = x + [a]", "pytestmark = x + [a] + [new]"),
    "annotated": ("pytestmark: object = a", "pytestmark: object = [a, new]"),
    "grown": ("pytestmark += [a]", "pytestmark += [a, new]"),
    "shared-line": ("x = 1; pytestmark = a", "x = 1; pytestmark = [a, new]"),
}


@pytest.mark.parametrize(("before", "after"), ADDED.values(), ids=ADDED)
def test_add_mark(before: str, after: str) -> None:
    editor = FileEditor(before + "\n")
    editor.edit_statement(1, lambda statement: add_mark(statement, "new"))
    assert editor.render() == after + "\n"


REMOVED = {
    "single": ("pytestmark = m.a", ""),
    "call": ("pytestmark = m.a(scope=1)", ""),
    "other": ("pytestmark = m.b", "pytestmark = m.b\n"),
    "list": ("pytestmark = [m.a, m.b]", "pytestmark = [m.b]\n"),
    "list-last": ("pytestmark = [m.b, m.a]", "pytestmark = [m.b]\n"),
    "list-of-one": ("pytestmark = [m.a]", ""),
    "twice": ("pytestmark = [m.a, m.b, m.a(1)]", "pytestmark = [m.b]\n"),
    "tuple-to-one": ("pytestmark = (m.b, m.a)", "pytestmark = (m.b,)\n"),
    "bare-tuple-to-one": ("pytestmark = m.a, m.b", "pytestmark = m.b,\n"),
    "lines": ("pytestmark = [\n    m.a,\n    m.b,  # b\n]", "pytestmark = [\n    m.b,  # b\n]\n"),
    "last-line": (
        "pytestmark = [\n    m.b,  # b\n    m.a,\n]",
        "pytestmark = [\n    m.b,  # b\n]\n",
    ),
    "shared-line": ("x = 1; pytestmark = m.a", "x = 1\n"),
    "shared-line-first": ("pytestmark = m.a; x = 1", "x = 1\n"),
}


@pytest.mark.parametrize(("before", "after"), REMOVED.values(), ids=REMOVED)
def test_remove_mark(before: str, after: str) -> None:
    editor = FileEditor(before + "\n")
    editor.edit_statement(1, lambda statement: remove_mark(statement, {"m.a"}))
    assert editor.render() == after


def test_remove_mark_from_a_class() -> None:
    editor = FileEditor("class A:\n    pytestmark = m.a\n\n    def f(self): pass\n")
    editor.edit_statement(2, lambda statement: remove_mark(statement, {"m.a"}))
    assert editor.render() == "class A:\n    def f(self): pass\n"
