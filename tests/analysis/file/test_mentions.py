"""Whatever could decide about loops is found, wherever it stands, and claimed or reported."""

from __future__ import annotations

import ast
from functools import cache
from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loopscope.analysis.file.mentions import Mention, Scanner, Subject
from loopscope.analysis.file.reader import read_file
from tests.random_suites.generator import generate
from tests.random_suites.trial import attempts
from tests.suites_in_memory import migrate_files

MENTIONS = {
    "def helper(event_loop): ...": Subject.ARGUMENT,
    "call = lambda event_loop: event_loop": Subject.ARGUMENT,
    "NAMES = ['event_loop']": Subject.TEXT,
    "print('a, event_loop')": Subject.TEXT,
    "app.event_loop = 1": Subject.ATTRIBUTE,
    "pytest.mark.asyncio(print)": Subject.MARK,
    "item.add_marker('asyncio')": Subject.MARK,
    "made = pytest.fixture(print)": Subject.FIXTURE,
    "pytest_plugins += ['a']": Subject.PLUGINS,
    "config.option.asyncio_mode = 'auto'": Subject.MODE,
}
# Code that no reader understands; each must be an action of LS318 in whatever place it stands.
UNREAD = (
    "made = pytest.fixture(scope='module')(print)",
    "made = functools.partial(pytest.fixture, scope='module', **more)",
    "pytest_asyncio.plugin.event_loop = None",
    "config.option.asyncio_mode = 'auto'",
    "value = item.funcargs['event_loop']",
    "value = fixturedef.argname == 'event_loop'",
    "pytester.makepyfile('def test_x(event_loop): ...')",
)
WRAPPERS = (
    "{}",
    "if True:\n{}",
    "try:\n{}\nexcept ValueError:\n    pass",
    "with open('x'):\n{}",
    "class Kit:\n{}",
    "def kit(item, config, pytester, fixturedef):\n{}",
    "async def kit(item, config, pytester, fixturedef):\n{}",
    "def outer():\n    def kit(item):\n    {}",
)


def scan(source: str) -> list[Mention]:
    return list(Scanner(source, {}).scan(ast.parse(source)))


def wrapped(code: str, wrapper: str) -> str:
    """Put a statement into other statements; the lines of a wrapper's body are indented."""
    line = next(item for item in wrapper.splitlines() if "{}" in item)
    if wrapper == "{}":
        return code
    return wrapper.replace(line, indent(code, "    " + line.removesuffix("{}")))


@cache
def suite(seed: int) -> dict[str, str]:
    return dict(generate(attempts(seed)[0]).files)


@pytest.mark.parametrize("wrapper", WRAPPERS)
@pytest.mark.parametrize("code", MENTIONS)
def test_a_mention_is_found_in_any_place(code: str, wrapper: str) -> None:
    assert MENTIONS[code] in {mention.subject for mention in scan(wrapped(code, wrapper))}


@pytest.mark.parametrize("seed", range(200, 230))
def test_no_word_is_passed_over(seed: int) -> None:
    for path, source in suite(seed).items():
        if path.endswith(".py"):
            wanted = {
                (node.lineno, node.col_offset)
                for node in ast.walk(ast.parse(source))
                if (isinstance(node, ast.arg) and node.arg == "event_loop")
                or (isinstance(node, ast.Constant) and node.value == "event_loop")
                or (isinstance(node, ast.Attribute) and node.attr in ("event_loop", "fixture"))
            }
            found = {(m.node.lineno, m.node.col_offset) for m in scan(source)}  # type: ignore[attr-defined]
            assert wanted <= found


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(300, 312),
    code=st.sampled_from(UNREAD),
    wrapper=st.sampled_from(WRAPPERS),
    data=st.data(),
)
def test_what_is_planted_and_not_read_is_reported(
    seed: int, code: str, wrapper: str, data: st.DataObject
) -> None:
    files = suite(seed)
    places = sorted(
        path for path in files if path.endswith(("conftest.py", "_test.py")) or "test_" in path
    )
    path = data.draw(st.sampled_from(places))
    lines = files[path].splitlines()
    ends = [node.end_lineno or 1 for node in ast.parse(files[path]).body]
    line = data.draw(st.sampled_from(ends or [0]))
    imports = "import functools, pytest, pytest_asyncio, pytest_asyncio.plugin"
    planted = [imports, wrapped(code, wrapper)]
    files = {**files, path: "\n".join([*lines[:line], *planted, *lines[line:]]) + "\n"}
    migration = migrate_files(files)
    found = {finding.code for finding in migration.findings if finding.path == path}
    assert "LS318" in found
    assert migration.unread


def test_the_random_suites_hold_nothing_unread() -> None:
    for seed in range(200, 230):
        migration = migrate_files(suite(seed))
        assert (migration.unread, migration.claimed > 0) == (0, True)


def test_mentions_are_counted() -> None:
    facts = read_file("test_a.py", "def test_a(event_loop): ...\nx.funcargs['event_loop']\n")
    assert (facts.mentions, [place.line for place in facts.unread]) == (2, [2])
