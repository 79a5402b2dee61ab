"""Sections and files that are made, options that are removed, and what is refused."""

from __future__ import annotations

import pytest

from loopscope.config.edit import (
    OptionsError,
    add_table,
    new_configuration,
    remove_options,
    set_options,
)
from loopscope.config.pytest_config import read_configuration
from loopscope.types import PytestConfig

BOTH = {
    "asyncio_default_fixture_loop_scope": "session",
    "asyncio_default_test_loop_scope": "session",
}
INI = "asyncio_default_fixture_loop_scope = session\nasyncio_default_test_loop_scope = session\n"
TOML = INI.replace("session", '"session"')


def config_of(name: str, text: str) -> PytestConfig:
    config = read_configuration(name, text.encode(), f"a/{name}")
    assert isinstance(config, PytestConfig)
    return config


def mode(name: str, before: str) -> str:
    values = {"asyncio_mode": "auto"}
    return set_options(before.encode(), config_of(name, before), values).decode()


def drop(name: str, before: str, *names: str) -> str:
    return remove_options(before.encode(), config_of(name, before), names).decode()


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("pytest.ini", "", "[pytest]\nasyncio_mode = auto\n"),
        ("pytest.ini", "# c\r\n", "# c\r\n\r\n[pytest]\r\nasyncio_mode = auto\r\n"),
        ("pytest.ini", "[x]\n\n", "[x]\n\n[pytest]\nasyncio_mode = auto\n"),
        ("pytest.toml", "[x]", '[x]\n\n[pytest]\nasyncio_mode = "auto"'),
    ],
)
def test_section_is_made_where_a_dedicated_file_has_none(
    name: str, before: str, after: str
) -> None:
    assert mode(name, before) == after


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("tox.ini", "[pytest]\na = 1\nb =\n  2\n\n  3\nc = 1\n", "[pytest]\na = 1\nc = 1\n"),
        ("pytest.ini", "[pytest]\nb = 1", "[pytest]\n"),
        ("pytest.toml", "[pytest]\na = 1\nb = [\n1] # c\nc = 1\n", "[pytest]\na = 1\nc = 1\n"),
        ("pytest.toml", "pytest = { a = 1, b = 2, c = 3 }\n", "pytest = { a = 1, c = 3 }\n"),
        ("pytest.toml", "pytest = { a = 1, b = 2 }\n", "pytest = { a = 1 }\n"),
        ("pytest.toml", "pytest = { b = 2 }\n", "pytest = {  }\n"),
        ("pyproject.toml", "tool.pytest.ini_options.b = 1\nx = 1\n", "x = 1\n"),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\na = 1\n",
            "[tool.pytest.ini_options]\na = 1\n",
        ),
    ],
)
def test_removed(name: str, before: str, after: str) -> None:
    assert drop(name, before, "b", "not_there") == after


def test_new_configuration() -> None:
    assert new_configuration(BOTH).decode() == f"[pytest]\n{INI}"


@pytest.mark.parametrize(
    ("before", "start"),
    [
        ("", ""),
        ("[x]\na = 1\n", "[x]\na = 1\n\n"),
        ("[x]\n\n", "[x]\n\n"),
        ("tool.x = 1\n", "tool.x = 1\n\n"),
    ],
)
def test_table_added(before: str, start: str) -> None:
    after = add_table(before.encode(), BOTH).decode()
    assert after == f"{start}[tool.pytest.ini_options]\n{TOML}"


def test_table_added_in_the_files_line_ends() -> None:
    assert add_table(b"[x]\r\na = 1", {"asyncio_mode": "auto"}) == (
        b'[x]\r\na = 1\r\n\r\n[tool.pytest.ini_options]\r\nasyncio_mode = "auto"'
    )


@pytest.mark.parametrize(
    "text",
    ["[tool.pytest.ini_options]\n", "[tool.pytest]\na = 1\n", "tool = {}\n", "a = \n", "\ufeff"],
)
def test_table_that_cannot_be_added(text: str) -> None:
    with pytest.raises(OptionsError):
        add_table(text.encode(), BOTH)


@pytest.mark.parametrize(
    ("config", "data"),
    [
        (PytestConfig(), b""),
        (PytestConfig("tox.ini", "pytest"), b"[pytest]\n\xff"),
        (PytestConfig("tox.ini", "pytest"), b"what\n"),
        (PytestConfig("a/pytest.toml", "pytest", True), b"pytest = [\n"),
    ],
)
def test_files_that_cannot_be_edited(config: PytestConfig, data: bytes) -> None:
    with pytest.raises(OptionsError):
        set_options(data, config, BOTH)


@pytest.mark.parametrize("value", ["two\nlines", " spaces ", "a\n[b]"])
def test_values_that_ini_cannot_hold(value: str) -> None:
    with pytest.raises(OptionsError):
        new_configuration({"a": value})
