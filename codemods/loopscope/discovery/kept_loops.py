"""Product code that keeps a loop: at module or class level, or on objects, by a first glance."""

from __future__ import annotations

import re

# A clue first: plain substrings are much faster than the expression.
_CLUES = (b"sync", b"aio")
_WORDS = (
    b"Client", b"Session", b"engine", b"Engine", b"engine_from_config", b"Engine_from_config",
    b"pool", b"Pool", b"Connection", b"connect", b"Connector", b"Redis", b"from_url", b"Queue",
    b"channel", b"Database", b"Producer", b"Consumer", b"lasticsearch", b"OpenSearch", b"OpenAI",
    b"Anthropic", b"driver", b"Lock", b"Semaphore", b"Limiter", b"Broker", b"Cluster", b"Bot",
    b"Event", b"Condition", b"Barrier", b"NATS", b"get_running_loop", b"create_future",
)  # fmt: skip
_MADE = rb"(?:" + b"|".join(_WORDS) + rb")\b"
_KEPT = re.compile(
    rb"(?m)^(?:[ \t]*(?:self|cls)\.\w+|(?:[ ]{4}|\t)?[A-Za-z_]\w*)"
    rb"(?:[ ]*:[^=\n]+)?[ ]*=[^=\n][^\n]*" + _MADE
)
_RETURNED = re.compile(rb"(?m)^[ \t]*(?:return|yield)\b[^\n]*" + _MADE)
_BY_LOOP = re.compile(rb"(?m)^[ \t]*(?:self|cls)\.\w+[^\n]*=[ ]*\w*loop\b")


def keeps_loop(data: bytes) -> bool:
    """Whether a file may hold something that keeps the loop of its first use."""
    if not any(clue in data for clue in _CLUES) or not any(word in data for word in _WORDS):
        return False
    if _KEPT.search(data) or _RETURNED.search(data):
        return True
    if b"get_running_loop" in data and _BY_LOOP.search(data):
        return True
    return b"global " in data and bool(re.search(_MADE, data))
