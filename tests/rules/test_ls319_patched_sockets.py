"""LS319: sync fixtures that replace what a loop is made of, before it is made."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, messages, migrate_files

HEAD = "import asyncio, selectors, socket, pytest, pytest_asyncio\nfrom unittest import mock\n"
REPLACING = (
    "monkeypatch.setattr(socket, 'socket', None)",
    "monkeypatch.setattr('socket.socket', None)",
    "monkeypatch.setattr('socket.socketpair', None)",
    "mock.patch('socket.socket').start()",
    "mock.patch.object(socket, 'socketpair').start()",
    "with mock.patch('selectors.DefaultSelector'): yield",
    "monkeypatch.setattr(asyncio, 'new_event_loop', None)",
    "socket.socket = None",
    "import socket as net; monkeypatch.setattr(net, 'socket', None)",
)
OTHER = (
    "monkeypatch.setattr(socket, 'gethostbyname', None)",
    "monkeypatch.setattr('socket.socket.connect', None)",
    "monkeypatch.setattr(asyncio, 'sleep', None)",
    "mock.patch('app.socket').start()",
    "monkeypatch.setattr(app, 'socket', None)",
)


def codes(conftest: str, test: str = "async def test_a(guard): ...\n") -> list[str]:
    files = {"pytest.ini": AUTO, "conftest.py": HEAD + conftest, "test_a.py": test}
    return [text for text in messages(migrate_files(files)) if "LS319" in text]


@pytest.mark.parametrize("line", REPLACING)
def test_a_sync_fixture_that_replaces_what_a_loop_needs(line: str) -> None:
    assert codes(f"@pytest.fixture\ndef guard(monkeypatch):\n    {line}\n") == [
        "conftest.py:5 LS319 action"
    ]


@pytest.mark.parametrize("line", OTHER)
def test_what_no_loop_needs_may_be_replaced(line: str) -> None:
    assert codes(f"@pytest.fixture\ndef guard(monkeypatch):\n    {line}\n") == []


def test_an_async_fixture_has_its_loop_already() -> None:
    line = "monkeypatch.setattr(socket, 'socket', None)"
    assert codes(f"@pytest.fixture\nasync def guard(monkeypatch):\n    {line}\n") == []


def test_a_fixture_that_only_sync_tests_use() -> None:
    line = "monkeypatch.setattr(socket, 'socket', None)"
    fixture = f"@pytest.fixture\ndef guard(monkeypatch):\n    {line}\n"
    assert codes(fixture, "def test_a(guard): ...\nasync def test_b(): ...\n") == []


def test_a_test_replaces_it_when_its_loop_is_there() -> None:
    line = "monkeypatch.setattr(socket, 'socket', 1)"
    test = f"import socket, pytest\nasync def test_a(monkeypatch):\n    {line}\n"
    assert codes("", test) == []
