"""Where an idiom can stand: the decorators, fixtures, tests and classes of a draft."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from textwrap import indent

from ..draft import Draft
from ..draw import Draw

# Respells something of the draft; False where it finds no place.
Idiom = Callable[[Draw, Draft], bool]

MARK = "@pytest.mark.asyncio"


@dataclass(frozen=True, slots=True)
class Definition:
    """A function at the top of a file."""

    path: str
    index: int  # of its block
    decorators: tuple[str, ...]  # without the @
    head: str  # its line with def
    body: str
    name: str
    parameters: tuple[str, ...]

    @property
    def is_async(self) -> bool:
        return self.head.startswith("async ")

    @property
    def is_test(self) -> bool:
        return self.name.startswith("test_")

    @property
    def maker(self) -> Maker | None:
        """Read the fixture decorator; None for a test."""
        return maker_of(self.decorators[0]) if self.decorators else None

    def text(
        self,
        *,
        decorators: tuple[str, ...] | None = None,
        name: str = "",
        parameters: tuple[str, ...] | None = None,
        first: str = "",
    ) -> str:
        """Write it with something changed; ``first`` becomes the first lines of the body."""
        chosen = self.decorators if decorators is None else decorators
        arguments = ", ".join(self.parameters if parameters is None else parameters)
        head = f"{'async ' * self.is_async}def {name or self.name}({arguments}):"
        body = f"{indent(first, '    ')}\n{self.body}" if first else self.body
        return "\n".join([*(f"@{decorator}" for decorator in chosen), head, body])


@dataclass(frozen=True, slots=True)
class Maker:
    """What makes a fixture: ``pytest.fixture`` with its keywords."""

    name: str
    keywords: tuple[str, ...]

    def call(self, *arguments: str) -> str:
        return f"{self.name}({', '.join([*arguments, *self.keywords])})"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a block."""

    path: str
    index: int
    number: int
    text: str

    def replace(self, draft: Draft, text: str) -> None:
        lines = draft.blocks[self.path][self.index].split("\n")
        lines[self.number] = text
        draft.blocks[self.path][self.index] = "\n".join(lines)


_MAKER = re.compile(r"(pytest(?:_asyncio)?\.(?:yield_)?fixture)(?:\((.*)\))?$")


def maker_of(decorator: str) -> Maker | None:
    """Read a fixture decorator, without its @."""
    found = _MAKER.match(decorator)
    if found is None:
        return None
    return Maker(found[1], tuple(filter(None, (found[2] or "").split(", "))))


def paths(draft: Draft) -> list[str]:
    return [path for path in draft.blocks if path.endswith(".py") and "__init__" not in path]


def modules(draft: Draft) -> list[str]:
    """List the test modules."""
    return [path for path in paths(draft) if path.rpartition("/")[2].startswith("test_")]


def definitions(draft: Draft) -> Iterator[Definition]:
    for path in paths(draft):
        for index, text in enumerate(draft.blocks[path]):
            found = _definition(path, index, text)
            if found is not None:
                yield found


def _definition(path: str, index: int, text: str) -> Definition | None:
    statements = ast.parse(text).body
    if len(statements) != 1:
        return None
    node = statements[0]
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    lines = text.split("\n")
    return Definition(
        path,
        index,
        tuple(line[1:] for line in lines[: node.lineno - 1]),
        lines[node.lineno - 1],
        "\n".join(lines[node.lineno :]),
        node.name,
        tuple(argument.arg for argument in node.args.args),
    )


def fixtures(draft: Draft) -> list[Definition]:
    """List the fixtures at the top of a file, overrides too."""
    return [found for found in definitions(draft) if found.maker is not None]


def tests(draft: Draft) -> list[Definition]:
    return [found for found in definitions(draft) if found.is_test]


def classes(draft: Draft) -> list[tuple[str, int, str]]:
    """List path, index and text of the classes with tests or fixtures."""
    return [
        (path, index, text)
        for path in modules(draft)
        for index, text in enumerate(draft.blocks[path])
        if re.search(r"^class (Test|Base)\d", text, re.M)
    ]


def lines(draft: Draft, pattern: str) -> list[Line]:
    """List the lines that the pattern finds."""
    return [
        Line(path, index, number, line)
        for path in paths(draft)
        for index, text in enumerate(draft.blocks[path])
        for number, line in enumerate(text.split("\n"))
        if re.search(pattern, line)
    ]


def replace(draft: Draft, found: Definition, text: str) -> None:
    draft.blocks[found.path][found.index] = text


def name_in(draw: Draw, draft: Draft, path: str, name: str, text: str, stem: str) -> str:
    """Put a definition of ``name`` at the top of the file or into a module of its own.

    Return how the file spells it.
    """
    form = draw.weighted({"here": 4, "from": 2, "module": 2, "as": 0.7, "star": 0.7})
    if form == "here":
        draft.blocks[path].insert(0, text)
        return name
    module = f"{stem}{draft.number()}"
    draft.blocks[f"{module}.py"] = [text]
    spelled, line = {
        "from": (name, f"from {module} import {name}"),
        "module": (f"{module}.{name}", f"import {module}"),
        "as": (f"our.{name}", f"import {module} as our"),
        "star": (name, f"from {module} import *  # noqa: F403"),
    }[form]
    known = draft.imports.setdefault(path, [])
    if form == "as" and any(other.endswith(" as our") for other in known):
        spelled, line = f"{module}.{name}", f"import {module}"
    known.append(line)
    return spelled


def mark(draft: Draft, path: str) -> str:
    """Return the line that marks a new async test of the module, "" where it needs none."""
    return f"{MARK}\n" if draft.strict and takes_sync_tests(draft, path) else ""


def takes_sync_tests(draft: Draft, path: str) -> bool:
    """Whether no mark of the module would stand on a sync test."""
    texts = [*draft.blocks[path], *draft.imports.get(path, ())]
    return not any("pytestmark" in text for text in texts)


def respell(
    draw: Draw,
    draft: Draft,
    line: Line,
    name: str,
    definition: str,
    stem: str,
    change: Callable[[str], str],
) -> None:
    """Define ``name`` and change a line to what ``change`` makes of its spelling."""
    before = len(draft.blocks[line.path])
    spelled = name_in(draw, draft, line.path, name, definition, stem)
    index = line.index + len(draft.blocks[line.path]) - before
    Line(line.path, index, line.number, line.text).replace(draft, change(spelled))
