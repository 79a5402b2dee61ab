"""Make a failing suite smaller: leave out what the failure does not need."""

from __future__ import annotations

import ast
import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

from .draft import RandomSuite
from .trial import attempts, suite_of, try_suite, write

Files = dict[str, str]


def shrink(
    seed: int,
    folder: Path,
    say: Callable[[str], None],
    *,
    hard: bool = False,
    collect: bool = False,
) -> bool:
    """Shrink the suite of a failing seed and write the result below ``folder``.

    False where the seed does not fail.
    """
    work = folder / f"shrink-{seed}"
    for number in attempts(seed):
        suite = suite_of(number, hard)
        first = try_suite(number, suite, work, hard=hard, collect=collect)
        if first.legal:
            break
    if not (first.legal and first.complaints):
        say(f"seed {seed} shows no difference")
        return False
    wanted = _kind(first.complaints)

    def fails(files: Files) -> bool:
        smaller = dataclasses.replace(suite, files=files)
        try:
            trial = try_suite(number, smaller, work, hard=hard, collect=collect)
        except AssertionError:  # pytest did not even start
            return False
        return trial.legal and _kind(trial.complaints) == wanted

    files = smallest(dict(suite.files), fails)
    last = try_suite(
        number, dataclasses.replace(suite, files=files), work, hard=hard, collect=collect
    )
    say(_shown(suite, files, last.complaints, last.after))
    write(files, folder / f"smallest-{seed}")
    say(f"kept in {folder / f'smallest-{seed}'}")
    return True


_KINDS = (
    "on a loop of",
    "different loop",
    "no current event loop",
    "not found",
    "ScopeMismatch",
    "shared its loop",
    "on loop",
    "second time",
    "no report",
    "LS390",
    "LS102",
    "LS101",
)


def _kind(complaints: tuple[str, ...]) -> str:
    """Name the topic of the first complaint, which must stay the same while we shrink."""
    if not complaints:
        return ""
    first = complaints[0]
    error = next((line for line in first.splitlines() if line.startswith("E ")), first)
    for words in _KINDS:
        if words in error:
            return words
    return error.split("(")[0][:30] if error is not first else "other"


def smallest(files: Files, fails: Callable[[Files], bool]) -> Files:
    """Leave things out as long as anything can go: whole files first, then statements."""
    before = None
    while files != before:
        before = files
        for path in sorted((path for path in files if path.endswith(".py")), reverse=True):
            without = {name: text for name, text in files.items() if name != path}
            if fails(without):
                files = without
        for path in [path for path in files if path.endswith(".py")]:
            files = _fewer_statements(files, path, fails)
    return files


def _fewer_statements(files: Files, path: str, fails: Callable[[Files], bool]) -> Files:
    """Try every statement once, the longest first."""
    position = 0
    while position < len(spans := _spans(files[path])):
        start, end = spans[position]
        lines = files[path].splitlines(keepends=True)
        shorter = {**files, path: "".join(lines[: start - 1] + lines[end:])}
        if _parses(shorter[path]) and fails(shorter):
            files = shorter
        else:
            position += 1
    return files


def _spans(text: str) -> list[tuple[int, int]]:
    """List the lines of every statement, the longest first."""
    spans = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.stmt) and node.end_lineno is not None:
            decorators = getattr(node, "decorator_list", [])
            start = min([node.lineno, *(decorator.lineno for decorator in decorators)])
            spans.add((start, node.end_lineno))
            spans |= {(d.lineno, d.end_lineno or d.lineno) for d in decorators}
    return sorted(spans, key=lambda span: (span[0] - span[1], span))


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _dense(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text)


def _shown(suite: RandomSuite, files: Files, complaints: tuple[str, ...], after: object) -> str:
    parts = [f"--- {path}\n{_dense(text)}" for path, text in files.items()]
    if isinstance(after, dict):
        parts += [
            f"=== after: {path}\n{_dense(text)}"
            for path, text in after.items()
            if files.get(path) != text
        ]
    return "\n".join([*parts, f"legacy options: {suite.legacy_options}", *complaints[:3]])
