"""Findings of one rule in a small suite that is modern already."""

from __future__ import annotations

from textwrap import dedent

from tests.suites_in_memory import messages, migrate_files

MODERN = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = function\n"
HEAD = "import asyncio\nimport pytest\nimport pytest_asyncio\n\n\n"
ASYNC_TEST = "async def test_other():\n    pass\n"


def found(source: str, code: str, **more: str) -> list[str]:
    """List the findings of one rule in a modern suite; line 1 of its test module is HEAD."""
    migration = migrate_files(modern(source, **more))
    assert not migration.errors
    return [text for text in messages(migration) if f" {code} " in text]


def modern(source: str, **more: str) -> dict[str, str]:
    """Make a modern suite of one test module and other files: ``conftest__py``."""
    files = {"pytest.ini": MODERN, "test_a.py": HEAD + dedent(source) + "\n\n" + ASYNC_TEST}
    return {**files, **{name.replace("__", "."): text for name, text in more.items()}}
