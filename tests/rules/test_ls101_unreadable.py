"""LS101: overrides that are beyond reading are never passed over in silence."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, messages, migrate_files

HEAD = "import asyncio, functools\nimport pytest\n\n"
BODY = "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
TEST = "import asyncio\n\nasync def test_it():\n    pass\n"
OTHER = "@pytest.fixture\ndef other(): ...\n"
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
    "decorated in a class, with self": (
        "import plugin\n\n\nclass TestX:\n    @plugin.fixture\n    def event_loop(self): ...\n",
        9,
    ),
    "decorated by something unknown": (f"import app\n{OTHER}@app.x\ndef event_loop(): ...\n", 8),
    "made by an unknown function": (f"import app\n{OTHER}event_loop = app.make()\n", 7),
    "made by an unknown function, no fixture beside": ("import app\nevent_loop = app.make()\n", 5),
    "decorated by something unknown, alone": ("import app\n@app.x\ndef event_loop(): ...\n", 6),
    "an item of a dictionary": (f"ALL = {{}}\n{OTHER}event_loop = ALL['loop']\n", 7),
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
        "event_loop = asyncio.get_running_loop()\n",
        "event_loop = None\n",
        "event_loop = asyncio.get_event_loop_policy().new_event_loop()\n",
        "import app\nevent_loop = app.new_loop()\n",
        "import app\nevent_loop = app.UvLoop()\n",
        "if asyncio:\n    event_loop = 1\nelse:\n    event_loop = 'none'\n",
        "def make():\n    event_loop = None\n    return event_loop\n",
        "class Client:\n    @property\n    def event_loop(self):\n        return 1\n",
        "class Client:\n    @functools.cached_property\n    def event_loop(cls): ...\n",
        "def event_loop():\n    return 1\n",
        "def make():\n    @pytest.fixture(name='loop')\n    def inner(): ...\n    return inner\n",
    ],
)
def test_no_override_at_all(source: str) -> None:
    files = {"pytest.ini": AUTO, "conftest.py": HEAD + OTHER + source, "test_a.py": TEST}
    assert not any("LS101" in text for text in messages(migrate_files(files)))


# -- modules that were not found -----------------------------------------------------------------

MARKED = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
MISSING = {
    "by a star of a star": ("from helpers import event_loop\n", "from missing import *\n"),
    "by a star": ("from missing_helpers import *\n", ""),
    "by a relative star": ("from .missing import *\n", ""),
    "by two stars": ("from helpers import *\n", "from tests.missing import *\n"),
    "by an assignment": (
        "import helpers\nevent_loop = helpers.event_loop\n",
        "from .x import *\n",
    ),
}


def said(conftest: str, helpers: str = "", test: str = MARKED) -> list[str]:
    files = {"conftest.py": conftest, "helpers.py": helpers, "test_a.py": test}
    return [text for text in messages(migrate_files(files)) if "LS101" in text]


@pytest.mark.parametrize("files", MISSING.values(), ids=MISSING.keys())
def test_override_that_may_come_from_a_missing_module_is_an_action(files: tuple[str, str]) -> None:
    line = len(files[0].splitlines())
    assert said(*files) == [f"conftest.py:{line} LS101 action"]


def test_star_import_of_an_installed_package_is_a_note_in_a_conftest_alone() -> None:
    assert said("from numpy import *\n") == ["conftest.py:1 LS101 note"]
    assert said("", test="from numpy import *\n" + MARKED) == []


@pytest.mark.parametrize(
    "conftest",
    [
        "from os.path import *\n",
        "from pytest import *\n",
        "from helpers import *\n",
        "from test_missing import *\nimport asyncio, pytest\n@pytest.fixture\n"
        "def event_loop():\n    yield asyncio.new_event_loop()\n",
    ],
)
def test_star_import_that_brings_no_override_is_not_named(conftest: str) -> None:
    assert said(conftest, "from os import *\n") == []


def test_star_import_of_a_suite_without_loops_is_not_named() -> None:
    assert said("from test_missing import *\n", test="def test_a(): ...\n") == []
