"""The processes of a live test: pytest under the product's probe, and loopscope itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import loopscope
from loopscope.verify import CannotRun
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.suite_run import Order, run_suite
from tests import programs

_SOURCES = Path(loopscope.__file__).parents[1]

# What pytest-asyncio 1.5 says about usage that will not last, by the start of each message: its
# categories cannot be turned into errors as a whole, pytest's own warnings share them.
DEPRECATIONS_AS_ERRORS = tuple(
    option
    for message, category in (
        ("asyncio test ", "pytest.PytestDeprecationWarning"),
        (
            'The configuration option "asyncio_default_fixture_loop_scope" is unset',
            "pytest.PytestDeprecationWarning",
        ),
        ('Overriding the "event_loop_policy" fixture', "pytest.PytestDeprecationWarning"),
        ('The "scope" keyword argument to the asyncio', "pytest.PytestDeprecationWarning"),
        ("An exception occurred during teardown of an asyncio.Runner", "RuntimeWarning"),
        ("The test <", "pytest.PytestWarning"),  # marked, but not an async function
    )
    for option in ("-W", f"error:{message}:{category}")
)


_POLICY = next(one for one in DEPRECATIONS_AS_ERRORS if "event_loop_policy" in one)


def deprecations_as_errors(*, keeps_policy: bool) -> tuple[str, ...]:
    """Return the options, without that for the policy where a fixture for it stays."""
    options = list(DEPRECATIONS_AS_ERRORS)
    if keeps_policy:
        place = options.index(_POLICY)
        del options[place - 1 : place + 1]
    return tuple(options)


def run_pytest(python: Path, suite: Path, out: Path, options: Sequence[str] = ()) -> SuiteRun:
    """Run ``suite`` under the probe, which writes to ``out``.

    Raises:
        AssertionError: pytest ran no tests; the message is its output.
    """
    options = ("-p", "no:cacheprovider", *options)
    try:
        return run_suite(Order(python, suite, out, options, seconds=programs.LONG))
    except CannotRun as error:
        raise AssertionError(str(error)) from None


def run_loopscope(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the ``loopscope`` command; standard error stands in ``stdout`` too."""
    path = os.pathsep.join(filter(None, (str(_SOURCES), os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "loopscope", *map(str, arguments)]
    return _run(command, Path.cwd(), _environment(PYTHONPATH=path))


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return programs.run(
        command, cwd=folder, env=environment, text=True, encoding="utf-8",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip


def _environment(**extra: str) -> dict[str, str]:
    """Return this process's environment without the variables that steer another pytest."""
    steering = ("PYTEST_", "COV_", "COVERAGE_")
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(steering) and name not in ("PYTHONWARNINGS", "PYTHONASYNCIODEBUG")
    }
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUTF8": "1", **extra}
