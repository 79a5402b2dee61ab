"""The environments of tox: what they are called, what each installs, on which Python."""

from __future__ import annotations

import pytest

from loopscope.requirements import read_pins
from loopscope.requirements.tox import expand, holds, read_tox
from loopscope.types import FileError

INI = """\
[tox]
envlist =
    py{37,311}-{plain,async}  # why
    lint

[base]
deps =
    pytest
    async: pytest-asyncio

[testenv]
deps =
    {[base]deps}
    py37: pytest<7
    !plain: aiohttp

[testenv:lint]
basepython = python3.12
deps = ruff

[testenv:docs]
extras = docs
"""


def lines(name: str, text: str = INI) -> list[str]:
    found = read_tox("tox.ini", text)
    assert found is not None
    (environment,) = (one for one in found.environments if one.name == name)
    return [text.splitlines()[number - 1].strip() for number in sorted(environment.lines)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("py37-plain", ["pytest", "{[base]deps}", "py37: pytest<7"]),
        (
            "py37-async",
            [
                "pytest",
                "async: pytest-asyncio",
                "{[base]deps}",
                "py37: pytest<7",
                "!plain: aiohttp",
            ],
        ),
        ("py311-plain", ["pytest", "{[base]deps}"]),
        ("lint", ["deps = ruff"]),
        ("docs", ["pytest", "{[base]deps}", "!plain: aiohttp"]),
    ],
)
def test_what_an_environment_installs(name: str, expected: list[str]) -> None:
    assert lines(name) == expected


def test_their_pythons_and_what_comes_from_elsewhere() -> None:
    found = read_tox("tox.ini", INI)
    assert found is not None
    assert found.listed_at == 2
    assert {one.name: (one.python, bool(one.extras)) for one in found.environments} == {
        "py37-plain": ((3, 7), False),
        "py37-async": ((3, 7), False),
        "py311-plain": ((3, 11), False),
        "py311-async": ((3, 11), False),
        "lint": ((3, 12), False),
        "docs": (None, True),
    }


@pytest.mark.parametrize(
    ("text", "extras"),
    [
        ("deps = .[test]", ["test"]),
        ("deps = -e .[test,docs]", ["docs", "test"]),
        ("deps = {toxinidir}[test]", ["test"]),
        ("deps = my_app[Test.all]>=1", ["test-all"]),
        ("deps =\n    pytest\n    py311: My.App[a, b]", ["a", "b"]),
        ("deps = py310: my-app[a]", []),
        ("deps = other-my-app[a]", []),
        ("deps = coverage[toml]", []),
        ("extras = test\n    docs", ["docs", "test"]),
        ("commands = pip install -e .[test]", ["test"]),
        ("commands = pytest -k a[test]", []),
    ],
)
def test_the_extras_of_the_project_itself(text: str, extras: list[str]) -> None:
    own = frozenset({"my-app"})
    found = read_tox("tox.ini", f"[tox]\nenvlist = py311\n[testenv]\n{text}\n", own)
    assert found is not None
    assert sorted(found.environments[0].extras) == extras


@pytest.mark.parametrize(
    ("text", "elsewhere"),
    [
        ("deps = -rrequirements.txt", True),
        ("deps = -r requirements.txt", True),
        ("deps = -cconstraints.txt\n", True),
        ("deps = .[test]", False),
        ("deps = pytest", False),
        ("deps = coverage[toml]", False),
        ("dependency_groups = test", True),
        ("commands = pip install -r test.txt", True),
        ("commands = pip install -e .[test]", False),
        ("commands = pytest -r a", False),
    ],
)
def test_what_brings_requirements_of_other_files(text: str, elsewhere: bool) -> None:
    found = read_tox("tox.ini", f"[tox]\nenvlist = py311\n[testenv]\n{text}\n")
    assert found is not None
    assert [one.elsewhere for one in found.environments] == [elsewhere]


def test_a_line_whose_factors_no_listed_environment_has_is_run_by_hand() -> None:
    text = (
        "[tox]\nenvlist = py311\n[testenv]\ndeps =\n    pytest-asyncio\n    py37-old: pytest<7\n"
    )
    assert lines("py37-old", text) == ["pytest-asyncio", "py37-old: pytest<7"]


def test_tox_in_a_pyproject_keeps_its_lines() -> None:
    text = (
        '[tool.tox]\nlegacy_tox_ini = """\n[tox]\r\nenvlist = py38\n'
        '[testenv]\ndeps = pytest<8\n"""\n'
    )
    found = read_tox("pyproject.toml", text)
    assert found is not None
    assert (found.listed_at, [sorted(one.lines) for one in found.environments]) == (4, [[6]])
    assert read_tox("pyproject.toml", "[project]\nname = 'testenv'\n") is None
    assert read_tox("requirements.txt", "[testenv]\n") is None
    assert read_tox("tox.ini", "testenv") is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("py38, py39", ["py38", "py39"]),
        ("py{38, 39}-{a,b}", ["py38-a", "py38-b", "py39-a", "py39-b"]),
        ("py3{9-11}", ["py39", "py310", "py311"]),
        ("{py3.6,py3.7}-common", ["py3.6-common", "py3.7-common"]),
        ("py38\n# py39\npy310", ["py38", "py310"]),
    ],
)
def test_names_with_braces(text: str, names: list[str]) -> None:
    assert list(expand(text)) == names


@pytest.mark.parametrize(
    ("condition", "name", "expected"),
    [
        ("", "py38", True),
        ("py38", "py38-a", True),
        ("py38-a", "py38-b", False),
        ("py37,py38", "py38", True),
        ("py37, py38", "py38", True),
        ("!py37", "py38", True),
        ("!py38-a", "py38-a", False),
        ("{py37,py38}-a", "py38-a", True),
    ],
)
def test_conditions(condition: str, name: str, expected: bool) -> None:
    assert holds(condition, frozenset(name.split("-"))) is expected


_TWO_THOUSAND = "a{1-50}-b{1-50}"
_LONG = ",".join(f"environment{number}" for number in range(1000))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"[tox]\nenvlist = {_LONG}\n", 2),
        (f"[tox]\nskip = 1\nenv_list =\n    {_TWO_THOUSAND}\n", 3),
        (f"[testenv:{_TWO_THOUSAND}]\ndeps = pytest-asyncio<1\n", 2),
        (f"[testenv]\ndeps =\n    {_TWO_THOUSAND}: pytest-asyncio<1\n", 2),
    ],
    ids=["letters", "environments", "name", "factors"],
)
def test_more_environments_than_can_be_read_are_an_error(text: str, line: int) -> None:
    found = read_pins("tox.ini", f"{text}[testenv:x]\ndeps = pytest-asyncio\n".encode())
    assert isinstance(found, FileError)
    assert found.line == line
    assert "names more environments than can be read" in found.message
