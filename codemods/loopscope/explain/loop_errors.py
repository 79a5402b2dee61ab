"""What asyncio and libraries on top of it say of loops and tasks."""

from __future__ import annotations

from loopscope.explain.known_error import KnownError

LOOP_ERRORS: tuple[KnownError, ...] = (
    KnownError(
        "attached to a different loop",
        r"(?:attached to|bound to|belongs to|on|in) (?:a )?different (?:event )?loop",
        (
            "An async fixture runs on another loop scope than the test that uses it.",
            "A test has a bare asyncio mark under a wider one, which it does not inherit from.",
            "An event_loop override was left behind and hands out a loop that runs nothing.",
            "An object of module or class level, or of a sync fixture of a wide scope, keeps the "
            "loop of an earlier test, or of an earlier asyncio.run().",
            "A fixture of a plugin, such as pytest-aiohttp's, has the default loop scope for "
            "fixtures, and the test another one.",
        ),
        ("LS315", "LS104", "LS105", "LS316", "LS101", "LS102", "LS310", "LS307"),
        ("attached-to-a-different-loop",),
    ),
    KnownError(
        "Timeout context manager should be used inside a task",
        r"Timeout (?:context manager )?should be used inside a task",
        (
            "A client or session, such as aiohttp's, was made on another loop than that of the "
            "test: an async fixture of another loop scope.",
            "It is kept at module or class level, or by a sync fixture, from an earlier test.",
            "A timeout was entered outside of a task.",
        ),
        ("LS315", "LS104", "LS105", "LS316"),
        ("attached-to-a-different-loop",),
    ),
    KnownError(
        "another operation is in progress",
        r"another operation is in progress",
        (
            "Nearly always: the pool or connection was made on another loop than that of the "
            "test, by an async fixture of another loop scope, or at module level.",
            "Two tasks use one connection at the same time: each needs its own, from the pool.",
        ),
        ("LS315", "LS104", "LS105", "LS316"),
        ("attached-to-a-different-loop",),
    ),
    KnownError(
        "Attempted to exit cancel scope in a different task than it was entered in",
        r"exit (?:a )?cancel scope in a different task",
        (
            "pytest-asyncio runs what stands before and after the yield of an async fixture in "
            "two tasks, so no task group, timeout or cancel scope can be open around the yield. "
            "Open it in the test, or use the plugin of anyio, whose fixtures have one task.",
        ),
        (),
        ("pytest-asyncio-or-anyio", "teardown-that-survives"),
    ),
    KnownError(
        "Event loop is closed",
        r"Event loop is closed",
        (
            "A fixture, or a client at module or class level, lives longer than the loop that "
            "it was made on.",
            "A test, fixture or hook closes the loop that others still use.",
            "asyncio.run() was called twice over one object: each call closes its loop.",
            "Tasks or connections were left when their fixture ended.",
        ),
        ("LS315", "LS104", "LS316", "LS305", "LS306", "LS307"),
        ("event-loop-is-closed", "teardown-that-survives"),
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
        "Runner.run() cannot be called from a running event loop",
        r"Runner\.run\(\) cannot be called from a running event loop",
        (
            "An async test or fixture requests an async fixture by request.getfixturevalue(), "
            "itself or through a helper: it cannot be set up while a loop is running. Make it "
            "an argument.",
            "asyncio.Runner.run() is called in async code, or in sync code that async code calls.",
        ),
        ("LS317", "LS102"),
        ("rules/LS317",),
    ),
    KnownError(
        "This event loop is already running",
        r"event loop is already running|while another loop is running"
        r"|asyncio\.run\(\) cannot be called from a running event loop",
        (
            "run_until_complete() or asyncio.run() was called where a loop already runs: in async "
            "code, or in sync code that async code calls. Await the coroutine instead.",
            "Up to pytest-asyncio 0.21: an async test requests an async fixture by "
            "request.getfixturevalue().",
            "A sync test was made async, but a helper of it still drives a loop.",
        ),
        ("LS102", "LS317"),
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
        "A test tried to use socket.socket",
        r"A test tried to use socket\.socket",
        (
            "pytest-socket (or a fixture of the project) forbids sockets before the loop of the "
            "test is there: 1.x makes it after sync fixtures, and it needs a pair of sockets. "
            "Allow unix sockets (--allow-unix-socket), or forbid them in an async fixture.",
        ),
        ("LS319",),
        ("rules/LS319",),
    ),
    KnownError(
        "Task was destroyed but it is pending!",
        r"Task was destroyed but it is pending",
        ("A task was still running when its loop was closed or thrown away.",),
        ("LS306",),
        ("teardown-that-survives",),
        warning=True,
    ),
    KnownError(
        "unclosed event loop",
        r"unclosed event loop",
        ("Code made a loop with new_event_loop() and did not close it.",),
        ("LS101",),
        ("get-running-loop",),
        warning=True,
    ),
)
