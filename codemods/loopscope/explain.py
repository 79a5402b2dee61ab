"""Known errors of asyncio, pytest and pytest-asyncio 0.21 to 1.5: texts, causes, rules, guides.

To add one, add an entry to ``KNOWN_ERRORS``, and to the tests a suite that really provokes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KnownError:
    """One error text.

    ``shown`` is what people recognise, ``pattern`` a regular expression that finds it in text
    whose white space is single blanks, in any case of letters. ``rules`` are codes, ``guides``
    names of pages; the most telling stands first in each.
    """

    shown: str
    pattern: str
    causes: tuple[str, ...]
    rules: tuple[str, ...]
    guides: tuple[str, ...]


KNOWN_ERRORS: tuple[KnownError, ...] = (
    KnownError(
        "attached to a different loop",
        r"(?:attached to|bound to|belongs to|on) a different (?:event )?loop",
        (
            "An async fixture runs on another loop scope than the test that uses it.",
            "A test has a bare asyncio mark under a wider one, which it does not inherit from.",
            "An event_loop override was left behind and hands out a loop that runs nothing.",
            "An object was made at import time, or under an earlier asyncio.run().",
        ),
        ("LS104", "LS105", "LS315", "LS101", "LS102", "LS307"),
        ("attached-to-a-different-loop",),
    ),
    KnownError(
        "Event loop is closed",
        r"Event loop is closed",
        (
            "A fixture or client lives longer than the loop that it was made on.",
            "A test, fixture or hook closes the loop that others still use.",
            "asyncio.run() was called twice over one object: each call closes its loop.",
            "Tasks or connections were left when their fixture ended.",
        ),
        ("LS104", "LS305", "LS306", "LS307"),
        ("event-loop-is-closed", "teardown-that-survives"),
    ),
    KnownError(
        "ScopeMismatch for a loop",
        r"scoped fixture (?:_\w+_scoped_runner|event_loop\b|_asyncio_\w+)",
        (
            "A fixture's scope is wider than its loop scope. Where the fixture names none, it is "
            "asyncio_default_fixture_loop_scope of the configuration (up to 0.21: the scope of "
            "event_loop).",
        ),
        ("LS301", "LS104", "LS201"),
        ("scope-mismatch",),
    ),
    KnownError(
        "ScopeMismatch",
        r"ScopeMismatch(?!: You tried to access the \w+ scoped fixture "
        r"(?:_\w+_scoped_runner|event_loop\b|_asyncio_))",
        ("A fixture requests one that lives shorter than itself.",),
        ("LS302", "LS301"),
        ("scope-mismatch",),
    ),
    KnownError(
        "fixture 'event_loop' not found",
        r"fixture 'event_loop' not found",
        ("pytest-asyncio 1.0 removed the fixture, and a test or fixture still requests it.",),
        ("LS102", "LS101"),
        ("to-1.0", "from-0.21"),
    ),
    KnownError(
        "recursive dependency involving fixture 'event_loop'",
        r"recursive dependency involving fixture 'event_loop'",
        ("An override requests the event_loop fixture that it overrides; 1.0 removed that.",),
        ("LS101",),
        ("to-1.0",),
    ),
    KnownError(
        "cannot import name 'event_loop' from 'pytest_asyncio.plugin'",
        r"cannot import name '(?:event_loop|SubRequest)' from 'pytest_asyncio",
        ("Code imports the fixture that pytest-asyncio 1.0 removed, to extend it.",),
        ("LS101",),
        ("to-1.0",),
    ),
    KnownError(
        "There is no current event loop",
        r"There is no current event loop",
        (
            "Sync code calls asyncio.get_event_loop(). From pytest-asyncio 1.4 on sync tests have "
            "no current loop, from Python 3.14 on no thread has one by itself.",
            "A sync fixture is set up before the loop of its test: 1.x sets the loop up last.",
        ),
        ("LS109", "LS303", "LS102"),
        ("get-running-loop",),
    ),
    KnownError(
        "no running event loop",
        r"no running event loop",
        (
            "asyncio.create_task(), get_running_loop() and the like were called from sync code.",
            "asyncio calls run under anyio's trio backend.",
        ),
        ("LS303", "LS308"),
        ("get-running-loop", "pytest-asyncio-or-anyio"),
    ),
    KnownError(
        "This event loop is already running",
        r"event loop is already running|while another loop is running"
        r"|cannot be called from a running event loop",
        (
            "run_until_complete() or asyncio.run() was called where a loop already runs: in async "
            "code, or in sync code that async code calls. Await the coroutine instead.",
            "A sync test was made async, but a helper of it still drives a loop.",
        ),
        ("LS102",),
        ("get-running-loop",),
    ),
    KnownError(
        "Cannot close a running event loop",
        r"Cannot close a running event loop",
        ("A test or fixture closes the loop that it runs on. Who made the loop closes it.",),
        ("LS305",),
        ("event-loop-is-closed",),
    ),
    KnownError(
        "An exception occurred during teardown of an asyncio.Runner",
        r"during teardown of an asyncio\.Runner",
        ("A test, fixture or hook closed the loop of the runner.",),
        ("LS305",),
        ("event-loop-is-closed",),
    ),
    KnownError(
        "Task was destroyed but it is pending!",
        r"Task was destroyed but it is pending",
        ("A task was still running when its loop was closed or thrown away.",),
        ("LS306",),
        ("teardown-that-survives",),
    ),
    KnownError(
        "unclosed event loop",
        r"unclosed event loop",
        ("Code made a loop with new_event_loop() and did not close it.",),
        ("LS101",),
        ("get-running-loop",),
    ),
    KnownError(
        "async def functions are not natively supported",
        r"async def functions are not natively supported",
        (
            "An async test has no asyncio mark in strict mode. pytest 7 skipped it, pytest 8.4 "
            "makes it a failure. Mark it, or set asyncio_mode = auto.",
            "A sync test returns a coroutine, which only pytest-asyncio 0.21 awaited.",
        ),
        ("LS313", "LS105"),
        ("from-0.21",),
    ),
    KnownError(
        "requested an async fixture, with no plugin or hook that handled it",
        r"requested an async fixture '|requested async @pytest\.fixture",
        ("In strict mode an async fixture must be a pytest_asyncio.fixture.",),
        ("LS103",),
        ("rules/LS103",),
    ),
    KnownError(
        "'coroutine' object has no attribute (or is not subscriptable)",
        r"'(?:coroutine|async_generator)' object (?:has no attribute|is not subscriptable)",
        (
            "The test got the raw coroutine of an async fixture: in strict mode it must be a "
            "pytest_asyncio.fixture.",
            "An await is missing.",
        ),
        ("LS103",),
        ("rules/LS103",),
    ),
    KnownError(
        "coroutine was never awaited",
        r"coroutine '[^']+' was never awaited",
        (
            "A sync test returns a coroutine, which only pytest-asyncio 0.21 awaited.",
            "An await is missing, or a sync decorator is around an async function.",
        ),
        ("LS313", "LS103"),
        ("from-0.21",),
    ),
    KnownError(
        "is marked with '@pytest.mark.asyncio' but it is not an async function",
        r"but it is not an async function",
        ("The mark of a class or module also covers sync tests. Mark the async ones only.",),
        ("LS105",),
        ("rules/LS105",),
    ),
    KnownError(
        'The configuration option "asyncio_default_fixture_loop_scope" is unset',
        r"asyncio_default_fixture_loop_scope\W* is unset",
        ("pytest-asyncio 0.24 and newer want the default in the configuration.",),
        ("LS201",),
        ("rules/LS201",),
    ),
    KnownError(
        "is not a valid asyncio_default_fixture_loop_scope (or asyncio_mode)",
        r"is not a valid asyncio_|is not a valid Mode",
        (
            "The value is misspelt, or stands in quotes in an INI file, where there are none.",
            "asyncio_mode = legacy, which pytest-asyncio 0.20 removed.",
        ),
        ("LS201",),
        ("rules/LS201", "from-0.21"),
    ),
    KnownError(
        "Unknown config option: asyncio_default_fixture_loop_scope",
        r"Unknown config option: asyncio_default_\w+_loop_scope",
        ("The installed pytest-asyncio is too old: 0.24 (for tests 0.26) brought the option.",),
        ("LS202",),
        ("to-1.0",),
    ),
    KnownError(
        "unexpected keyword argument 'loop_scope'",
        r"unexpected keyword argument 'loop_scope'",
        ("The installed pytest-asyncio is older than 0.24, which brought loop_scope (not 0.23).",),
        ("LS202",),
        ("to-1.0", "from-0.23"),
    ),
    KnownError(
        "mark.asyncio accepts only keyword arguments",
        r"mark\.asyncio accepts only",
        ("The mark has an argument that 1.x does not know, such as forbid_global_loop.",),
        ("LS105",),
        ("from-0.23",),
    ),
    KnownError(
        'The "scope" keyword argument to the asyncio marker has been deprecated',
        r"keyword argument to the asyncio marker has been deprecated",
        ("scope= of 0.23 is called loop_scope= since 0.24.",),
        ("LS105",),
        ("from-0.23",),
    ),
    KnownError(
        "MultipleEventLoopsRequestedError",
        r"MultipleEventLoopsRequestedError|Multiple asyncio event loops with different scopes",
        (
            "On 0.23 to 0.26: a test under a mark with a scope also uses event_loop, itself or "
            "through a function fixture.",
        ),
        ("LS102", "LS105"),
        ("from-0.23",),
    ),
    KnownError(
        "The event_loop fixture provided by pytest-asyncio has been redefined",
        r"event_loop fixture provided by pytest-asyncio has been redefined",
        ("An override is still there; 0.22 to 0.26 warn, from 1.0 on it does nothing.",),
        ("LS101",),
        ("from-0.21", "to-1.0"),
    ),
    KnownError(
        'Overriding the "event_loop_policy" fixture is deprecated',
        r"Overriding the \W?event_loop_policy\W? fixture is deprecated"
        r"|event_loop_policy\W* is deprecated",
        ("pytest-asyncio 1.4 has loop factories instead; Python 3.16 removes policies.",),
        ("LS106", "LS311"),
        ("to-1.4", "uvloop-and-policies"),
    ),
    KnownError(
        "pytest_asyncio_loop_factories must return a non-empty mapping",
        r"pytest_asyncio_loop_factories must return",
        ("The hook returned None or nothing, perhaps on this platform only.",),
        ("LS106",),
        ("to-1.4",),
    ),
    KnownError(
        "Marks cannot be applied to fixtures",
        r"Marks (?:cannot be )?applied to (?:a )?fixture",
        ("A fixture has a pytest mark. It never did anything; pytest 9 refuses it.",),
        ("LS103",),
        ("rules/LS103",),
    ),
    KnownError(
        "@pytest.yield_fixture is deprecated",
        r"yield_fixture is deprecated",
        ("pytest 6.2 and newer: pytest.fixture does the same.",),
        ("LS103",),
        ("rules/LS103",),
    ),
)


def match_errors(text: str) -> list[KnownError]:
    """Find the known errors in a message, a traceback or a whole log, in order of appearance."""
    lines = (re.sub(r"^(?:E\s|>)", " ", line) for line in text.splitlines())
    flat = " ".join(" ".join(lines).split())
    matches = ((re.search(one.pattern, flat, re.IGNORECASE), one) for one in KNOWN_ERRORS)
    found = [(match.start(), one) for match, one in matches if match]
    return [one for _, one in sorted(found, key=lambda item: item[0])]
