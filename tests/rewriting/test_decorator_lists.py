"""Decorators and calls: names, keywords, quotes and layout."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

import libcst as cst
import pytest

from loopscope.rewriting.decorator_lists import (
    add_decorator,
    dotted,
    remove_decorator,
    set_call,
    set_decorator,
)
from loopscope.rewriting.file_editor import FileEditor

FIXTURE = ("pytest.fixture", "fixture")
LOOP: dict[str, str | None] = {"loop_scope": '"session"'}


def code(node: cst.CSTNode) -> str:
    return cst.Module([]).code_for_node(node)


def edited(text: str, apply: Any) -> str:
    editor = FileEditor(text)
    editor.edit_definition(0, apply)
    return editor.render()


def decorated(decorator: str, **options: Any) -> str:
    """Rewrite one decorator over a function."""
    done = edited(
        f"@{decorator}\ndef f(): pass\n", lambda node: set_decorator(node, FIXTURE, **options)
    )
    assert done.endswith("\ndef f(): pass\n")
    return done[1 : -len("\ndef f(): pass\n")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("fixture", "fixture"),
        ("pytest.mark.asyncio", "pytest.mark.asyncio"),
        ("pytest.mark.asyncio(scope='x')", "pytest.mark.asyncio"),
        ("f()()", None),
        ("f().g", None),
        ("f[0]", None),
        ("lambda: f", None),
    ],
)
def test_dotted(text: str, name: str | None) -> None:
    assert dotted(cst.parse_expression(text)) == name


NEW_KEYWORD = {
    "bare": ("pytest.fixture", 'pytest.fixture(loop_scope="session")'),
    "empty-call": ("fixture()", 'fixture(loop_scope="session")'),
    "after-others": ('fixture(scope="x")', 'fixture(scope="x", loop_scope="session")'),
    "single-quotes": ("fixture(scope='x')", "fixture(scope='x', loop_scope='session')"),
    "first-quotes-win": (
        """fixture('a', b="c")""",
        """fixture('a', b="c", loop_scope='session')""",
    ),
    "trailing-comma": ("fixture(a=1,)", 'fixture(a=1, loop_scope="session",)'),
    "spaced-equals": ("fixture(a = 1)", 'fixture(a = 1, loop_scope = "session")'),
    "stars": ("fixture(*a, **k)", 'fixture(*a, **k, loop_scope="session")'),
    "one-a-line": (
        "fixture(\n    a=1,\n    b=2,\n)",
        'fixture(\n    a=1,\n    b=2,\n    loop_scope="session",\n)',
    ),
    "only-one-on-its-line": (
        "fixture(\n    a=1,\n)",
        'fixture(\n    a=1,\n    loop_scope="session",\n)',
    ),
    "no-trailing-comma": (
        "fixture(\n    a=1\n)",
        'fixture(\n    a=1,\n    loop_scope="session"\n)',
    ),
    "comment-of-the-last": (
        "fixture(\n    a=1,  # why\n)",
        'fixture(\n    a=1,  # why\n    loop_scope="session",\n)',
    ),
    "comment-and-no-comma": (
        "fixture(\n    a=1  # why\n)",
        'fixture(\n    a=1,  # why\n    loop_scope="session"\n)',
    ),
    "two-on-a-line": (
        "fixture(\n    a=1, b=2\n)",
        'fixture(\n    a=1, b=2, loop_scope="session"\n)',
    ),
    "hanging": (
        "fixture(a=1,\n        b=2)",
        'fixture(a=1,\n        b=2,\n        loop_scope="session")',
    ),
    "comment-after-the-bracket": (
        "fixture(  # why\n    a=1,\n)",
        'fixture(  # why\n    a=1,\n    loop_scope="session",\n)',
    ),
    "there-already": ('fixture(loop_scope="class", a=1)', 'fixture(loop_scope="session", a=1)'),
    "same-value-keeps-its-quotes": (
        "fixture(loop_scope='session')",
        "fixture(loop_scope='session')",
    ),
    "replaced-in-the-quotes-it-had": (
        "fixture(loop_scope='class')",
        "fixture(loop_scope='session')",
    ),
    "another-decorator": ("other(a=1)", "other(a=1)"),
}


@pytest.mark.parametrize(("before", "after"), NEW_KEYWORD.values(), ids=NEW_KEYWORD)
def test_set_keyword(before: str, after: str) -> None:
    assert decorated(before, keywords=LOOP) == after


GONE = {
    "only": ("fixture(scope=1)", "fixture"),
    "first": ("fixture(scope=1, b=2)", "fixture(b=2)"),
    "last": ("fixture(b=2, scope=1)", "fixture(b=2)"),
    "middle": ("fixture(a=1, scope=1, b=2)", "fixture(a=1, b=2)"),
    "absent": ("fixture()", "fixture()"),
    "absent-bare": ("fixture", "fixture"),
    "one-a-line": ("fixture(\n    a=1,\n    scope=2,\n)", "fixture(\n    a=1,\n)"),
    "first-of-lines": ("fixture(\n    scope=2,  # s\n    a=1,\n)", "fixture(\n    a=1,\n)"),
    "comment-above-stays": (
        "fixture(\n    a=1,  # a\n    scope=2,  # s\n)",
        "fixture(\n    a=1,  # a\n)",
    ),
    "comments-around-stay": (
        "fixture(\n    a=1,  # a\n    scope=2,  # s\n    # own\n    b=3,\n)",
        "fixture(\n    a=1,  # a\n    # own\n    b=3,\n)",
    ),
    "end-of-a-line": (
        "fixture(a=1, scope=2,  # s\n        b=3)",
        "fixture(a=1,  # s\n        b=3)",
    ),
    "hanging": ("fixture(a=1,\n        scope=2)", "fixture(a=1)"),
    "only-on-lines": ("fixture(\n    scope=2,\n)", "fixture"),
}


@pytest.mark.parametrize(("before", "after"), GONE.values(), ids=GONE)
def test_remove_keyword(before: str, after: str) -> None:
    assert decorated(before, keywords={"scope": None}) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("fixture(scope='x')", "fixture(loop_scope='x')"),
        ("fixture(a=1, scope = x)", "fixture(a=1, loop_scope = x)"),
        ("fixture(scope='x', loop_scope='y')", "fixture(loop_scope='y')"),
    ],
)
def test_rename_keyword(before: str, after: str) -> None:
    assert decorated(before, rename={"scope": "loop_scope"}) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pytest.fixture", "pytest_asyncio.fixture"),
        ("fixture(a=1)  # c", "pytest_asyncio.fixture(a=1)  # c"),
        ("(fixture)", "(pytest_asyncio.fixture)"),
    ],
)
def test_rename_decorator(before: str, after: str) -> None:
    assert decorated(before, name="pytest_asyncio.fixture") == after


def test_name_and_keywords_at_once() -> None:
    done = decorated("fixture(scope='x')", name="pa.fixture", keywords=LOOP)
    assert done == "pa.fixture(scope='x', loop_scope='session')"


REMOVED = {
    "only": ("# c\n@gone\ndef f(): pass\n", "# c\ndef f(): pass\n"),
    "first": ("@gone(1)\n# b\n@b\ndef f(): pass\n", "# b\n@b\ndef f(): pass\n"),
    "last-with-its-comment": ("@a\n# c\n@gone  # d\ndef f(): pass\n", "@a\ndef f(): pass\n"),
    "comment-before-def-stays": ("@gone\n# c\ndef f(): pass\n", "# c\ndef f(): pass\n"),
    "class": ("@gone\nclass A: pass\n", "class A: pass\n"),
    "absent": ("@a\ndef f(): pass\n", "@a\ndef f(): pass\n"),
}


@pytest.mark.parametrize(("before", "after"), REMOVED.values(), ids=REMOVED)
def test_remove_decorator(before: str, after: str) -> None:
    assert edited(before, lambda node: remove_decorator(node, {"gone"})) == after


ADDED = {
    "first": ("# c\n@a\ndef f(): pass\n", "first", "# c\n@new(1)\n@a\ndef f(): pass\n"),
    "last": ("# c\n@a\n# d\ndef f(): pass\n", "last", "# c\n@a\n@new(1)\n# d\ndef f(): pass\n"),
    "bare": ("x = 1\n\n# c\ndef f(): pass\n", "first", "x = 1\n\n# c\n@new(1)\ndef f(): pass\n"),
    "async": ("async def f(): pass\n", "last", "@new(1)\nasync def f(): pass\n"),
    "class": ("class A: pass\n", "last", "@new(1)\nclass A: pass\n"),
}


@pytest.mark.parametrize(("before", "position", "after"), ADDED.values(), ids=ADDED)
@pytest.mark.parametrize("spelling", ["new(1)", "@new(1)"])
def test_add_decorator(before: str, position: str, after: str, spelling: str) -> None:
    assert edited(before, lambda node: add_decorator(node, spelling, position)) == after


def test_add_decorator_in_a_class_of_a_crlf_file() -> None:
    editor = FileEditor("class A:\r\n    def f(self): pass\r\n", "\r\n")
    editor.edit_definition(1, lambda node: add_decorator(node, "new", "first"))
    assert editor.render() == "class A:\r\n    @new\r\n    def f(self): pass\r\n"


MARK = ("pytest.mark.asyncio", "aio")
CALLS = {
    "itself": ("pytest.mark.asyncio", 'pytest.mark.asyncio(loop_scope="module")'),
    "in-a-list": (
        "[pytest.mark.asyncio, pytest.mark.slow]",
        '[pytest.mark.asyncio(loop_scope="module"), pytest.mark.slow]',
    ),
    "in-an-argument": (
        "pytest.param(1, marks=pytest.mark.asyncio(scope='x'))",
        "pytest.param(1, marks=pytest.mark.asyncio(loop_scope='module'))",
    ),
    "longer-name": ("pytest.mark.asyncio.x", "pytest.mark.asyncio.x"),
    "bare-name": ("[aio, x.aio, f(aio=1)]", '[aio(loop_scope="module"), x.aio, f(aio=1)]'),
    "on-a-call": ("f(aio).g", 'f(aio(loop_scope="module")).g'),
    "conditional": ("aio if x else y", 'aio(loop_scope="module") if x else y'),
}


@pytest.mark.parametrize(("before", "after"), CALLS.values(), ids=CALLS)
def test_set_call(before: str, after: str) -> None:
    done = set_call(
        cst.parse_expression(before), MARK, {"loop_scope": '"module"'}, {"scope": "loop_scope"}
    )
    assert code(done) == after


def test_set_call_removes_the_last_keyword() -> None:
    expr = cst.parse_expression("[aio(forbid_global_loop=True)]")
    assert code(set_call(expr, MARK, {"forbid_global_loop": None}, {})) == "[aio]"


def test_fixture_with_everything_else_around() -> None:
    before = dedent(
        """\
        # the client
        @pytest.fixture(scope="session")  # shared
        # below
        async def client(event_loop):
            yield 1
        """
    )
    after = before.replace(
        'pytest.fixture(scope="session")',
        'pytest_asyncio.fixture(scope="session", loop_scope="session")',
    )
    done = edited(
        before,
        lambda node: set_decorator(node, FIXTURE, name="pytest_asyncio.fixture", keywords=LOOP),
    )
    assert done == after
