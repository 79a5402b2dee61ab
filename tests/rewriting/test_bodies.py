"""Bodies: what a function runs itself is changed, what may run elsewhere is not."""

from __future__ import annotations

from textwrap import dedent, indent
from typing import Any

import pytest

from loopscope.rewriting import bodies
from loopscope.rewriting.file_editor import FileEditor


def edited(text: str, apply: Any) -> str:
    editor = FileEditor(text)
    editor.edit_definition(0, apply)
    return editor.render()


def in_body(lines: str, apply: Any) -> str:
    """Rewrite the statements of a function."""
    head = "async def f(event_loop):\n"
    done = edited(head + indent(dedent(lines), "    ") + "\n", apply)
    assert done.startswith(head)
    return dedent(done[len(head) :]).removesuffix("\n")


FIRST = {
    "plain": ("def f():\n    x\n", "def f():\n    new\n    x\n"),
    "docstring": ('def f():\n    """D."""\n    x\n', 'def f():\n    """D."""\n    new\n    x\n'),
    "docstring-and-blank": (
        'def f():\n    """D."""\n\n    # x\n    x\n',
        'def f():\n    """D."""\n\n    new\n    # x\n    x\n',
    ),
    "only-docstring": ('def f():\n    """D."""\n', 'def f():\n    """D."""\n    new\n'),
    "one-line": ("def f(): return x  # c\n", "def f():\n    new\n    return x  # c\n"),
    "pass": ("def f(): pass\n", "def f():\n    new\n"),
    "comment-first": (
        "def f():  # c\n    # d\n    x\n",
        "def f():  # c\n    new\n    # d\n    x\n",
    ),
    "function-below": (
        "def f():\n    def g(): ...\n    x\n",
        "def f():\n    new\n\n    def g(): ...\n    x\n",
    ),
    "decorated-function-below": (
        'def f():\n    """D."""\n\n    # c\n    @a\n    async def g(): ...\n',
        'def f():\n    """D."""\n\n    new\n\n    # c\n    @a\n    async def g(): ...\n',
    ),
    "class-below": (
        "def f():\n    class A: ...\n",
        "def f():\n    new\n\n    class A: ...\n",
    ),
    "tabs": ("def f():\n\tx\n", "def f():\n\tnew\n\tx\n"),
}


@pytest.mark.parametrize(("before", "after"), FIRST.values(), ids=FIRST)
def test_insert_first(before: str, after: str) -> None:
    assert edited(before, lambda node: bodies.insert_first(node, "new")) == after


def test_make_async() -> None:
    assert edited("@a\ndef f(): pass\n", bodies.make_async) == "@a\nasync def f(): pass\n"
    assert edited("async def f(): pass\n", bodies.make_async) == "async def f(): pass\n"


GET = {
    "asyncio.get_event_loop": "asyncio.get_running_loop",
    "asyncio.get_event_loop_policy().get_event_loop": "asyncio.get_running_loop",
}
CALLS = {
    "call": ("x = asyncio.get_event_loop()", "x = asyncio.get_running_loop()"),
    "chain": ("asyncio.get_event_loop_policy().get_event_loop()", "asyncio.get_running_loop()"),
    "method": ("asyncio.get_event_loop().time()", "asyncio.get_running_loop().time()"),
    "no-call": ("x = asyncio.get_event_loop", "x = asyncio.get_event_loop"),
    "arguments": ("asyncio.get_event_loop(1)", "asyncio.get_event_loop(1)"),
    "nested-def": ("def g(): asyncio.get_event_loop()", "def g(): asyncio.get_event_loop()"),
    "nested-async-def": (
        "async def g(): asyncio.get_event_loop()",
        "async def g(): asyncio.get_event_loop()",
    ),
    "default-of-a-nested-def": (
        "def g(x=asyncio.get_event_loop()): pass",
        "def g(x=asyncio.get_running_loop()): pass",
    ),
    "decorator-of-a-nested-def": (
        "@x(asyncio.get_event_loop())\ndef g(): pass",
        "@x(asyncio.get_running_loop())\ndef g(): pass",
    ),
    "lambda": ("lambda: asyncio.get_event_loop()", "lambda: asyncio.get_event_loop()"),
    "default-of-a-lambda": (
        "lambda x=asyncio.get_event_loop(): x",
        "lambda x=asyncio.get_running_loop(): x",
    ),
    "class-body": (
        "class A:\n    x = asyncio.get_event_loop()",
        "class A:\n    x = asyncio.get_event_loop()",
    ),
    "base-of-a-class": (
        "class A(x(asyncio.get_event_loop())): pass",
        "class A(x(asyncio.get_running_loop())): pass",
    ),
    "list": ("[asyncio.get_event_loop() for x in y]", "[asyncio.get_running_loop() for x in y]"),
    "generator": (
        "(asyncio.get_event_loop() for x in y)",
        "(asyncio.get_event_loop() for x in y)",
    ),
    "iterable-of-a-generator": (
        "(x for x in y(asyncio.get_event_loop()) for z in asyncio.get_event_loop())",
        "(x for x in y(asyncio.get_running_loop()) for z in asyncio.get_event_loop())",
    ),
    "f-string": ("f'{asyncio.get_event_loop()}'", "f'{asyncio.get_running_loop()}'"),
    "string": ("'asyncio.get_event_loop()'", "'asyncio.get_event_loop()'"),
}


@pytest.mark.parametrize(("before", "after"), CALLS.values(), ids=CALLS)
def test_replace_calls(before: str, after: str) -> None:
    assert in_body(before, lambda node: bodies.replace_calls(node, GET)) == after


def test_replace_calls_leaves_own_defaults_and_decorators() -> None:
    text = "@a(get())\nasync def f(x=get()) -> get(): get()\n"
    done = edited(text, lambda node: bodies.replace_calls(node, {"get": "new"}))
    assert done == "@a(get())\nasync def f(x=get()) -> get(): new()\n"


METHODS = {
    "arguments-kept": (
        "t = event_loop.create_task(\n    x(),  # c\n    name='t',\n)",
        "t = asyncio.create_task(\n    x(),  # c\n    name='t',\n)",
    ),
    "another-method": ("event_loop.call_soon(x)", "event_loop.call_soon(x)"),
    "another-receiver": ("self.event_loop.create_task(x)", "self.event_loop.create_task(x)"),
    "lambda": ("lambda: event_loop.create_task(x)", "lambda: event_loop.create_task(x)"),
}


@pytest.mark.parametrize(("before", "after"), METHODS.values(), ids=METHODS)
def test_replace_method_calls(before: str, after: str) -> None:
    mapping = {"create_task": "asyncio.create_task"}
    done = in_body(before, lambda node: bodies.replace_method_calls(node, "event_loop", mapping))
    assert done == after


NAMES = {
    "argument": ("f(x, loop=event_loop)", "f(x, loop=new())"),
    "keyword-name": ("f(event_loop=event_loop)", "f(event_loop=new())"),
    "receiver": ("event_loop.time()", "new().time()"),
    "attribute": ("self.event_loop = event_loop", "self.event_loop = new()"),
    "stored": ("event_loop = x", "event_loop = x"),
    "stored-in-a-tuple": ("event_loop, y = event_loop, 1", "event_loop, y = new(), 1"),
    "with-as": ("with x as event_loop: pass", "with x as event_loop: pass"),
    "for": ("for event_loop in event_loop: pass", "for event_loop in new(): pass"),
    "deleted": ("del event_loop", "del event_loop"),
    "imported": ("from x import event_loop", "from x import event_loop"),
    "own-comprehension": ("[event_loop for event_loop in x]", "[event_loop for event_loop in x]"),
    "comprehension": ("[event_loop for y in x]", "[new() for y in x]"),
    "parenthesised": ("(event_loop).time()", "(new()).time()"),
    "nested-def": ("def g(): event_loop", "def g(): event_loop"),
    "index": ("x[event_loop]", "x[new()]"),
}


@pytest.mark.parametrize(("before", "after"), NAMES.values(), ids=NAMES)
def test_replace_name(before: str, after: str) -> None:
    assert in_body(before, lambda node: bodies.replace_name(node, "event_loop", "new()")) == after


@pytest.mark.parametrize(
    ("code", "before", "after"),
    [
        ("a or b", "x = event_loop.y", "x = (a or b).y"),
        ("await a", "x = event_loop.y", "x = (await a).y"),
        ("await a", "x = event_loop + 1", "x = await a + 1"),
    ],
)
def test_replace_name_by_an_expression_that_needs_parentheses(
    code: str, before: str, after: str
) -> None:
    assert in_body(before, lambda node: bodies.replace_name(node, "event_loop", code)) == after


RUN = "event_loop.run_until_complete"
AWAITS = {
    "statement": (f"{RUN}(x())", "await x()"),
    "assigned": (f"y = {RUN}(x)", "y = await x"),
    "attribute": (f"{RUN}(x()).y", "(await x()).y"),
    "index": (f"{RUN}(x())[0]", "(await x())[0]"),
    "called": (f"{RUN}(x())(1)", "(await x())(1)"),
    "operand": (f"{RUN}(x()) == 1", "await x() == 1"),
    "argument": (f"f({RUN}(x()))", "f(await x())"),
    "nested": (f"{RUN}({RUN}(x()))", "await (await x())"),
    "in-parentheses": (f"({RUN}(x()))", "(await x())"),
    "conditional": (f"{RUN}(a if b else c)", "await (a if b else c)"),
    "trailing-comma": (f"{RUN}(x(),)", "await x()"),
    "lines": (f"{RUN}(\n    x(\n        1,\n    )\n)", "await x(\n        1,\n    )"),
    "chain-over-lines": (f"{RUN}(\n    a\n    .b()\n)", "await (\n    a\n    .b()\n)"),
    "comment": (f"{RUN}(\n    x()  # c\n)", "await (\n    x()  # c\n)"),
    "list": (f"[{RUN}(x) for x in y]", "[await x for x in y]"),
    "generator": (f"list({RUN}(x) for x in y)", f"list({RUN}(x) for x in y)"),
    "lambda": (f"lambda: {RUN}(x)", f"lambda: {RUN}(x)"),
    "no-argument": (f"{RUN}()", f"{RUN}()"),
    "starred": (f"{RUN}(*x)", f"{RUN}(*x)"),
    "f-string": (f"f'{{{RUN}(x)}}'", "f'{await x}'"),
}


@pytest.mark.parametrize(("before", "after"), AWAITS.values(), ids=AWAITS)
def test_await_calls(before: str, after: str) -> None:
    assert in_body(before, lambda node: bodies.await_calls(node, "event_loop")) == after


def test_await_calls_on_a_dotted_receiver() -> None:
    done = in_body("self.loop.run_until_complete(x)", lambda n: bodies.await_calls(n, "self.loop"))
    assert done == "await x"
