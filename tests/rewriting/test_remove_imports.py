"""Imports dropped where nothing uses them, and the names that count as used."""

from __future__ import annotations

import ast

import pytest

from loopscope.rewriting.remove_imports import drop_names, drop_unused
from loopscope.rewriting.used_names import bound_names, used_names

USED = {
    "name": ("x = a", True),
    "attribute-root": ("a.b.c", True),
    "attribute": ("x.a", False),
    "argument": ("def f(a): pass", True),
    "exported": ("__all__ = ['a']", True),
    "exported-later": ("__all__ += ['a']", True),
    "exported-by-extend": ("__all__.extend(['a'])", True),
    "string-annotation": ("x: 'List[a.b]' = 1", True),
    "string-argument-annotation": ("def f(x: 'a'): pass", True),
    "string-return-annotation": ("def f() -> 'a': pass", True),
    "string-in-a-type": ("x = Optional['a']", True),
    "cast": ("cast('a', x)", True),
    "usefixtures": ("@pytest.mark.usefixtures('a')\ndef f(): pass", True),
    "type-comment": ("x = 1  # type: a.B", True),
    "type-ignore": ("x = 1  # type: ignore[a]", False),
    "docstring": ("'''a'''", False),
    "comment": ("# a", False),
    "keyword": ("f(a=1)", False),
}


@pytest.mark.parametrize(("text", "used"), USED.values(), ids=USED)
def test_used_names(text: str, used: bool) -> None:
    assert ("a" in used_names(text)) is used


def test_bound_names() -> None:
    text = "import a.b, c as d\nfrom e import f as g, h\nif x:\n    import i\n"
    assert bound_names(ast.parse(text)) == {"a", "d", "g", "h"}


DROPPED = {
    "only-statement": ("import a\n", ""),
    "in-a-group": ("import a\nimport b\n\n\nx = 1\n", "import b\n\n\nx = 1\n"),
    "its-own-group": ("import b\n\nimport a\n\nimport c\n", "import b\n\nimport c\n"),
    "last-import": ('"""D."""\n\nimport a\n\n\nx = 1\n', '"""D."""\n\n\nx = 1\n'),
    "several-in-one": ("import b, a, c\n", "import b, c\n"),
    "from": ("from x import a, b\n", "from x import b\n"),
    "from-all": ("from x import a\nimport b\n", "import b\n"),
    "alias": ("import x as a\nfrom x import y as a\n", ""),
    "renamed-away": ("import a as x\n", "import a as x\n"),
    "submodule": ("import a.b\n", ""),
    "lines": ("from x import (\n    a,\n    b,\n)\n", "from x import (\n    b,\n)\n"),
    "last-of-lines": (
        "from x import (\n    b,  # b\n    a,\n)\n",
        "from x import (\n    b,  # b\n)\n",
    ),
    "shared-line": ("import a; import b\n", "import b\n"),
    "shared-line-last": ("import b; import a\n", "import b\n"),
    "used": ("import a\na.x\n", "import a\na.x\n"),
    "exported": ("import a\n__all__ = ['a']\n", "import a\n__all__ = ['a']\n"),
    "re-export": ("from x import a as a\n", "from x import a as a\n"),
    "noqa": ("import a  # noqa\n", "import a  # noqa\n"),
    "noqa-unused": ("import a  # noqa: E402,F401\n", "import a  # noqa: E402,F401\n"),
    "noqa-of-another-kind": ("import a  # noqa: E402\n", ""),
    "noqa-on-one-of-lines": (
        "from x import (\n    a,  # noqa: F401\n    b,\n)\n",
        "from x import (\n    a,  # noqa: F401\n    b,\n)\n",
    ),
    "star": ("from a import *\n", "from a import *\n"),
    "future": ("from __future__ import a\n", None),
    "try": ("try:\n    import a\nexcept ImportError: pass\n", None),
    "function": ("def f():\n    import a\n", None),
    "type-checking": (
        "if TYPE_CHECKING:\n    import a\n    import b\n",
        "if TYPE_CHECKING:\n    import b\n",
    ),
    "type-checking-emptied": (
        "import b\n\nif t.TYPE_CHECKING:\n    import a\n\n\nx = 1\n",
        "import b\n\n\nx = 1\n",
    ),
    "type-checking-else": (
        "if TYPE_CHECKING:\n    import a\nelse:\n    c = 1\n",
        "if TYPE_CHECKING:\n    pass\nelse:\n    c = 1\n",
    ),
    "heading": ("# stdlib\nimport a\nimport b\n", "# stdlib\nimport b\n"),
    "licence": ("# Copyright me\nimport a\n\nimport b\n", "# Copyright me\n\nimport b\n"),
    "crlf": ("import a\r\nimport b\r\n", "import b\r\n"),
}


@pytest.mark.parametrize(("before", "after"), DROPPED.values(), ids=DROPPED)
def test_drop_unused(before: str, after: str | None) -> None:
    if "__future__" in before:
        before = before.replace("import a", "import annotations")
    after = before if after is None else after
    newline = "\r\n" if "\r" in before else "\n"
    assert drop_unused(before, {"a", "annotations"}, newline=newline) == after


def test_drop_unused_leaves_what_is_no_candidate_or_kept() -> None:
    text = "import a\nimport b\nimport c\n"
    assert drop_unused(text, {"a", "b"}, keep={"b"}) == "import b\nimport c\n"


def test_drop_unused_takes_what_only_the_dropped_used() -> None:
    text = "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import a\n\nx = 1\n"
    assert drop_unused(text, {"a", "TYPE_CHECKING"}) == "x = 1\n"


def test_drop_names_used_or_not() -> None:
    text = (
        "from tests.conftest import event_loop as loop, client\nfrom other import event_loop\n\n"
        "__all__ = [\n    'client',\n    'loop',\n]\n\n\ndef test(loop): pass\n"
    )
    assert drop_names(text, {"event_loop"}, {"tests.conftest"}) == (
        "from tests.conftest import client\nfrom other import event_loop\n\n"
        "__all__ = [\n    'client',\n]\n\n\ndef test(loop): pass\n"
    )


def test_drop_names_from_a_relative_module() -> None:
    assert drop_names("from .conftest import event_loop\n", {"event_loop"}, {".conftest"}) == ""
