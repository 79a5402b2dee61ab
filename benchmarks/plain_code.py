"""Blocks of ordinary Python: what most lines of a monorepo are."""

from __future__ import annotations

from random import Random

_WORDS = (
    "account", "address", "amount", "basket", "batch", "branch", "cache", "channel", "client",
    "country", "customer", "delivery", "event", "field", "filter", "group", "header", "invoice",
    "item", "ledger", "limit", "message", "order", "owner", "page", "parcel", "payment", "period",
    "policy", "price", "product", "profile", "query", "queue", "record", "region", "report",
    "request", "result", "row", "rule", "sample", "schema", "session", "shipment", "stock",
    "supplier", "table", "ticket", "token", "total", "user", "value", "voucher", "window",
)  # fmt: skip

_HALF_A_BLOCK = 7  # lines: a file may end as much too early as too late

MODULE_HEAD = '''\
"""{Word} {other}s: what the rest of the package needs to know about them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

logger = logging.getLogger(__name__)
'''

TEST_HEAD = '''\
"""Tests of {word} {other}s."""

import json

import pytest
'''

MODULE_BLOCKS = (
    '''

def {word}_{other}_{n}({third}s: Iterable[str], limit: int = {n}) -> list[str]:
    """The {third}s that belong to the {word}, in their order, without repetitions."""
    seen: set[str] = set()
    found = []
    for {third} in {third}s:
        name = {third}.strip().lower()
        if not name or name in seen:
            continue
        seen.add(name)
        found.append(name)
        if len(found) >= limit:
            logger.debug("stopped after %s {third}s", limit)
            break
    return found
''',
    '''

@dataclass(frozen=True)
class {Word}{Other}{n}:
    """One {word} with its {other}s; amounts are in cents."""

    name: str
    {third}: str = "{third}-{n}"
    amounts: tuple[int, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The sum of the amounts."""
        return sum(self.amounts)

    def with_{third}(self, {third}: str) -> {Word}{Other}{n}:
        """The same {word} with another {third}."""
        return {Word}{Other}{n}(self.name, {third}, self.amounts, self.labels)

    def as_json(self) -> str:
        """The form that is sent to the {other} service."""
        values = {{"name": self.name, "{third}": self.{third}, "total": self.total}}
        return json.dumps(values | dict(self.labels), sort_keys=True)
''',
    '''

def read_{word}_{other}_{n}(text: str) -> dict[str, int]:
    """Read lines such as ``{third}=3``; what cannot be read is logged and left out."""
    values: dict[str, int] = {{}}
    for number, line in enumerate(text.splitlines(), 1):
        # An empty line separates one {third} from the next.
        if not line.strip():
            continue
        key, _, value = line.partition("=")
        try:
            values[key.strip()] = int(value)
        except ValueError:
            logger.warning("line %s: %r is no number", number, value)
    return values
''',
    """

{WORD}_{OTHER}_{n} = {{
    "{word}": {n},
    "{other}": [{n}, {n} + 1, {n} + 2],
    "{third}": ("{word}-{other}", "{other}-{third}", "{third}-{word}"),
    "nested": {{"{third}": {{"{word}": None, "{other}": True}}, "limit": {n}.5}},
}}
""",
    '''

async def fetch_{word}_{other}_{n}(client, {third}s):
    """Ask the service for each of the {third}s, one after the other."""
    answers = {{}}
    for {third} in {third}s:
        async with client.get(f"/{word}/{{{third}}}/{other}") as answer:
            if answer.status != 200:
                logger.error("no {other} for %s: %s", {third}, answer.status)
                continue
            answers[{third}] = await answer.json()
    return answers
''',
)

TEST_BLOCKS = (
    """

def test_{word}_{other}_{n}(tmp_path):
    path = tmp_path / "{word}.json"
    path.write_text(json.dumps({{"{other}": {n}, "{third}": "{word}"}}))
    values = json.loads(path.read_text())
    assert values["{other}"] == {n}
    assert values["{third}"].startswith("{word}")
""",
    """

@pytest.mark.parametrize(
    ("{word}", "{other}"),
    [
        ("{third}", {n}),
        ("{third}s", {n} + 1),
        ("", 0),
    ],
)
def test_{third}_of_{word}_{n}({word}, {other}):
    assert len({word}) <= {other} + 100
    assert isinstance({other}, int)
""",
    """

@pytest.fixture
def {word}_{other}_{n}(tmp_path):
    folder = tmp_path / "{third}"
    folder.mkdir()
    (folder / "{word}.txt").write_text("{other}\\n" * {n})
    return folder


def test_with_{word}_{other}_{n}({word}_{other}_{n}):
    # Each line of the file is one {other}.
    lines = ({word}_{other}_{n} / "{word}.txt").read_text().splitlines()
    assert lines.count("{other}") == {n}
""",
    """

class Test{Word}{Other}{n}:
    \"\"\"The {word} keeps its {other}s.\"\"\"

    def setup_method(self):
        self.{word}s = ["{other}", "{third}"]

    def test_has_{other}(self):
        assert "{other}" in self.{word}s

    def test_{third}_is_last(self):
        assert self.{word}s[-1] == "{third}"
        with pytest.raises(ValueError):
            self.{word}s.remove("nothing-{n}")
""",
)


def fill(random: Random, template: str, number: int) -> str:
    """Write a block with names of its own; ``number`` is unique in its file."""
    word, other, third = random.sample(_WORDS, 3)
    return template.format(
        n=number,
        word=word,
        other=other,
        third=third,
        Word=word.title(),
        Other=other.title(),
        WORD=word.upper(),
        OTHER=other.upper(),
    )


def grow(random: Random, head: str, blocks: tuple[str, ...], lines: int) -> str:
    """Write a file of about ``lines`` lines that begins with ``head``."""
    parts = [head]
    length = head.count("\n")
    number = 1
    while length + _HALF_A_BLOCK < lines:
        number += 1
        block = fill(random, random.choice(blocks), number)
        length += block.count("\n")
        parts.append(block)
    return "".join(parts)
