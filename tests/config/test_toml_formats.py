"""What ``formats`` keeps of a text that it could not read."""

from __future__ import annotations

import pytest

from loopscope.config import formats

TEXTS = {
    "too deep": "x = " + "[" * 20_000,
    "broken": "x = \n",
    "too slow": ".".join("a" * 20_000) + " = 1\n",
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
