"""Files that declare pytest-asyncio, as projects have them: before and after, in every grammar.

A text in ``corpus`` holds several. A line of one begins with a blank; one that is edited, or that
goes, is followed by what stands there afterwards ("+"), or by the finding that it gets ("!").
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import tomli

from loopscope.rewriting.edits import RequirementEdit
from loopscope.types import Finding, Level
from tests.rules.declared import after, outcomes

_FOLDER = Path(__file__).with_name("corpus")


@dataclass(frozen=True)
class Declaring:
    """One file, its text before and after, and the line, code and message of each finding."""

    path: str
    before: str
    after: str
    findings: tuple[tuple[int, str, str], ...]


def _read(text: str) -> Iterator[Declaring]:
    for part in re.split(r"^==== ", text, flags=re.MULTILINE)[1:]:
        path, _, body = part.partition("\n")
        yield _declaring(path, body.rstrip("\n").split("\n"))


def _declaring(path: str, lines: list[str]) -> Declaring:
    before, result, findings = [], [], []
    for line in lines:
        sign, rest = line[:1], line[1:]
        if sign == "+":
            result[-1:] = [rest]
        elif sign == "-":
            before.append(rest)
        elif sign == "!":
            code, _, message = rest.partition(" ")
            findings.append((len(before), code, message))
        else:
            before.append(rest)
            result.append(rest)
    texts = ["".join(f"{one}\n" for one in some) for some in (before, result)]
    return Declaring(path, texts[0], texts[1], tuple(findings))


CORPUS = [one for path in sorted(_FOLDER.glob("*.txt")) for one in _read(path.read_text("utf-8"))]


def _name(one: Declaring) -> str:
    return one.path


def test_there_are_enough_of_them() -> None:
    assert len({one.path for one in CORPUS}) == len(CORPUS) >= 60
    assert sum(one.before != one.after for one in CORPUS) >= 50


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("one", CORPUS, ids=_name)
def test_before_and_after(one: Declaring, end: str) -> None:
    before = one.before.replace("\n", end)
    assert after({one.path: before}) == {one.path: one.after.replace("\n", end)}


@pytest.mark.parametrize("one", CORPUS, ids=_name)
def test_what_is_left_to_a_person(one: Declaring) -> None:
    found = [
        (finding.line, finding.code, finding.message)
        for finding in outcomes({one.path: one.before})
        if isinstance(finding, Finding) and finding.level is Level.ACTION
    ]
    told = [(line, code) for line, code, _ in found]
    assert told == [(line, code) for line, code, _ in one.findings], found
    for (_, _, message), (_, _, part) in zip(found, one.findings, strict=True):
        assert part in message


@pytest.mark.parametrize("one", CORPUS, ids=_name)
def test_an_action_stays_until_it_is_done(one: Declaring) -> None:
    again = outcomes({one.path: one.after})
    assert not [edit for edit in again if isinstance(edit, RequirementEdit)]
    actions = [f.code for f in again if isinstance(f, Finding) and f.level is Level.ACTION]
    assert actions == [code for _, code, _ in one.findings]


@pytest.mark.parametrize("one", CORPUS, ids=_name)
def test_both_texts_are_of_their_grammar(one: Declaring) -> None:
    for text in (one.before, one.after):
        if one.path.endswith((".toml", ".lock", "Pipfile")) and "[[" in text[:400]:
            tomli.loads(text)
        elif one.path.endswith(".py"):
            ast.parse(text)
