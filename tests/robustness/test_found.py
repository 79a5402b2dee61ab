"""Defects that the fuzz command found, as small as they can be."""

from __future__ import annotations

from loopscope.pipeline import migrate
from loopscope.types import Options, PytestConfig, Suite

from .invariants import check

LEGACY = b"""\
import asyncio
import pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
TEST = b"import pytest\n\n@pytest.mark.asyncio\nasync def test_a(event_loop): ...\n"


def test_crlf_line_before_a_dropped_import_keeps_its_whole_end() -> None:
    module = b"x = 1\r\n\r\nfrom conftest import event_loop"
    files = {"conftest.py": LEGACY, "test_a.py": TEST, "test_b.py": module}
    changes = migrate(Suite("suite", PytestConfig(), files), Options()).changes
    [after] = (change.after for change in changes if change.path == "test_b.py")
    assert after == b"x = 1"


def test_suite_that_only_asks_for_the_loop_gets_its_configuration_in_the_first_run() -> None:
    sync = b"def test_a(event_loop):\n    for _ in []: event_loop.run_until_complete(_)\n"
    check({"pytest.ini": b"[pytest]\n", "test_a.py": sync}, {}, Options())


def test_empty_table_of_pytest() -> None:
    check(
        {"pyproject.toml": b"[tool.pytest]\n", "conftest.py": LEGACY, "test_a.py": TEST},
        {"pyproject.toml": [b"[tool.pytest]\n"]},
        Options(),
    )


def test_fixture_that_no_test_uses_brings_its_configuration_in_the_first_run() -> None:
    fixture = b"import pytest\n\n@pytest.fixture\ndef db(event_loop): return event_loop\n"
    check({"pytest.ini": b"[pytest]\n", "conftest.py": fixture}, {}, Options())


def test_async_fixture_beside_one_that_no_test_uses_is_done_in_the_first_run() -> None:
    fixtures = b"import pytest\n\n@pytest.fixture\nasync def db(event_loop): ...\n\n"
    sync = b"@pytest.fixture\ndef other(event_loop): return event_loop\n"
    check({"pytest.ini": b"[pytest]\n", "conftest.py": fixtures + sync}, {}, Options())
