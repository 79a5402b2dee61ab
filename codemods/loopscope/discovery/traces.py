"""By a first glance at their bytes: the files that have to do with event loops, or may."""

from __future__ import annotations

from loopscope.config.pytest_config import is_test_file
from loopscope.types import PytestConfig

# Traces of pytest-asyncio and of every way to ask for a loop (get_event_loop, new_event_loop,
# AbstractEventLoopPolicy, event_loop_policy, ...). Plain substrings: five times as fast as one
# regular expression with alternatives. Most files hold none, so what several have in common is
# looked for first.
_TRACES = (
    (b"run_until_complete", (b"run_until_complete",)),
    (b"oop", (b"event_loop", b"EventLoop", b"forbid_global_loop", b"accept_global_loop")),
    (b"asyncio", (b"pytest_asyncio", b"mark.asyncio", b"asyncio_mode")),
)
# Modules that tests may take fixtures, base classes, hooks or decorators from, and what makes
# an object of the current loop without asking for it.
_SUPPORT = (
    b"fixture", b"pytest", b"def test", b"wraps", b"Future(", b"actory=asyncio.",
    b"actory=Future", b"actory(asyncio.",
    b"async def set", b"async def tear", b"async def asyncSetUp", b"async def asyncTearDown",
)  # fmt: skip
_SCRIPTS = ("setup.py", "noxfile.py")


def has_trace(data: bytes) -> bool:
    """Whether a file has a trace of pytest-asyncio or of event loops."""
    for common, traces in _TRACES:
        if common in data and any(trace in data for trace in traces):
            return True
    return False


def matters(path: str, data: bytes, config: PytestConfig) -> bool:
    """Whether a Python file of a suite with event loops may say something about them."""
    from loopscope.discovery.product_code import keeps_loop, runs_loop

    return (
        has_trace(data)
        or path in _SCRIPTS
        or is_test_file(path, config)
        or any(word in data for word in _SUPPORT)
        or runs_loop(data)
        or keeps_loop(data)
    )


def mentions_asyncio(config: PytestConfig) -> bool:
    """Whether the configuration of pytest speaks of asyncio."""
    return any("asyncio" in f"{name} {value}" for name, value in config.options.items())
