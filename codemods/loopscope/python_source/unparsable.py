"""Explain why this Python cannot parse a file."""

from __future__ import annotations

import re
import sys

# The first release that parses each form, and how a line with it looks. These are guesses by
# a line's look: they only choose what the message says.
_NEWER: tuple[tuple[tuple[int, int], str, re.Pattern[str]], ...] = tuple(
    (version, name, re.compile(pattern))
    for version, name, pattern in (
        ((3, 10), "match statement", r"\s*(match|case)\s.*:\s*(#.*)?$"),
        ((3, 11), "except*", r"\s*except\s*\*"),
        ((3, 11), "unpacking in a subscript", r".*\w\[.*\*\w"),
        ((3, 12), "type statement", r"\s*type\s+\w+\s*(\[.*\])?\s*="),
        ((3, 12), "type parameters", r"\s*((async\s+)?def|class)\s+\w+\s*\["),
        ((3, 12), "f-string with quotes as of Python 3.12", r".*(?<![\w\"'])[rR]?[fF][rR]?[\"']"),
        ((3, 13), "default of a type parameter", r"\s*(async\s|def|class|type)\s*\w.*\[[^\]]*="),
        ((3, 14), "template string", r".*(?<![\w\"'])[rR]?[tT][rR]?[\"']"),
        ((3, 14), "except without parentheses", r"\s*except\s+[\w.]+(\s*,\s*[\w.]+)+\s*:"),
    )
)  # fmt: skip
_PYTHON_2 = re.compile(
    r"\s*(print\s+[^\s(=]|exec\s+[\"'\w]|raise\s+[\w.]+\s*,|except\b.*,\s*[a-z_]\w*\s*:)"
    r"|.*([^\w\"']0[0-7]+\b|\b\d+[lL]\b|<>|\bur[\"'])|[^#\"']*`[^`]+`"
)


def explain(error: BaseException, text: str) -> tuple[str, int]:
    """Return the message and the 1-based line for an error of ``ast.parse`` on ``text``.

    Args:
        error: A SyntaxError, RecursionError, MemoryError or ValueError.
        text: What was to be parsed.

    Returns:
        The line is 0 where the whole file is meant.
    """
    if isinstance(error, (RecursionError, MemoryError)):
        return "is nested too deeply, or is too large, for the parser of Python", 0
    if not isinstance(error, SyntaxError):
        return f"cannot be parsed: {error}", 0
    line = error.lineno or 0
    lines = re.split(r"\r\n|\r|\n", text)
    running = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
    message = f"this is no Python that {running} can parse: {error.msg}"
    hint = _hint(lines[line - 1]) if 0 < line <= len(lines) else ""
    return f"{message}{hint and f'; {hint}'}", line


def _hint(line: str) -> str:
    if _PYTHON_2.match(line):  # "except A, e:"; Python 3.14 has "except A, B:"
        return "it looks like Python 2, which must become Python 3 first"
    newer = [(version, name) for version, name, look in _NEWER if look.match(line)]
    newer = [(version, name) for version, name in newer if version > sys.version_info[:2]]
    if not newer:
        return ""
    version, name = max(newer)
    return f"if that is a {name}, run loopscope with Python {version[0]}.{version[1]} or newer"
