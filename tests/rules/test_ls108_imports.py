"""LS108: imports that an edit needs, and those that nothing needs any more."""

from __future__ import annotations

from tests.suites_in_memory import AUTO, after

CONFTEST = """\
    import asyncio
    import os
    import sys

    import pytest


    @pytest.fixture
    def event_loop():
        yield asyncio.new_event_loop()


    def where():
        return sys.path
    """
TEST = "async def test_it(event_loop):\n    event_loop.call_soon(print)\n"


def test_imports_that_only_removed_code_used_go() -> None:
    result = after({"pytest.ini": AUTO, "conftest.py": CONFTEST, "test_a.py": TEST})
    assert result["conftest.py"].startswith("import os\nimport sys\n\n\ndef where():")


def test_imports_that_new_code_needs_are_added() -> None:
    result = after({"pytest.ini": AUTO, "conftest.py": CONFTEST, "test_a.py": TEST})
    assert result["test_a.py"].startswith("import asyncio\n\n\nasync def test_it():")
