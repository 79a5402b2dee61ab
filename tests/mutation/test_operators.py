"""The operators of our own do what their examples say; Cosmic Ray is there for developers only."""

from __future__ import annotations

import pytest

pytest.importorskip("cosmic_ray")

from cosmic_ray.mutating import mutate_code

from tests.mutation.operators import OWN, changes_anything

EXAMPLES = [(operator, example) for operator in OWN.values() for example in operator.examples()]


@pytest.mark.parametrize(("operator", "example"), EXAMPLES, ids=lambda thing: str(thing))
def test_mutant(operator, example) -> None:  # type: ignore[no-untyped-def]
    made = mutate_code(example.pre_mutation_code, operator(), example.occurrence)
    assert made == example.post_mutation_code


@pytest.mark.parametrize("code", ["import a\n", '"""Text."""\n', "a = b\n", "del a\n"])
def test_statements_that_stay(code: str) -> None:
    assert mutate_code(code, OWN["DropStatement"](), 0) is None


def test_annotations_are_no_code() -> None:
    before = "def f(a: int | None) -> int | None:\n    b: int | None = a | 1\n"
    assert not changes_anything(before, before.replace("int | None", "int & None"))
    assert changes_anything(before, before.replace("a | 1", "a & 1"))
    assert not changes_anything(before, before.replace("a | 1", "a |"))


def test_flags_of_dataclasses_are_no_behaviour() -> None:
    before = "@dataclass(frozen=True, slots=True)\nclass A:\n    a: bool = True\n"
    assert not changes_anything(before, before.replace("frozen=True", "frozen=False"))
    assert changes_anything(before, before.replace("= True\n", "= False\n"))


def test_ends_of_nodes_are_there() -> None:
    before = "a = node.end_lineno or 0\nb = node.lineno or 0\n"
    assert not changes_anything(before, before.replace("end_lineno or 0", "end_lineno or 1"))
    assert changes_anything(before, before.replace("node.lineno or 0", "node.lineno or 1"))
