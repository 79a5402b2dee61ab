"""The examples of the guides, read from their Markdown.

A section (from one heading to the next) holds at most one suite. A line names the file that the
code block below it shows, and the part that it plays::

    Before, `tests/test_db.py`:          what the suite was, green on pytest-asyncio 0.21
    Before (0.23), `tests/test_db.py`:   the same for another release
    After, `tests/test_db.py`:           what ``loopscope migrate`` makes of it, byte for byte
    After, `conftest.py` is empty.
    By hand, `tests/test_db.py`:         what a person makes of it, green on 1.5
    Unchanged, `tests/test_db.py`:       a file that is the same before and after
    Wrong, `tests/test_db.py`:           a suite that fails on 1.5; with After: what becomes of it
    Right, `tests/test_db.py`:           one that passes there, and is current for loopscope

``On 1.5 it fails with:`` and ``loopscope reports:`` stand above a block of text, and
```loopscope migrate --target 1.0` `` in the text gives the options. A suite that shows no
configuration has ``CONFIGURATION``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

GUIDES = Path(__file__).parents[2] / "migration_guides"
PAGES = tuple(sorted(GUIDES.rglob("*.md")))

CONFIGURATION = "[pytest]\nasyncio_mode = auto\n"
MIGRATED = CONFIGURATION + "asyncio_default_fixture_loop_scope = function\n"
_CONFIGURATIONS = frozenset({"pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg"})

_FILE = re.compile(
    r"(Before|After|By hand|Unchanged|Wrong|Right)(?: \((\d\.\d+)\))?, `([^`]+)`(:| is empty\.)"
)
_COMMAND = re.compile(r"`loopscope migrate ((?:--[a-z-]+(?: [A-Z0-9.]+)?)+)`")
_FENCE = re.compile(r"```(\w*)")
_FAILS = "On 1.5 it fails with:"
_REPORTS = "loopscope reports:"


@dataclass(frozen=True)
class Example:
    """One suite of a guide; the names of its parts are those of the labels."""

    page: str
    heading: str
    before: Mapping[str, str] = field(default_factory=dict)
    after: Mapping[str, str] = field(default_factory=dict)
    by_hand: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    right: Mapping[str, str] = field(default_factory=dict)
    release: str = "0.21"
    fails: str = ""
    reports: tuple[str, ...] = ()
    options: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.page}:{self.heading}"


@dataclass(frozen=True)
class Block:
    """A code block, and the line of text above it."""

    above: str
    language: str
    text: str


def blocks(section: str) -> Iterator[Block]:
    """Find the code blocks of a text."""
    above, language, code = "", None, []
    for line in section.split("\n"):
        fence = _FENCE.match(line)
        if language is None and fence:
            language, code = fence[1], []
        elif language is not None and line == "```":
            yield Block(above, language, "".join(code))
            above, language = "", None
        elif language is not None:
            code.append(line + "\n")
        elif line.strip():
            above = line


def sections(path: Path) -> Iterator[tuple[str, str]]:
    """Heading and text of each section; ``#`` in code is no heading."""
    heading, lines, in_code = "", [], False
    for line in path.read_text(encoding="utf-8").split("\n"):
        in_code ^= line.startswith("```")
        if line.startswith("#") and not in_code:
            yield heading, "\n".join(lines)
            heading, lines = line.lstrip("# "), []
        else:
            lines.append(line)
    yield heading, "\n".join(lines)


def examples(path: Path) -> Iterator[Example]:
    """Read the suites of one page."""
    page = path.relative_to(GUIDES).as_posix().removesuffix(".md")
    for heading, text in sections(path):
        example = _example(Example(page, heading), text)
        if example.before or example.wrong or example.right:
            yield example


def _example(empty: Example, text: str) -> Example:
    parts: dict[str, dict[str, str]] = {}
    releases = set()
    fails, reports = "", ()
    for label in _FILE.finditer(text):
        if label[4] != ":":
            parts.setdefault(label[1], {})[label[3]] = ""
    for block in blocks(text):
        label = _FILE.fullmatch(block.above)
        if label:
            parts.setdefault(label[1], {})[label[3]] = block.text
            releases |= {label[2]} - {None}
        elif block.above == _FAILS:
            fails = block.text.strip()
        elif block.above == _REPORTS:
            reports = tuple(block.text.splitlines())
    options = tuple(word for command in _COMMAND.findall(text) for word in command.split())
    same = parts.get("Unchanged", {})
    repaired = "Wrong" in parts and "After" in parts
    old = parts.get("Before", {}) | same if {"Before", "After"} & set(parts) else {}
    old = {} if repaired else old

    def part(name: str, *, beside: Mapping[str, str] = same) -> dict[str, str]:
        files = {**beside, **parts[name]} if name in parts else {}
        return _configured(files, MIGRATED, told=files | old)

    return replace(
        empty,
        before=_configured(old, CONFIGURATION, told=old),
        after=part("After"),
        by_hand=part("By hand"),
        wrong=part("Wrong", beside=same if repaired else {}),
        right=part("Right", beside={}),
        release=releases.pop() if releases else "0.21",
        fails=fails,
        reports=reports,
        options=options,
    )


def _configured(
    files: dict[str, str], configuration: str, *, told: Mapping[str, str]
) -> dict[str, str]:
    """Add the default configuration where the files have none."""
    if not files or _CONFIGURATIONS & set(told):
        return files
    return {"pytest.ini": configuration} | files


EXAMPLES = tuple(example for path in PAGES for example in examples(path))
