from __future__ import annotations

import pytest

from loopscope.rewriting.used_names import undefined_names, what_compile_refuses


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("a\nb\na\n", {"a": 1, "b": 2}),
        ("import a.b, c as d\na; c; d\n", {"c": 2}),
        ("def f(a): ...\ndef g(): a\n", {"a": 2}),
        ("def f(): global a; a = 1\na\n", {}),
        ("def f(a):\n    def g(): return a, b\n", {"b": 2}),
        ("class C:\n    a = 1\n    def m(self): __class__; return a\n", {"a": 3}),
        ("from a import *\nb\n", {}),
        ("[a for a in b]\n", {"b": 1}),
        ("try: ...\nexcept E as e: e\n", {"E": 2}),
        ("print(__file__, len)\n", {}),
    ],
)
def test_undefined_names(source: str, names: dict[str, int]) -> None:
    assert undefined_names(source) == names


def test_what_the_parser_lets_pass() -> None:
    assert what_compile_refuses("def f():\n    await g()\n") == (
        "'await' outside async function", 2,
    )  # fmt: skip
    assert what_compile_refuses("async def f():\n    await g()\n") is None


def test_what_the_parser_refuses_is_not_its_business() -> None:
    for function in (undefined_names, what_compile_refuses):
        with pytest.raises(SyntaxError):
            function("def")
