"""What is known about error texts, and what really provokes them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from loopscope import guides
from loopscope.explain import KNOWN_ERRORS, match_errors
from loopscope.rules.registry import find_rule
from tests import programs
from tests.explain.provocations import BETWEEN, LEGACY, MODERN, Suite
from tests.live.environments import interpreter
from tests.live.releases import RELEASES

PROVOKED = [
    pytest.param(release, suite, id=f"{release} {name}")
    for release, suites in (("1.5", MODERN), ("0.21", LEGACY), ("0.23", BETWEEN))
    for name, suite in suites.items()
]


def shown(text: str) -> list[str]:
    return [known_error.shown for known_error in match_errors(text)]


@pytest.mark.parametrize("known_error", KNOWN_ERRORS, ids=lambda known_error: known_error.shown)
def test_what_is_named_exists(known_error) -> None:  # type: ignore[no-untyped-def]
    assert known_error.causes
    assert known_error.guides
    assert all(find_rule(code) for code in known_error.rules)
    assert all(guides.path_of(name).is_file() for name in known_error.guides)


def test_each_symptom_is_provoked_somewhere() -> None:
    provoked = {
        name for suites in (MODERN, LEGACY, BETWEEN) for n, _ in suites.values() for name in n
    }
    assert {known_error.shown for known_error in KNOWN_ERRORS} == provoked


@pytest.mark.slow
@pytest.mark.parametrize(("release", "suite"), PROVOKED)
def test_provoked(release: str, suite: Suite, tmp_path: Path) -> None:
    expected, files = suite
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [
        str(interpreter(RELEASES[release])), "-m", "pytest", "-W", "default", "-p",
        "no:cacheprovider", f"--rootdir={tmp_path}", str(tmp_path),
    ]  # fmt: skip
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("PY")}
    done = programs.run(
        command, cwd=tmp_path, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    assert set(expected) <= set(shown(done.stdout)), done.stdout
    if len(expected) == 1:  # what every log holds besides comes later
        assert shown(done.stdout)[0] == expected[0], done.stdout


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "ScopeMismatch: You tried to access the function scoped fixture"
            " _function_scoped_runner with a session scoped request object.",
            "ScopeMismatch for a loop",
        ),
        (
            "ScopeMismatch: You tried to access the function scoped fixture event_loop with a"
            " session scoped request object",
            "ScopeMismatch for a loop",
        ),
        (
            "ScopeMismatch: You tried to access the function scoped fixture event_loop_name with"
            " a session scoped request object",
            "ScopeMismatch",
        ),
        ("scopemismatch", "ScopeMismatch"),
        ("E   RuntimeError: Event loop\nE   is closed", "Event loop is closed"),
        (
            "'asyncio.get_event_loop_policy' is deprecated and slated for removal in Python 3.16",
            'Overriding the "event_loop_policy" fixture is deprecated',
        ),
        (
            "PytestRemovedIn9Warning: Marks applied to fixtures have no effect",
            "Marks cannot be applied to fixtures",
        ),
        ("RuntimeError: There is no current event loop", "There is no current event loop"),
        (  # pytest up to 6
            "ScopeMismatch: You tried to access the 'function' scoped fixture 'event_loop' with a"
            " 'session' scoped request object, involved factories",
            "ScopeMismatch for a loop",
        ),
        (
            "ScopeMismatch: You tried to access the 'function' scoped fixture 'db' with a"
            " 'session' scoped request object",
            "ScopeMismatch",
        ),
        (
            "RuntimeError: Timeout should be used inside a task",
            "Timeout context manager should be used inside a task",
        ),
        (
            "asyncpg.exceptions._base.InterfaceError: cannot perform operation: another operation"
            " is in progress",
            "another operation is in progress",
        ),
        (
            "ValueError: The future belongs to a different loop than the one specified as the loop"
            " argument",
            "attached to a different loop",
        ),
        (
            "pymongo.errors.InvalidOperation: Cannot use AsyncMongoClient in different event loop",
            "attached to a different loop",
        ),
        (
            "RuntimeError: Runner.run() cannot be called from a running event loop",
            "Runner.run() cannot be called from a running event loop",
        ),
        (
            "RuntimeError: asyncio.run() cannot be called from a running event loop",
            "This event loop is already running",
        ),
        (
            "RuntimeWarning: coroutine 'TestApi.asyncSetUp' was never awaited",
            "coroutine 'setup_method' (or another set-up) was never awaited",
        ),
        (
            "RuntimeWarning: coroutine 'setup_database' was never awaited",
            "coroutine was never awaited",
        ),
        (
            "pytest.UsageError: test_x.py is marked to be run in an event loop with scope class,"
            " but is not part of any class.",
            "is marked to be run in an event loop with scope class, but is not part of any class",
        ),
        (
            "pytest_socket.SocketBlockedError: A test tried to use socket.socket.",
            "A test tried to use socket.socket",
        ),
    ],
)
def test_one_text_one_symptom(text: str, name: str) -> None:
    assert shown(text) == [name]


@pytest.mark.parametrize(
    "text", ["KeyError: 'event_loop'", "fixture 'event_loops' not found", "closed", "\x00\n"]
)
def test_unknown(text: str) -> None:
    assert shown(text) == []


def test_symptoms_come_in_the_order_of_the_text() -> None:
    text = "ScopeMismatch ... no running event loop ... Event loop is closed"
    assert shown(text) == ["ScopeMismatch", "no running event loop", "Event loop is closed"]


def test_causes_are_whole_sentences() -> None:
    """No cause is cut into two by a comma at the end of a line."""
    causes = [cause for known_error in KNOWN_ERRORS for cause in known_error.causes]
    assert [cause for cause in causes if not cause.endswith(".")] == []
