"""Product code that keeps a loop: at module or class level, or on objects, by a first glance."""

from __future__ import annotations

import re

# A clue first: plain substrings are much faster than the expression.
_CLUES = (b"sync", b"aio")
_MADE = (
    rb"(?:Client|Session|[eE]ngine(?:_from_config)?|[pP]ool|Connection|connect|Connector|Redis|"
    rb"from_url|Queue|channel|Database|Producer|Consumer|lasticsearch|OpenSearch|OpenAI|Anthropic|"
    rb"driver|Lock|Semaphore|Limiter|Broker|Cluster|Bot|Event|Condition|Barrier|NATS|"
    rb"get_running_loop|create_future)\b"
)
_KEPT = re.compile(
    rb"(?m)^(?:[ \t]*(?:self|cls)\.\w+|(?:[ ]{4}|\t)?[A-Za-z_]\w*)"
    rb"(?:[ ]*:[^=\n]+)?[ ]*=[^=\n][^\n]*" + _MADE
)
_RETURNED = re.compile(rb"(?m)^[ \t]*(?:return|yield)\b[^\n]*" + _MADE)
_BY_LOOP = re.compile(rb"(?m)^[ \t]*(?:self|cls)\.\w+[^\n]*=[ ]*\w*loop\b")


def keeps_loop(data: bytes) -> bool:
    """Whether a file may hold something that keeps the loop of its first use."""
    if not any(clue in data for clue in _CLUES):
        return False
    if _KEPT.search(data) or _RETURNED.search(data):
        return True
    if b"get_running_loop" in data and _BY_LOOP.search(data):
        return True
    return b"global " in data and bool(re.search(_MADE, data))
