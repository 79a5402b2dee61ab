"""Every regular expression of the package takes linear time for long hostile lines."""

from __future__ import annotations

import ast
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import loopscope

ROOT = Path(loopscope.__file__).parent
CALLS = frozenset(
    {"compile", "match", "search", "fullmatch", "sub", "split", "findall", "finditer"}
)
SEARCHING = frozenset({"search", "sub", "split", "findall", "finditer"})

# What is run on texts of our own, on what a run of the suite (of code that is trusted) says, or
# on texts that are cut before: with the reason.
BOUNDED = {
    ("cli/guide_commands.py", r"\["): "on guides of our own",
    ("verify/difference.py", "'["): "on warnings of a run",
    ("verify/difference.py", r"\["): "on names of tests of a run",
    ("requirements/tox.py", "(?<![,"): "on lists of 10,000 characters",
    ("requirements/ini_and_toml.py", "#[^"): "on TOML that was parsed, where each string ends",
    ("analysis/file/constants.py", "%["): "on texts of 1,000 characters",
    ("requirements/stale_comments.py", "(?:^#"): "on comments of 1,000 characters",
    ("loop_map/suite_model.py", "(?i)(.+[-_])?tests?"): "on names of folders",
}
PIECES = (
    " ", "\t", "a", "_", "1", ".", ",", "-", "=", '"', "'", "(", "[", "{", "<", "`", "#", "\\",
    "/", ":", "|", "%", "*", "@", "a,", "a.", "a-", "a ", "1.", "a[", " ,", "= ", "=1", "#a", " #",
    "\\\n", "\n", "\n ", "a\n", '"a', 'a"', '\\"', "python ", "pytest ", "-r a ", "==1,",
    "test_", "{a", "\0",
)  # fmt: skip


class Pattern(NamedTuple):
    """One regular expression: its place, its text, its flags, and how it is used."""

    path: str
    line: int
    text: str | bytes
    flags: int
    uses: frozenset[str]

    @property
    def bounded(self) -> bool:
        start = self.text if isinstance(self.text, str) else self.text.decode("latin-1")
        return any(self.path == path and start.startswith(begin) for path, begin in BOUNDED)


def patterns() -> Iterator[Pattern]:
    for path in sorted(ROOT.rglob("*.py")):
        source = path.read_text("utf-8")
        tree = ast.parse(source)
        texts: dict[str, str | bytes] = {}
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                text = text_of(node.value, texts)
                if text is not None:
                    texts[node.targets[0].id] = text
        for node in ast.walk(tree):
            match node:
                case ast.Call(
                    func=ast.Attribute(value=ast.Name(id="re"), attr=how), args=[first, *rest]
                ) if how in CALLS:
                    text = text_of(first, texts)
                    if text is None:
                        continue  # made of names or patterns that are known when it runs
                    flags = [*rest, *(item.value for item in node.keywords)]
                    uses = uses_of(node, tree, source) if how == "compile" else frozenset({how})
                    yield Pattern(
                        path.relative_to(ROOT).as_posix(), node.lineno, text, flags_of(flags), uses
                    )


def text_of(node: ast.expr, texts: dict[str, str | bytes]) -> str | bytes | None:
    """Return the text of a pattern; what is put into it at run time stands for a name."""
    match node:
        case ast.Constant(value=str() | bytes() as value):
            return value
        case ast.Name(id=name):
            return texts.get(name)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            one, two = text_of(left, texts), text_of(right, texts)
            if isinstance(one, str) and isinstance(two, str):
                return one + two
            return one + two if isinstance(one, bytes) and isinstance(two, bytes) else None
        case ast.JoinedStr(values=parts):
            pieces = []
            for part in parts:
                inner = part.value if isinstance(part, ast.FormattedValue) else part
                piece = text_of(inner, texts)
                pieces.append(piece if isinstance(piece, str) else "event_loop")
            return "".join(pieces)
    return None


def flags_of(nodes: list[ast.expr]) -> int:
    found = 0
    for node in nodes:
        for item in ast.walk(node):
            if isinstance(item, ast.Attribute) and item.attr.isupper():
                found |= int(getattr(re, item.attr))
    return found


def uses_of(call: ast.Call, tree: ast.Module, source: str) -> frozenset[str]:
    """Find by its name how a compiled pattern is used, in its module or in others."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and any(item is call for item in ast.walk(node.value)):
            name = node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""
            found = set(re.findall(rf"\b{re.escape(name)}\.(\w+)", source)) & CALLS
            return frozenset(found or {"fullmatch", "match"} if name else {"search"})
    return frozenset({"search"})


FOUND = sorted(set(patterns()))


class _Late(BaseException):
    pass


def seconds(pattern: re.Pattern[str], text: str, uses: frozenset[str], limit: float) -> float:
    """Return the processor time of all uses of a pattern on a text, or ``limit``."""
    start = time.process_time()

    def late(*_: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, limit)
    try:
        if uses & SEARCHING:
            for _ in pattern.finditer(text):
                pass
        if "match" in uses:
            pattern.match(text)
        if "fullmatch" in uses:
            pattern.fullmatch(text)
    except _Late:
        return limit
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return time.process_time() - start


def test_patterns_are_found() -> None:
    assert len(FOUND) > 150
    for path, begin in BOUNDED:
        assert any(one.path == path and one.bounded for one in FOUND), (path, begin)


@pytest.mark.skipif(not hasattr(signal, "ITIMER_PROF"), reason="there is no such clock")
@pytest.mark.parametrize("one", FOUND, ids=lambda one: f"{one.path}:{one.line}")
def test_pattern_takes_linear_time(one: Pattern) -> None:
    if one.bounded:
        pytest.skip("is run on short texts, or on those of our own")
    text = one.text if isinstance(one.text, str) else one.text.decode("latin-1")
    pattern = re.compile(text, one.flags)
    bare = re.sub(r"\\[a-zA-Z]", "", text).replace("\\", "")
    words = re.findall(r"[A-Za-z#@:=\[\]{(<>\"'!-]{2,}", bare)
    for begin in ["", *dict.fromkeys(words)][:8]:
        for piece in PIECES:
            for end in ("", "!", "\n"):
                long = begin + piece * (20_000 // len(piece)) + end
                if seconds(pattern, long[: len(long) // 5], one.uses, 1) < 0.005:
                    continue
                # Four times as much would take sixteen times as long, were it quadratic.
                assert seconds(pattern, long, one.uses, 2) < 0.15, (begin, piece, end)
