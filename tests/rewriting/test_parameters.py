"""Parameters removed and renamed, with their docstring lines."""

from __future__ import annotations

from typing import Any

import libcst as cst
import pytest

from loopscope.rewriting.file_editor import FileEditor
from loopscope.rewriting.parameters import has_parameter, remove_parameter


def edited(text: str, apply: Any) -> str:
    editor = FileEditor(text)
    editor.edit_definition(0, apply)
    return editor.render()


REMOVED = {
    "only": ("event_loop", ""),
    "first": ("event_loop, a", "a"),
    "last": ("a, event_loop", "a"),
    "middle": ("a, event_loop, b", "a, b"),
    "annotated": ("a, event_loop: asyncio.AbstractEventLoop", "a"),
    "default": ("a, event_loop=None, *b", "a, *b"),
    "trailing-comma": ("a, event_loop,", "a,"),
    "only-trailing-comma": ("event_loop,", ""),
    "lines": ("\n    event_loop,\n    a,\n", "\n    a,\n"),
    "last-line": ("\n    a,  # a\n    event_loop,  # e\n", "\n    a,  # a\n"),
    "only-line": ("\n    event_loop,\n", ""),
    "no-trailing-comma": ("\n    a,\n    event_loop\n", "\n    a\n"),
    "one-line-inside": ("\n    a, event_loop, b\n", "\n    a, b\n"),
    "hanging": ("a, event_loop,\n      b", "a,\n      b"),
    "slash-goes": ("event_loop, /, a", "a"),
    "slash-goes-alone": ("event_loop, /", ""),
    "slash-stays": ("a, event_loop, /, b", "a, /, b"),
    "before-slash-at-the-end": ("a, /, event_loop", "a, /"),
    "star-goes": ("a, *, event_loop", "a"),
    "star-goes-before-doubled": ("a, *, event_loop, **k", "a, **k"),
    "star-stays": ("a, *, event_loop, b", "a, *, b"),
    "star-alone": ("*, event_loop", ""),
    "doubled": ("a, **event_loop", "a"),
    "everything": ("a, /, event_loop, b=1, *c, d, **e", "a, /, b=1, *c, d, **e"),
    "absent": ("a, b", "a, b"),
}


@pytest.mark.parametrize(("before", "after"), REMOVED.values(), ids=REMOVED)
def test_remove_parameter(before: str, after: str) -> None:
    done = edited(f"def f({before}): pass\n", lambda node: remove_parameter(node, "event_loop"))
    assert done == f"def f({after}): pass\n"


DOCSTRINGS = {
    "sphinx": (
        "Doc.\n\n    :param event_loop: the loop\n    :param a: it\n    ",
        "Doc.\n\n    :param a: it\n    ",
    ),
    "sphinx-type": (
        "Doc.\n\n    :param Loop event_loop: x\n    :type event_loop: Loop\n    :return: y\n    ",
        "Doc.\n\n    :return: y\n    ",
    ),
    "sphinx-two-lines-stay": (
        "Doc.\n\n    :param event_loop: the\n        loop\n    ",
        "Doc.\n\n    :param event_loop: the\n        loop\n    ",
    ),
    "google": (
        "Doc.\n\n    Args:\n        event_loop: the loop\n        a: it\n    ",
        "Doc.\n\n    Args:\n        a: it\n    ",
    ),
    "google-typed": (
        "Doc.\n\n    Args:\n        a: it\n        event_loop (Loop): the loop\n\n"
        "    Returns:\n        y\n    ",
        "Doc.\n\n    Args:\n        a: it\n\n    Returns:\n        y\n    ",
    ),
    "google-only": (
        "Doc.\n\n    Args:\n        event_loop: the loop\n\n    Returns:\n        y\n    ",
        "Doc.\n\n    Returns:\n        y\n    ",
    ),
    "google-only-at-the-end": ("Doc.\n\n    Args:\n        event_loop: x\n    ", "Doc.\n    "),
    "elsewhere-stays": (
        "Doc.\n\n    Note:\n        event_loop: x\n    ",
        "Doc.\n\n    Note:\n        event_loop: x\n    ",
    ),
    "one-line": ("event_loop: x", "event_loop: x"),
    "prose": (
        "Doc.\n\n    Uses event_loop: yes.\n    ",
        "Doc.\n\n    Uses event_loop: yes.\n    ",
    ),
}


@pytest.mark.parametrize(("before", "after"), DOCSTRINGS.values(), ids=DOCSTRINGS)
def test_docstring_of_a_removed_argument(before: str, after: str) -> None:
    text = 'def f(event_loop, a):\n    """{}"""\n'
    done = edited(text.format(before), lambda node: remove_parameter(node, "event_loop"))
    assert done == text.format(after).replace("event_loop, ", "", 1)


def test_has_parameter() -> None:
    node = cst.ensure_type(
        cst.parse_statement("def f(a, /, b, *c, d, **e): pass"), cst.FunctionDef
    )
    assert [has_parameter(node, name) for name in "abcdef"] == [True] * 5 + [False]
