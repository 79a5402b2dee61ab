"""Make a monorepo on disk: packages with sources and tests, some of them legacy suites.

The same arguments give the same bytes, on every machine.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from benchmarks import legacy_code as legacy
from benchmarks.plain_code import (
    MODULE_BLOCKS,
    MODULE_HEAD,
    TEST_BLOCKS,
    TEST_HEAD,
    fill,
    grow,
)

_SHORTEST = 12  # lines
_TEST_SHARE = 0.4  # of the files of a package
_SHORT_FILES = 3  # in each package: two __init__.py and a conftest
_SMALLEST_PACKAGE = _SHORT_FILES + 2  # with a module and a test module
TOO_FEW = f"a package has at least {_SMALLEST_PACKAGE} files, a file {_SHORTEST} lines"

_PYPROJECT = """\
[project]
name = "{name}"
version = "1.0"
requires-python = ">=3.9"
dependencies = ["httpx>=0.24"]

[project.optional-dependencies]
test = ["pytest>=7.2"{requirement}]

[tool.pytest.ini_options]
testpaths = ["tests"]
{mode}"""

_CONFTEST = """\
import pytest


@pytest.fixture
def name(request):
    return request.node.name
"""
_ASYNC_IMPORTS = "import asyncio\nimport json\n\nimport pytest\nimport pytest_asyncio\n"


@dataclass(frozen=True)
class Size:
    """How large a monorepo is, and of what kind.

    ``legacy`` and ``modern`` are the shares (0 to 1) of packages with suites for
    pytest-asyncio 0.21 and for 1.x; the others do without pytest-asyncio.
    """

    packages: int = 300
    files: int = 12_000  # Python files
    lines: int = 1_500_000
    legacy: float = 0.1
    modern: float = 0.0
    seed: int = 1

    @property
    def is_possible(self) -> bool:
        """Whether there are enough packages, files and lines."""
        return (
            self.packages > 0
            and self.files >= _SMALLEST_PACKAGE * self.packages
            and self.lines >= _SHORTEST * self.files
        )

    def scaled(self, files: int) -> Size:
        """Return the same with another number of files: the packages stay as large as they are."""
        share = files / self.files
        packages = max(1, round(self.packages * share))
        lines = round(self.lines * share)
        return Size(packages, files, lines, self.legacy, self.modern, self.seed)


def make(root: Path, size: Size) -> None:
    """Write a monorepo to ``root``, which must not exist or be an earlier one.

    Raises:
        ValueError: There are too few files or lines for that many packages.
    """
    if not size.is_possible:
        raise ValueError(TOO_FEW)
    if root.exists():
        shutil.rmtree(root)
    for path, text in contents(size):
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="")


def contents(size: Size) -> Iterator[tuple[str, str]]:
    """Every file of a monorepo: its path with forward slashes, and its text."""
    random = Random(size.seed)
    yield ".gitignore", "__pycache__/\n*.pyc\n/build/\n.venv/\n"
    yield "README.md", "# A monorepo\n"
    kinds = _kinds(random, size)
    lengths = iter(_lengths(random, size))
    for index, kind in enumerate(kinds):
        first, last = (size.files * n // size.packages for n in (index, index + 1))
        own = [next(lengths) for _ in range(last - first - _SHORT_FILES)]
        yield from _Package(random, f"package_{index:04}", kind).contents(own)


def _kinds(random: Random, size: Size) -> list[str]:
    legacy_packages = _at_least_one(size.packages * size.legacy)
    modern = _at_least_one(size.packages * size.modern)
    plain = size.packages - legacy_packages - modern
    kinds = ["legacy"] * legacy_packages + ["modern"] * modern + ["plain"] * plain
    random.shuffle(kinds)
    return kinds


def _at_least_one(number: float) -> int:
    return max(1, round(number)) if number else 0


def _lengths(random: Random, size: Size) -> list[int]:
    """Draw the lengths of the files in lines: many short ones, a few long ones, the given sum."""
    number = size.files - _SHORT_FILES * size.packages
    weights = [random.lognormvariate(0, 0.8) for _ in range(number)]
    spare = size.lines - _SHORTEST * size.files
    return [_SHORTEST + round(spare * weight / sum(weights)) for weight in weights]


class _Package:
    def __init__(self, random: Random, name: str, kind: str) -> None:
        self.random = random
        self.name = name
        self.kind = kind
        self.auto = random.random() < 0.5  # asyncio_mode
        self.scope = legacy.draw(random, legacy.SCOPES)
        self.place = legacy.draw(random, legacy.PLACES)

    def contents(self, lengths: list[int]) -> Iterator[tuple[str, str]]:
        """Every file of the package; ``lengths`` are those of its modules and test modules."""
        folder = f"{self.name}/src/{self.name}"
        tests = max(1, round(len(lengths) * _TEST_SHARE))
        modules = len(lengths) - tests
        long = iter(lengths)
        yield f"{self.name}/pyproject.toml", self._pyproject()
        yield f"{folder}/__init__.py", f'"""The package {self.name}."""\n'
        yield f"{self.name}/tests/__init__.py", ""
        yield f"{self.name}/tests/conftest.py", self._conftest()
        for number in range(modules):
            sub = f"{folder}/part_{number % 3}" if number % 2 else folder
            yield f"{sub}/module_{number}.py", self._module(next(long))
        for number in range(tests):
            yield f"{self.name}/tests/test_{number}.py", self._tests(number, next(long))

    def _pyproject(self) -> str:
        requirement = {
            "legacy": ', "pytest-asyncio>=0.21,<0.22"',
            "modern": ', "pytest-asyncio>=1.2"',
        }.get(self.kind, "")
        mode = ""
        if self.kind != "plain":
            mode = f'asyncio_mode = "{"auto" if self.auto else "strict"}"\n'
        if self.kind == "modern":
            mode += 'asyncio_default_fixture_loop_scope = "function"\n'
        return _PYPROJECT.format(name=self.name, requirement=requirement, mode=mode)

    def _conftest(self) -> str:
        if self.kind == "legacy" and self.place == "conftest":
            return f"import asyncio\n\n{_CONFTEST}{legacy.override(self.random, self.scope)}"
        return _CONFTEST

    def _module(self, lines: int) -> str:
        head = fill(self.random, MODULE_HEAD, 0)
        blocks = MODULE_BLOCKS
        if self.kind == "legacy" and self.random.random() < 0.25:
            head = head.replace("import json\n", "import asyncio\nimport json\n", 1)
            head += fill(self.random, self.random.choice(legacy.LOOP_CALLS), 1)
        return grow(self.random, head, blocks, lines)

    def _tests(self, number: int, lines: int) -> str:
        head = fill(self.random, TEST_HEAD, 0)
        if self.kind == "plain" or (number and self.random.random() < 0.4):
            return grow(self.random, head, TEST_BLOCKS, lines)
        head = head.replace("import json\n\nimport pytest\n", _ASYNC_IMPORTS) + legacy.HELPERS
        own = self.kind == "legacy" and self.place == "module" and number == 0
        if own:
            scope = "module" if self.scope == "session" else self.scope
            head += legacy.override(self.random, scope)
        mark = "" if self.auto else "@pytest.mark.asyncio\n"
        fixture = "pytest.fixture" if self.auto else "pytest_asyncio.fixture"
        blocks = [block for block in legacy.ASYNC_TESTS for _ in range(2)]
        if self.kind == "legacy":
            blocks += [legacy.draw(self.random, legacy.REQUESTS) for _ in range(3)]
        drawn = tuple(
            block.replace("{mark}", mark).replace("{async_fixture}", fixture) for block in blocks
        )
        return grow(self.random, head, (*drawn, *TEST_BLOCKS), lines)
