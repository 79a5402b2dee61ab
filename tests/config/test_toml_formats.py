"""What ``formats`` keeps of a text that it could not read."""

from __future__ import annotations

import sys

import pytest

from loopscope.config import formats
from loopscope.config.toml import layout

TEXTS = {
    "too deep": "x = " + "[" * 20_000,
    "broken": "x = \n",
    "too long a key": ".".join("a" * 20_000) + " = 1\n",
    "too slow": "".join(f"[{'a.' * 900}b{line}]\n" for line in range(200)),
    "too slow in a table": f"[{'a.' * 900}b]\n"
    + "x = [\n[1]]\n"
    + "".join(f"a{line} = 1\n" for line in range(20_000)),
    "too long": "x = 1\n" * 200_000,
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_an_error_keeps_nothing_of_what_was_parsed(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is kept for the next question: with its context, it kept gigabytes of a key."""
    monkeypatch.setattr(formats, "_PATIENCE", 0.2)
    for _ in range(2):
        with pytest.raises(formats.FormatError) as caught:
            formats.parse_toml(text)
        assert caught.value.__context__ is None
    kept = formats._parsed(text)
    assert isinstance(kept, formats.FormatError)
    assert (kept.__context__, kept.__traceback__) == (None, None)


def test_a_lock_file_is_no_hostile_one() -> None:
    """Many lines with the dots of an address are read; signals could not end a compiled parser."""
    line = 'url = "https://files.example.org/packages/py3.none.any/name-1.2.3.4.5.whl"\n'
    text = "".join(f"[[package]]\n{line}" for _ in range(5_000))
    assert len(formats.parse_toml(text)["package"]) == 5_000


@pytest.mark.skipif(
    not (3, 11) <= sys.version_info < (3, 15), reason="pytest reads TOML 1.1 there, or may"
)
@pytest.mark.parametrize(
    "value", [r'"\e"', r'"\x41"', "07:32", "1979-05-27 07:32", "{ a = 1, }", "{\na = 1 }"]
)
def test_toml_that_pytest_does_not_read(value: str) -> None:
    """The parser reads TOML 1.1, at which pytest stops with the tomllib of these Pythons."""
    with pytest.raises(formats.FormatError, match=r"TOML 1\.1, which pytest") as caught:
        formats.parse_toml(f"[tool.x]\ny = {value}\n")
    assert caught.value.line == 2


@pytest.mark.parametrize(
    "value", [r"'\e'", r'"\\x41"', "07:32:00", '"07:32"', '["{", "}"]', '"""\n{\n"""', "'a, }'"]
)
def test_toml_that_only_looks_newer(value: str) -> None:
    assert formats.parse_toml(f"x = {value}\n")


def test_quoted_keys_leave_what_is_kept_of_a_file() -> None:
    """One key of each is enough to read the pyproject.toml of a suite ten times."""
    text = "".join(f'"a{number}" = 1\n' for number in range(10))
    assert formats.parse_toml(text) is formats.parse_toml(text)
    layout(text)
    misses = formats._parsed.cache_info().misses
    formats.parse_toml(text)
    assert formats._parsed.cache_info().misses == misses
