"""What releases of pytest-asyncio say of configuration, marks and each other."""

from __future__ import annotations

from loopscope.explain.known_error import KnownError

# It stands first in every log of a suite without the option.
UNSET = KnownError(
    'The configuration option "asyncio_default_fixture_loop_scope" is unset',
    r"asyncio_default_fixture_loop_scope\W* is unset",
    ("pytest-asyncio 0.24 and newer want the default in the configuration.",),
    ("LS201",),
    ("rules/LS201",),
    warning=True,
)

RELEASE_ERRORS: tuple[KnownError, ...] = (
    KnownError(
        "is marked with '@pytest.mark.asyncio' but it is not an async function",
        r"but it is not an async function",
        ("The mark of a class or module also covers sync tests. Mark the async ones only.",),
        ("LS105",),
        ("rules/LS105",),
        warning=True,
    ),
    UNSET,
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
        warning=True,
    ),
    KnownError(
        "is marked to be run in an event loop with scope class, but is not part of any class",
        r"is marked to be run in an event loop with scope",
        (
            "On 0.23 to 0.26 a test, or a fixture, that is outside of any class has the loop "
            "scope class (or package outside of a package). From 1.0 on each such test has a "
            "loop of its own.",
        ),
        ("LS105", "LS202"),
        ("from-0.23", "to-1.0"),
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
        warning=True,
    ),
    KnownError(
        'Overriding the "event_loop_policy" fixture is deprecated',
        r"Overriding the \W?event_loop_policy\W? fixture is deprecated"
        r"|event_loop_policy\W* is deprecated",
        ("pytest-asyncio 1.4 has loop factories instead; Python 3.16 removes policies.",),
        ("LS106", "LS311"),
        ("to-1.4", "uvloop-and-policies"),
        warning=True,
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
        warning=True,
    ),
)
