"""Edits on a file: every other byte stays, and gaps close as a person would leave them."""

from __future__ import annotations

from functools import partial
from textwrap import dedent
from typing import Any

import libcst as cst
import pytest

from loopscope.python_source.source import SourceError
from loopscope.rewriting.file_editor import FileEditor


def delete(_: Any) -> None:
    return None


def rename(node: Any) -> Any:
    return node.with_changes(name=cst.Name("renamed"))


def note(seen: list[str], name: str, node: Any) -> Any:
    seen.append(name)
    return node


def deleted(text: str, *ordinals: int, newline: str = "\n") -> str:
    editor = FileEditor(text, newline)
    for ordinal in ordinals:
        editor.edit_definition(ordinal, delete)
    return editor.render()


DELETIONS = {
    "only-definition": ("def f():\n    pass\n", ""),
    "only-with-blank-lines": ("\n\ndef f(): pass\n\n\n", ""),
    "first": ("def f():\n    pass\n\n\ndef g():\n    pass\n", "def g():\n    pass\n"),
    "last": ("import a\n\n\ndef f():\n    pass\n\n\n", "import a\n"),
    "larger-gap-above": ("x = 1\n\n\ndef f(): pass\n\ny = 2\n", "x = 1\n\n\ny = 2\n"),
    "larger-gap-below": ("x = 1\n\ndef f(): pass\n\n\ny = 2\n", "x = 1\n\n\ny = 2\n"),
    "decorated": ("x = 1\n\n\n@a\n@b(\n    1,\n)\ndef f():\n    pass\n", "x = 1\n"),
    "decorator-in-parentheses": ("x = 1\n\n@(\n    a\n)\ndef f(): pass\n", "x = 1\n"),
    "attached-comment-goes": ("x = 1\n\n\n# the loop\ndef f(): pass\n", "x = 1\n"),
    "parted-comment-stays": (
        "x = 1\n\n# section\n\n# the loop\ndef f(): pass\n\n\ny = 2\n",
        "x = 1\n\n# section\n\n\ny = 2\n",
    ),
    "comment-below-stays": (
        "def f(): pass\n\n\n# for g\ndef g(): pass\n",
        "# for g\ndef g(): pass\n",
    ),
    "shebang-stays": ("#!/usr/bin/env python\ndef f(): pass\n", "#!/usr/bin/env python\n"),
    "licence-stays": (
        "# Copyright someone\n# All rights\ndef f(): pass\n\n\nx = 1\n",
        "# Copyright someone\n# All rights\n\n\nx = 1\n",
    ),
    "comment-in-the-body-goes": (
        "def f():\n    pass\n\n    # more\n\n# outside\nx = 1\n",
        "# outside\nx = 1\n",
    ),
    "comment-of-the-body-above-stays": (
        "def g():\n    pass\n    # of g\n\n\ndef f(): pass\n",
        "def g():\n    pass\n    # of g\n",
    ),
    "comment-at-the-end-stays": ("x = 1\n\n\ndef f(): pass\n\n# end\n", "x = 1\n\n\n# end\n"),
    "crlf": (
        "x = 1\r\n\r\n\r\ndef f():\r\n    pass\r\n\r\ny = 2\r\n",
        "x = 1\r\n\r\n\r\ny = 2\r\n",
    ),
    "old-mac": ("x = 1\r\rdef f():\r    pass\r\ry = 2\r", "x = 1\r\ry = 2\r"),
    "form-feed-stays": (
        "x = 1\n\n\x0c\ndef f(): pass\n\n\x0c\ny = 2\n",
        "x = 1\n\n\x0c\n\n\x0c\ny = 2\n",
    ),
    "no-final-newline": ("x = 1\n\n\ndef f(): pass", "x = 1"),
    "docstring-above": ('"""Doc."""\n\n\ndef f(): pass\n', '"""Doc."""\n'),
    "trailing-semicolon": ("x = 1;\n\n\ndef f(): pass;\n", "x = 1;\n"),
}


@pytest.mark.parametrize(("before", "after"), DELETIONS.values(), ids=DELETIONS)
def test_delete_first_definition_at_top_level(before: str, after: str) -> None:
    ordinal = 1 if "of g" in before else 0
    assert deleted(before, ordinal) == after


def test_delete_two_in_a_row() -> None:
    text = "x = 1\n\n\ndef f(): pass\n\n\n# g\ndef g(): pass\n\n\ny = 2\n"
    assert deleted(text, 0, 1) == "x = 1\n\n\ny = 2\n"


MEMBERS = {
    "only-member": (
        "class A:\n    def f(self): pass\n\n\nx = 1\n",
        "class A:\n    pass\n\n\nx = 1\n",
    ),
    "docstring-suffices": (
        'class A:\n    """Doc."""\n\n    def f(self):\n        pass\n',
        'class A:\n    """Doc."""\n',
    ),
    "first-member": (
        "class A:\n    def f(self): pass\n\n    def g(self): pass\n",
        "class A:\n    def g(self): pass\n",
    ),
    "first-member-after-blank": (
        "class A:\n\n    def f(self): pass\n\n\n    def g(self): pass\n",
        "class A:\n\n    def g(self): pass\n",
    ),
    "middle-member": (
        "class A:\n    x = 1\n\n    # loop\n    @a\n    def f(self): pass\n\n"
        "    # g\n    def g(self): pass\n",
        "class A:\n    x = 1\n\n    # g\n    def g(self): pass\n",
    ),
    "last-member": (
        "class A:\n    x = 1\n\n    def f(self): pass\n\n\ny = 2\n",
        "class A:\n    x = 1\n\n\ny = 2\n",
    ),
    "last-member-with-comments": (
        "class A:\n    x = 1\n\n    # section\n\n    def f(self): pass\n    # end\n\n\ny = 2\n",
        "class A:\n    x = 1\n\n    # section\n\n    # end\n\n\ny = 2\n",
    ),
    "only-member-with-a-parted-comment": (
        "class A:\n    # section\n\n    def f(self): pass\n",
        "class A:\n    # section\n    pass\n",
    ),
    "tabs": (
        "class A:\n\tx = 1\n\n\tdef f(self):\n\t\tpass\n\n\tdef g(self): pass\n",
        "class A:\n\tx = 1\n\n\tdef g(self): pass\n",
    ),
    "crlf-pass": ("class A:\r\n  def f(self): pass\r\n", "class A:\r\n  pass\r\n"),
    "no-final-newline": ("class A:\n    def f(self): pass", "class A:\n    pass"),
}


@pytest.mark.parametrize(("before", "after"), MEMBERS.values(), ids=MEMBERS)
def test_delete_member(before: str, after: str) -> None:
    newline = "\r\n" if "\r" in before else "\n"
    assert deleted(before, 1, newline=newline) == after


def test_delete_in_an_if_leaves_pass() -> None:
    text = "if x:\n    def f(): pass\nelse:\n    def g(): pass\n"
    assert deleted(text, 0) == "if x:\n    pass\nelse:\n    def g(): pass\n"


def test_deletion_wins_over_edits_before_after_and_inside() -> None:
    editor = FileEditor("class A:\n    def f(self): pass\n\n\nx = 1\n")
    editor.edit_definition(0, rename)
    editor.edit_definition(0, delete)
    editor.edit_definition(0, rename)
    editor.edit_definition(1, rename)
    assert editor.render() == "x = 1\n"


ORDINALS = dedent(
    """\
    @a
    def f0():
        class C1:
            def f2(self): pass
        async def f3(): pass
    if x:
        def f4(): pass
    elif y:
        def f5(): pass
    else:
        def f6(): pass
    try:
        def f7(): pass
    except E:
        def f8(): pass
    else:
        def f9(): pass
    finally:
        def f10(): pass
    class C11: x = 1; y = 2
    match x:
        case 1:
            def f12(): pass
    with a: b; c
    for i in j:
        def f13(): pass
    """
)


@pytest.mark.parametrize("ordinal", range(14))
def test_ordinals_count_all_levels_in_document_order(ordinal: int) -> None:
    editor = FileEditor(ORDINALS)
    seen: list[str] = []

    def note(node: Any) -> Any:
        seen.append(node.name.value)
        return node

    editor.edit_definition(ordinal, note)
    assert editor.render() == ORDINALS
    assert seen[0][1:] == str(ordinal)


def test_unknown_ordinal() -> None:
    with pytest.raises(IndexError, match="no definition number 1"):
        FileEditor("def f(): pass\n").edit_definition(1, delete)


def test_edits_run_in_order_inner_first() -> None:
    editor = FileEditor("class A:\n    def f(self): pass\n")
    order: list[str] = []
    for name, ordinal in (("outer", 0), ("inner 1", 1), ("inner 2", 1)):
        editor.edit_definition(ordinal, partial(note, order, name))
    editor.render()
    assert order == ["inner 1", "inner 2", "outer"]


def test_the_rest_of_the_file_keeps_every_byte() -> None:
    text = "x=1 ;y = 2\t\n\n\n\n  # odd\ndef f( ) :\n\tpass \n\x0c\nz  =  3   # c"
    editor = FileEditor(text)
    editor.edit_definition(0, rename)
    assert editor.render() == text.replace("f( )", "renamed( )")


def test_form_feed_before_a_definition() -> None:
    editor = FileEditor("x = 1\n\x0cdef f(): pass\n")
    editor.edit_definition(0, rename)
    assert editor.render() == "x = 1\n\x0cdef renamed(): pass\n"


def test_form_feed_inside_a_definition_is_an_error_with_its_line() -> None:
    editor = FileEditor("x = 1\nclass A:\n    x = 1\n\x0c    def f(self): pass\n")
    editor.edit_definition(1, rename)
    with pytest.raises(SourceError) as caught:
        editor.render()
    assert caught.value.line == 2


def test_old_mac_line_ends() -> None:
    editor = FileEditor("class A:\r    def f(self):\r        '''a\rb'''\r", "\r")
    editor.edit_definition(1, rename)
    assert editor.render() == "class A:\r    def renamed(self):\r        '''a\rb'''\r"


def test_syntax_error_propagates() -> None:
    with pytest.raises(SyntaxError):
        FileEditor("def f(:\n")
