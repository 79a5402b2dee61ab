"""A suite as blocks of text, each a statement or definition at the top of its file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .bodies import OWN_CLASS, OWN_POLICY, helper

# What a file imports where its text has these words.
_STANDARD = {
    "import asyncio": r"(?<!mark\.)asyncio\.",
    "import concurrent.futures": r"\bconcurrent\.futures\.",
    "import functools": r"\bfunctools\.",
    "from dataclasses import dataclass, field": r"@dataclass\b",
    "from types import SimpleNamespace": "SimpleNamespace",
}
_PLUGINS = {"import pytest": r"\bpytest\.", "import pytest_asyncio": r"pytest_asyncio\."}


@dataclass(frozen=True, slots=True)
class RandomSuite:
    """A suite as texts; ``legacy_options`` tell an old pytest what it cannot read."""

    files: Mapping[str, str]
    legacy_options: tuple[str, ...]
    idioms: frozenset[str]  # the kinds of bodies that its overrides have, and its rarer idioms


@dataclass
class Draft:
    """A suite that can still be spelled otherwise."""

    strict: bool
    configuration: dict[str, str]
    legacy_options: tuple[str, ...]
    blocks: dict[str, list[str]]
    imports: dict[str, list[str]]  # file -> lines that import from other files of the suite
    idioms: set[str] = field(default_factory=set)
    serial: int = 0

    def number(self) -> int:
        """Return a number that no name of the suite ends with so far."""
        self.serial += 1
        return self.serial

    def suite(self) -> RandomSuite:
        """Write the files."""
        files = dict(self.configuration)
        for path, blocks in self.blocks.items():
            files[path] = self._text(path, blocks)
        return RandomSuite(files, self.legacy_options, frozenset(self.idioms))

    def _text(self, path: str, blocks: list[str]) -> str:
        code = "\n\n\n".join(blocks)
        if "where()" in code:
            code = f"{helper()}\n\n\n{code}"
        if "OwnPolicy" in code:
            code = f"{OWN_POLICY}\n\n\n{code}"
        if "OwnLoop" in code:
            code = f"{OWN_CLASS}\n\n\n{code}"
        imports = _imports(_STANDARD, code)
        others = _imports(_PLUGINS, code) + self.imports.get(path, [])
        groups = ["\n".join(group) for group in (imports, others)]
        head = "\n\n".join(filter(None, groups))
        text = "\n\n\n".join(filter(None, (head, code)))
        return f"{text}\n" if text else ""


def _imports(wanted: Mapping[str, str], code: str) -> list[str]:
    return [line for line, words in wanted.items() if re.search(words, code)]
