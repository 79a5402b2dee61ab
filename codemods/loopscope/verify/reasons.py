"""Why a test may end as it does: what the text of its error tells."""

from __future__ import annotations

import re

# A part of the message -> why, and the rule that knows more. The first that fits counts.
_REASONS: tuple[tuple[str, str], ...] = (
    ("different loop", "an object made on one loop is used on another (LS104, LS105)"),
    ("different event loop", "an object made on one loop is used on another (LS104, LS105)"),
    ("fixture 'event_loop' not found", "somebody still asks for event_loop (LS102)"),
    ("ScopeMismatch", "a fixture is wider than its loop scope, or than a fixture it asks for"
     " (LS104, LS301, LS302)"),
    ("no current event loop", "sync code asks for the current loop, and none is set"
     " (LS109, LS303)"),
    ("Event loop is closed", "something outlives the loop it was made on (LS104, LS307)"),
    ("async def functions are not natively supported", "no plugin runs this async test: it has"
     " no asyncio mark and the mode is not auto (LS105, LS201)"),
    ("requested an async fixture", "an async fixture under pytest.fixture in strict mode (LS103)"),
    ("coroutine' object", "an async fixture under pytest.fixture in strict mode (LS103)"),
    ("async_generator' object", "an async fixture under pytest.fixture in strict mode (LS103)"),
    ("cannot import name 'event_loop'", "the fixture is gone from pytest-asyncio (LS101)"),
    ("recursive dependency", "an override asks for the fixture that it overrides (LS101)"),
    ("fixture() got an unexpected keyword argument 'loop_scope'", "pytest.fixture knows no"
     " loop_scope=, and pytest_asyncio.fixture does from 0.24 on (LS103, LS104)"),
    ("mark.asyncio accepts only", "the asyncio mark has an argument that this pytest-asyncio does"
     " not know (LS105)"),
    ("cannot be called from a running event loop", "sync code drives a loop of its own inside of"
     " async code (LS102)"),
    ("This event loop is already running", "sync code drives the loop that runs it (LS102)"),
    ("No module named", "the environment lacks a package that the suite imports"),
)  # fmt: skip

_WARNING = re.compile(r"(?:\w+\.)*\w*Warning: ")


def reason(error: str) -> str:
    """Why a test may fail with ``error``; "" where the message tells nothing.

    Where pytest marks the lines of the error itself, the source around it does not count.
    """
    said = "\n".join(line[1:].strip() for line in error.splitlines() if line.startswith("E "))
    text = said or error
    if _WARNING.match(text):
        return "a warning that the configuration turns into an error"
    return next((why for part, why in _REASONS if part in text), "")
