"""Which lines of a file hold a word, and which statements run with a function."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from loopscope.analysis.file.calls import Lines
from loopscope.analysis.file.functions import own_statements
from loopscope.python_source.syntax_tree import own_nodes

_TEXT = "first loop loop\n\nsecond\nthird loop\nlast"


def _numbers(lines: Lines) -> list[int]:
    return [number for number in range(1, 6) if lines.any_in(number, number)]


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        (("second", "fourth", "third"), [3, 4]),
        (("loop",), [1, 4]),
        (("loop", "third", "first"), [1, 4]),
        (("fourth",), []),
        (("last",), [5]),  # without a line end
        ((), []),
    ],
)
def test_lines_with_any_of_the_words(words: tuple[str, ...], numbers: list[int]) -> None:
    assert _numbers(Lines.with_words(words, _TEXT)) == numbers


def test_own_statements_are_those_among_the_own_nodes() -> None:
    source = """
        def function():
            with first() as a, second() as b:
                c = [lambda: d for d in a]
            try:
                e = 1
            except (TypeError, ValueError) as error:
                f = error
            else:
                g = 1
            finally:
                h = 1
            match e:
                case 1:
                    i = 1
            def inner():
                j = 1
            class Inner:
                k = 1
            if e: l = 1
            elif f: m = 1
            for n in g: o = 1
            else: p = 1
    """
    function = ast.parse(dedent(source)).body[0]
    statements = [node for node in own_nodes(function) if isinstance(node, ast.stmt)]
    assert list(own_statements(function)) == statements
    assert len(statements) == 18
