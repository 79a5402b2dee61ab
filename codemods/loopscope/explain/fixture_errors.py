"""What pytest says of fixtures and tests that are async, and Python of those that never run."""

from __future__ import annotations

from loopscope.explain.known_error import KnownError

FIXTURE_ERRORS: tuple[KnownError, ...] = (
    KnownError(
        "ScopeMismatch for a loop",
        r"scoped fixture '?(?:_\w+_scoped_runner|event_loop\b|_asyncio_\w+)",
        (
            "A fixture's scope is wider than its loop scope. Where the fixture names none, it is "
            "asyncio_default_fixture_loop_scope of the configuration (up to 0.21: the scope of "
            "event_loop).",
            "The fixture is of a plugin that needs a wider default, as pytest-playwright-asyncio "
            "does.",
        ),
        ("LS301", "LS104", "LS201", "LS310"),
        ("scope-mismatch",),
    ),
    KnownError(
        "ScopeMismatch",
        r"ScopeMismatch(?!: You tried to access the '?\w+'? scoped fixture '?"
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
        "async def functions are not natively supported",
        r"async def functions are not natively supported",
        (
            "An async test has no asyncio mark in strict mode. pytest 7 skipped it, pytest 8.4 "
            "makes it a failure. Mark it, or set asyncio_mode = auto.",
            "A sync test returns a coroutine, which only pytest-asyncio 0.21 awaited.",
        ),
        ("LS317", "LS313", "LS105"),
        ("rules/LS317", "from-0.21"),
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
        "coroutine 'setup_method' (or another set-up) was never awaited",
        r"coroutine '(?:[\w<>]+\.)*(?:async)?(?:setup|teardown)"
        r"(?:_?(?:method|class|module|function))?' was never awaited",
        (
            "The set-up or tear-down method is async. pytest and unittest call it and do not "
            "await it, so it never runs: make it an autouse pytest_asyncio.fixture, or "
            "asyncSetUp of unittest.IsolatedAsyncioTestCase.",
        ),
        ("LS317",),
        ("rules/LS317",),
    ),
    KnownError(
        "coroutine 'test_...' was never awaited",
        r"coroutine '(?:[\w<>]+\.)*test\w*' was never awaited",
        (
            "An async test of unittest.TestCase is called and not awaited, whatever its marks: "
            "it needs unittest.IsolatedAsyncioTestCase.",
            "A sync decorator is around an async test.",
        ),
        ("LS317", "LS313"),
        ("rules/LS317", "from-0.21"),
    ),
    KnownError(
        "coroutine was never awaited",
        r"coroutine '"
        r"(?!(?:[\w<>]+\.)*(?:test\w*"
        r"|(?:async)?(?:setup|teardown)(?:_?(?:method|class|module|function))?)')"
        r"[^']+' was never awaited",
        (
            "A sync test returns a coroutine, which only pytest-asyncio 0.21 awaited.",
            "An await is missing, or a sync decorator is around an async function.",
        ),
        ("LS313", "LS103"),
        ("from-0.21",),
        warning=True,
    ),
)
