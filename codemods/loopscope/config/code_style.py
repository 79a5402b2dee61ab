"""What a project asks of its code: the length of a line, and whether functions are typed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from loopscope.config.formats import FormatError, decode, parse_ini, parse_toml
from loopscope.frozen import frozen

# Files that only say how code is to look; the others are read for pytest and requirements.
STYLE_FILES = ("ruff.toml", ".ruff.toml", ".flake8", "mypy.ini", ".mypy.ini")
_BY_DEFAULT = {"ruff": 88, "black": 88, "flake8": 79, "pycodestyle": 79}
_HOOKS = (("ruff", "ruff-format"), ("ruff", "ruff-pre-commit"), ("black", "psf/black"))
_STRICT = ("strict", "disallow_untyped_defs", "disallow_incomplete_defs")


@frozen
class CodeStyle:
    """The style of one project; ``longest`` is 0 where nothing limits a line."""

    longest: int = 0
    tool: str = ""  # which has that limit
    typed: bool = False

    @classmethod
    def of(cls, files: Mapping[str, bytes]) -> CodeStyle:
        """Read the style from the files in the root of a project; the shortest limit counts."""
        limits: dict[str, int] = {}
        typed = False
        for name, section in _sections(files):
            if name == "mypy":
                typed = typed or any(_is_true(section.get(option)) for option in _STRICT)
                continue
            for option in ("line-length", "line_length", "max-line-length", "max_line_length"):
                value = str(section.get(option, ""))
                if value.isdecimal():
                    limits[name] = int(value)
            limits.setdefault(name, 0)
        text = files.get(".pre-commit-config.yaml", b"").decode(errors="replace")
        limits |= {tool: limits.get(tool, 0) for tool, word in _HOOKS if word in text}
        # A linter beside a formatter may have any limit: it is the formatter's that is kept.
        chosen = {tool: limits[tool] for tool in ("ruff", "black") if tool in limits} or limits
        if not chosen:
            return cls(typed=typed)
        longest, tool = min((limit or _BY_DEFAULT[tool], tool) for tool, limit in chosen.items())
        return cls(longest, tool, typed)


def _sections(files: Mapping[str, bytes]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the settings of each tool, with its name."""
    for path in ("pyproject.toml", *STYLE_FILES, "setup.cfg", "tox.ini"):
        if path not in files:
            continue
        try:
            found = list(_of_file(path, decode(files[path])))
        except (FormatError, RecursionError, MemoryError):
            continue  # said elsewhere, where it matters
        yield from found


def _of_file(path: str, text: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if path in ("ruff.toml", ".ruff.toml"):
        yield "ruff", parse_toml(text)
    elif path == "pyproject.toml":
        tools = parse_toml(text).get("tool")
        for name in ("ruff", "black", "flake8", "mypy"):
            section = tools.get(name) if isinstance(tools, dict) else None
            if isinstance(section, dict):
                yield name, section
    elif re.search(r"^\[(flake8|pycodestyle|mypy)\]", text, re.MULTILINE):
        for name, read in parse_ini(text).items():
            if name in ("flake8", "pycodestyle", "mypy"):
                yield name, {key: option.value for key, option in read.options.items()}


def _is_true(value: object) -> bool:
    return value is True or (isinstance(value, str) and value.strip().lower() in ("true", "1"))
