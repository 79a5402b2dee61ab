"""What is done to the code: a choice of Cosmic Ray's operators, and some that it does not have."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import cosmic_ray.plugins
import parso
from cosmic_ray.operators.operator import Example, Operator

Position = tuple[tuple[int, int], tuple[int, int]]

# One opposite of each comparison: the other ones are found by the same tests.
CHOSEN = frozenset(
    f"core/{name}"
    for name in (
        "AddNot",
        "NumberReplacer",
        "ReplaceAndWithOr",
        "ReplaceBinaryOperator_Add_Sub",
        "ReplaceBinaryOperator_BitAnd_BitOr",
        "ReplaceBinaryOperator_BitOr_BitAnd",
        "ReplaceBinaryOperator_Sub_Add",
        "ReplaceBinaryOperator_Sub_BitOr",
        "ReplaceBreakWithContinue",
        "ReplaceComparisonOperator_Eq_NotEq",
        "ReplaceComparisonOperator_GtE_Gt",
        "ReplaceComparisonOperator_Gt_GtE",
        "ReplaceComparisonOperator_IsNot_Is",
        "ReplaceComparisonOperator_Is_IsNot",
        "ReplaceComparisonOperator_LtE_Lt",
        "ReplaceComparisonOperator_Lt_LtE",
        "ReplaceComparisonOperator_NotEq_Eq",
        "ReplaceContinueWithBreak",
        "ReplaceFalseWithTrue",
        "ReplaceOrWithAnd",
        "ReplaceTrueWithFalse",
        "ReplaceUnaryOperator_Delete_Not",
        "ZeroIterationForLoop",
    )
)


def _place(node: Any) -> Position:
    return node.start_pos, node.end_pos


class _Simple(Operator):  # type: ignore[misc]  # Cosmic Ray has no types
    """One that says what each of its mutants puts in the place of a node."""

    pairs: tuple[tuple[str, str], ...] = ()

    def replacements(self, node: Any) -> Iterable[str]:
        raise NotImplementedError

    def mutation_positions(self, node: Any) -> Iterator[Position]:
        for _ in self.replacements(node):
            yield _place(node)

    def mutate(self, node: Any, index: int) -> Any:
        new = parso.parse(list(self.replacements(node))[index]).children[0]
        new.get_first_leaf().prefix = node.get_first_leaf().prefix
        return new

    @classmethod
    def examples(cls) -> tuple[Example, ...]:
        return tuple(Example(before, after) for before, after in cls.pairs)


class DropStatement(_Simple):
    """A call, an assignment to an attribute or item, or a ``yield`` becomes ``pass``."""

    pairs = (
        ("if a:\n    b.join(c)\n", "if a:\n    pass\n"),
        ("yield from a\n", "pass\n"),
        ("a[0] += b\n", "pass\n"),
    )

    def replacements(self, node: Any) -> Iterable[str]:
        if node.parent is None or node.parent.type != "simple_stmt":
            return
        target = node.children[0] if node.type == "expr_stmt" else node
        named = node.type == "expr_stmt" and target.type == "name"  # a NameError is no mutant
        if node.type in ("atom_expr", "yield_expr", "expr_stmt") and not named:
            yield "pass"


class DropOperand(_Simple):
    """``a and b`` becomes ``a``, and ``b``."""

    pairs = (("x = a and b\n", "x = b\n"), ("x = not a or b\n", "x = b\n"))

    def replacements(self, node: Any) -> Iterable[str]:
        if node.type not in ("and_test", "or_test"):
            return
        parts = [part.get_code().strip() for part in node.children[::2]]
        for index in range(len(parts)):
            rest = parts[:index] + parts[index + 1 :]
            yield f" {node.children[1].value} ".join(rest)


class NegateFilter(_Simple):
    """The condition of a comprehension, and ``in``, the other way round."""

    pairs = (
        ("[a for a in b if c]\n", "[a for a in b if not (c)]\n"),
        ("a in b\n", "not (a in b)\n"),
    )

    def replacements(self, node: Any) -> Iterable[str]:
        parent = node.parent
        of_filter = parent is not None and parent.type == "comp_if" and node is parent.children[1]
        operator = node.children[1] if node.type == "comparison" else None
        words = operator.get_code().split() if operator is not None else []
        if of_filter or words in (["in"], ["not", "in"]):
            yield f"not ({node.get_code(include_prefix=False)})"


class ReplaceName(_Simple):
    """A name becomes that of its opposite or neighbour."""

    names: ClassVar = {
        "min": "max", "max": "min", "any": "all", "all": "any",
        "FUNCTION": "CLASS", "CLASS": "MODULE", "MODULE": "SESSION", "PACKAGE": "MODULE",
        "SESSION": "FUNCTION", "ACTION": "NOTE", "NOTE": "ACTION",
    }  # fmt: skip
    pairs = (("any(a)\n", "all(a)\n"), ("Scope.FUNCTION\n", "Scope.CLASS\n"))

    def replacements(self, node: Any) -> Iterable[str]:
        if node.type == "name" and node.value in self.names:
            before = node.get_previous_leaf()
            if before is None or before.value != "." or node.value.isupper():  # no loop.all
                yield self.names[node.value]


OWN = {
    operator.__name__: operator
    for operator in (DropStatement, DropOperand, NegateFilter, ReplaceName)
}


class _Provider(dict[str, type[Operator]]):
    """What Cosmic Ray asks for operators; its own come from installed packages."""


def register() -> None:
    """Make Cosmic Ray of this process know the chosen operators and no others."""
    chosen = {name.partition("/")[2] for name in CHOSEN}
    core = {name: cosmic_ray.plugins.get_operator(f"core/{name}") for name in chosen}
    cosmic_ray.plugins.OPERATOR_PROVIDERS.clear()
    cosmic_ray.plugins.OPERATOR_PROVIDERS.update(core=_Provider(core), own=_Provider(OWN))


def changes_anything(before: str, after: str) -> bool:
    """Whether the code without its annotations differs, and is code at all.

    What a dataclass is besides its fields (``frozen``, ``slots``) is for mypy, not for tests; so
    is the value after ``or`` for an end of a node, which is there in all code that was parsed.
    """
    try:
        return _bare(before) != _bare(after)
    except SyntaxError:
        return False


def _bare(code: str) -> str:
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.returns = None
        elif isinstance(node, ast.ClassDef):
            node.decorator_list = [
                item for item in node.decorator_list if "dataclass(" not in ast.unparse(item)
            ]
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Name("_", ast.Load())
        elif isinstance(node, ast.BoolOp) and _is_end(node.values[0]):
            node.values[1:] = []
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = [ast.Pass()]
    return ast.dump(tree)


def _is_end(node: ast.expr) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in ("end_lineno", "end_col_offset")
