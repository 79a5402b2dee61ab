"""Mutants are what their operators say, and are judged by tests that pass without them.

Cosmic Ray is there for developers only.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

pytest.importorskip("cosmic_ray")

import cosmic_ray.plugins
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_item import MutationSpec, WorkItem

from tests.mutation import operators, worker
from tests.mutation.operators import OWN, changes_anything
from tests.mutation.worker import Limits, Verdict, verdict
from tests.programs import LONG

EXAMPLES = [(operator, example) for operator in OWN.values() for example in operator.examples()]


@pytest.mark.parametrize(("operator", "example"), EXAMPLES, ids=lambda thing: str(thing))
def test_mutant(operator, example) -> None:  # type: ignore[no-untyped-def]
    made = mutate_code(example.pre_mutation_code, operator(), example.occurrence)
    assert made == example.post_mutation_code


@pytest.mark.parametrize("code", ["import a\n", '"""Text."""\n', "a = b\n", "del a\n"])
def test_statements_that_stay(code: str) -> None:
    assert mutate_code(code, OWN["DropStatement"](), 0) is None


def test_attribute_that_is_named_like_a_builtin_stays() -> None:
    assert mutate_code("a.all\n", OWN["ReplaceName"](), 0) is None


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


NO_TEST_IS_LEFT = """\
@pytest.mark.parametrize("size", [sized.size(3)])
def test_size(size):
    assert size
"""
FAILS_BY_ITSELF = """\
def test_size():
    assert sized.size(3) > 4
"""
NEVER_ENDS = """\
def test_size():
    while sized.size(3) != 4:
        pass
"""
JUDGED = {
    "killed": ("def test_size():\n    assert sized.size(3) == 4\n", "", Verdict.KILLED),
    "survived": ("def test_size():\n    assert sized.size(3)\n", "", Verdict.SURVIVED),
    "at import": (
        "assert sized.size(3) == 4\n\n\ndef test_size():\n    pass\n",
        "",
        Verdict.AT_IMPORT,
    ),
    "never ends": (NEVER_ENDS, "", Verdict.TIMED_OUT),
    "the test has another name": (NO_TEST_IS_LEFT, "[4]", Verdict.NOT_JUDGED),
    "the test fails by itself": (FAILS_BY_ITSELF, "", Verdict.NOT_JUDGED),
}


@pytest.mark.slow
@pytest.mark.parametrize(("test", "parameter", "expected"), JUDGED.values(), ids=JUDGED)
def test_verdict(
    test: str, parameter: str, expected: Verdict, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sized.py").write_text("def size(one):\n    return one + 1\n", encoding="utf-8")
    text = f"import pytest\nimport sized\n\n\n{test}"
    (tmp_path / "test_sized.py").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{worker.ROOT}")
    providers = dict(cosmic_ray.plugins.OPERATOR_PROVIDERS)
    monkeypatch.setattr(cosmic_ray.plugins, "OPERATOR_PROVIDERS", providers)
    operators.register()
    name = "core/ReplaceBinaryOperator_Add_Sub"
    mutation = MutationSpec(Path("sized.py"), name, 0, (2, 15), (2, 16))
    tests = [f"test_sized.py::test_size{parameter}"]
    result = worker.tested(WorkItem("one", (mutation,)), tests, Limits(10, LONG))
    assert verdict(result) is expected, result.output
