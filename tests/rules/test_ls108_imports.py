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


def test_a_name_that_two_imports_bind_is_the_last_one() -> None:
    """On an old Python it is pytest's, where pytest-asyncio has no fixture of its own."""
    conftest = (
        "import sys\n\nif sys.version_info < (3, 7):\n    import pytest as pytest_asyncio\n"
        "else:\n    import pytest_asyncio\n\n\n"
        "@pytest_asyncio.fixture\nasync def thing():\n    return 1\n"
    )
    files = {
        "conftest.py": conftest,
        "app.py": "import asyncio\n\n\ndef later():\n    asyncio.get_event_loop().time()\n",
        "test_a.py": "import pytest\nfrom app import later\n\n\n"
        "def test_sync():\n    later()\n\n\n"
        "@pytest.mark.asyncio\nasync def test_async(thing):\n    pass\n",
    }
    result = after(files)["conftest.py"]
    assert "\nimport pytest\n" in result
    assert "@pytest.fixture(autouse=True)\ndef _ambient_event_loop(request):" in result
