"""LS101: overrides that are beyond reading are never passed over in silence."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, messages, migrate_files

HEAD = "import asyncio, functools\nimport pytest\n\n"
BODY = "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
TEST = "import asyncio\n\nasync def test_it():\n    pass\n"
OVERRIDES = {
    "decorated by a function that does more": (
        "def wide(function):\n    print(function)\n"
        f"    return pytest.fixture(function)\n@wide\ndef event_loop():\n{BODY}",
        8,
    ),
    "made of a method": (
        f"class Kit:\n  def make(self):\n{BODY}event_loop = pytest.fixture(Kit().make)\n",
        9,
    ),
    "made by a function": (
        "def made(scope):\n    @pytest.fixture(scope=scope, name='event_loop')\n"
        "    def inner():\n        yield asyncio.new_event_loop()\n    return inner\n",
        6,
    ),
    "another name for a fixture": (
        f"@pytest.fixture(scope='session')\ndef loop():\n{BODY}event_loop = loop\n",
        9,
    ),
}


@pytest.mark.parametrize("kind", OVERRIDES)
def test_override_beyond_reading(kind: str) -> None:
    source, line = OVERRIDES[kind]
    files = {"pytest.ini": AUTO, "conftest.py": HEAD + source, "test_a.py": TEST}
    assert f"conftest.py:{line} LS101 action" in messages(migrate_files(files))


@pytest.mark.parametrize(
    "source",
    [
        "event_loop = asyncio.new_event_loop()\n",
        "event_loop = None\n",
        "class Client:\n    @property\n    def event_loop(self):\n        return 1\n",
        "def event_loop():\n    return 1\n",
    ],
)
def test_no_fixture_at_all(source: str) -> None:
    files = {"pytest.ini": AUTO, "conftest.py": HEAD + source, "test_a.py": TEST}
    assert not any("LS101" in text for text in messages(migrate_files(files)))
