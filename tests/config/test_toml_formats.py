"""What ``formats`` keeps of a text that it could not read."""

from __future__ import annotations

import pytest

from loopscope.config import formats

TEXTS = {
    "too deep": "x = " + "[" * 20_000,
    "broken": "x = \n",
    "too long a key": ".".join("a" * 20_000) + " = 1\n",
    "too slow": "".join(f"[{'a.' * 900}b{line}]\n" for line in range(200)),
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
    text = "".join(f"[[package]]\n{line}" for _ in range(20_000))
    assert len(formats.parse_toml(text)["package"]) == 20_000
