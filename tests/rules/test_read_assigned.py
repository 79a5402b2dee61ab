"""Fixtures that a module assigns from another one, and modules that only hand on."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.discovery.load import load_suites
from loopscope.pipeline import migrate
from loopscope.types import Migration, Options, Suite
from tests.suites_in_memory import after, messages, migrate_files

OVERRIDE = """\
import asyncio

import pytest


@pytest.fixture(scope="module")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
TEST = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
MODULE = "asyncio_default_test_loop_scope = module"

# -- overrides ---------------------------------------------------------------------------------

ASSIGNED = {
    "a module": "import helpers\n\nevent_loop = helpers.event_loop\n",
    "a module by another name": "import helpers as h\n\nevent_loop = h.event_loop\n",
    "a name": "from helpers import event_loop as _loop\n\nevent_loop = _loop\n",
    "with a type": "import helpers\n\nevent_loop: object = helpers.event_loop\n",
    "by getattr": 'import helpers\n\nevent_loop = getattr(helpers, "event_loop")\n',
}


@pytest.mark.parametrize("conftest", ASSIGNED.values(), ids=ASSIGNED.keys())
def test_override_that_is_assigned_goes_with_the_assignment(conftest: str) -> None:
    result = after({"helpers.py": OVERRIDE, "conftest.py": conftest, "test_a.py": TEST})
    assert MODULE in result["pytest.ini"]
    assert "event_loop" not in result["helpers.py"] + result["conftest.py"]


def test_override_of_a_package_is_assigned() -> None:
    files = {
        "tests/__init__.py": "",
        "tests/helpers.py": OVERRIDE,
        "tests/conftest.py": "from . import helpers\n\nevent_loop = helpers.event_loop\n",
        "tests/test_a.py": TEST,
    }
    result = after(files)
    assert MODULE in result["pytest.ini"]
    assert "helpers" not in result["tests/conftest.py"]


def test_override_that_is_assigned_under_a_condition() -> None:
    conftest = "import helpers\n\nSLOW = 1\nif SLOW:\n    event_loop = helpers.event_loop\n"
    result = after({"helpers.py": OVERRIDE, "conftest.py": conftest, "test_a.py": TEST})
    assert "event_loop" not in result["conftest.py"]
    assert MODULE in result["pytest.ini"]


def test_bridge_of_an_assigned_override_stands_where_it_was_defined() -> None:
    """The assignment stays: it is what registers the bridge."""
    conftest = ASSIGNED["a module"]
    sync = "def test_b(event_loop):\n    for _ in range(2):\n        event_loop.call_soon(print)\n"
    result = after({"helpers.py": OVERRIDE, "conftest.py": conftest, "test_a.py": TEST + sync})
    assert result["conftest.py"] == conftest
    assert "async def event_loop():" in result["helpers.py"]


UNREAD = {
    "two names": "import helpers\n\nevent_loop = loop = helpers.event_loop\n",
    "a missing module": "import missing\n\nevent_loop = missing.event_loop\n",
    "globals": 'import helpers\n\nglobals()["event_loop"] = helpers.event_loop\n',
    "another name": "import helpers\n\nevent_loop = helpers.my_loop\n",
    "another name, imported": "from helpers import my_loop as event_loop\n",
}


@pytest.mark.parametrize("conftest", UNREAD.values(), ids=UNREAD.keys())
def test_override_by_another_way_is_an_action_at_its_place(conftest: str) -> None:
    helpers = OVERRIDE + OVERRIDE.replace("def event_loop", "def my_loop").partition("\n\n\n")[2]
    files = {"helpers.py": helpers, "conftest.py": conftest, "test_a.py": TEST}
    line = conftest.count("\n")
    found = [text for text in messages(migrate_files(files)) if " action" in text]
    assert any(text.startswith((f"conftest.py:{line} LS", "helpers.py:7 LS101")) for text in found)


# -- other fixtures ----------------------------------------------------------------------------

ASKS = """\
import pytest


@pytest.fixture
def box(event_loop):
    return [event_loop, lambda: event_loop]
"""
NAMES = {
    "a module": "import helpers\n\nbox = helpers.box\n",
    "another name": "import helpers\n\ncrate = helpers.box\n",
    "a pair": "import helpers\n\nbox, crate = helpers.box, helpers.box\n",
    "an imported name": "from helpers import box as _box\n\nbox = _box\n",
}


@pytest.mark.parametrize("module", NAMES.values(), ids=NAMES.keys())
def test_bridge_stands_where_the_fixture_is_assigned(module: str) -> None:
    wanted = "crate" if "crate" in module else "box"
    test = TEST.replace("test_a()", f"test_a({wanted})")
    files = {"helpers.py": ASKS, "test_a.py": module + test, "test_b.py": TEST}
    result = after(files)
    assert "async def event_loop():" in result["test_a.py"]
    assert result["helpers.py"] == ASKS


def test_fixture_with_two_names_in_one_file() -> None:
    test = ASKS + "\ncrate = box\n\n\n@pytest.mark.asyncio\nasync def test_a(crate): ...\n"
    assert "async def event_loop():" in after({"test_a.py": test})["test_a.py"]


def test_async_fixture_that_is_assigned_is_on_the_loop_of_its_tests() -> None:
    fixture = 'import pytest\n\n\n@pytest.fixture(scope="module")\nasync def db(): ...\n'
    files = {
        "conftest.py": OVERRIDE,
        "helpers.py": fixture,
        "test_a.py": "import helpers\n\ndb = helpers.db\n"
        + TEST.replace("test_a()", "test_a(db)"),
    }
    assert "@pytest_asyncio.fixture" in after(files)["helpers.py"]


def test_tests_and_classes_that_are_assigned_are_collected() -> None:
    shared = TEST + "\n\nclass Suite:\n    @pytest.mark.asyncio\n    async def test_b(self): ...\n"
    files = {
        "shared.py": shared,
        "a/test_a.py": OVERRIDE + "\nimport shared\n\nTestSuite = shared.Suite\n",
    }
    migration = migrate_files(files)
    assert migration.loops_before == migration.loops_after == 1


# -- modules that only hand on ---------------------------------------------------------------


def migrated(root: Path, files: dict[str, str]) -> tuple[Suite, Migration]:
    (root / "pytest.ini").touch()
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    [suite] = load_suites([root])
    assert isinstance(suite, Suite)
    return suite, migrate(suite, Options())


HANDING_ON = {
    "a package": ("kit/__init__.py", "from .loops import *\n", "from kit import *\n"),
    "a name": (
        "kit/__init__.py",
        "from .loops import (\n    event_loop,\n)\n",
        "from kit import *\n",
    ),
    "a module": ("kit/all.py", "from kit.loops import *\n", "from kit.all import *\n"),
    "a plugin": ("kit/__init__.py", "from .loops import *\n", 'pytest_plugins = ["kit"]\n'),
    "with code": (
        "kit/__init__.py",
        "from .loops import *\n\n\ndef helper():\n    return 1\n",
        "import kit\n\nevent_loop = kit.event_loop\n",
    ),
}


@pytest.mark.parametrize("way", HANDING_ON.values(), ids=HANDING_ON.keys())
@pytest.mark.parametrize("folder", ["", "tests/"])
def test_module_that_only_hands_on_is_read(
    tmp_path: Path, folder: str, way: tuple[str, str, str]
) -> None:
    path, text, conftest = way
    files = {
        f"{folder}kit/__init__.py": "",
        f"{folder}kit/loops.py": OVERRIDE,
        f"{folder}conftest.py": conftest,
        f"{folder}test_a.py": TEST,
    }
    suite, migration = migrated(tmp_path, {**files, f"{folder}{path}": f"# A kit.\n{text}"})
    assert f"{folder}{path}" in suite.files
    assert not [finding for finding in migration.findings if finding.level.value == "action"]
    changed = {change.path: change.after.decode() for change in migration.changes}
    assert MODULE in changed["pytest.ini"]


def test_hand_on_over_two_modules(tmp_path: Path) -> None:
    files = {
        "tests/kit/__init__.py": "from .inner import *\n",
        "tests/kit/inner/__init__.py": "from .loops import *\n",
        "tests/kit/inner/loops.py": OVERRIDE,
        "tests/conftest.py": "from kit import *\n",
        "tests/test_a.py": TEST,
    }
    suite, migration = migrated(tmp_path, files)
    assert files.keys() <= suite.files.keys()
    assert migration.loops_after == 1


def test_product_code_that_imports_by_the_same_name_is_not_read(tmp_path: Path) -> None:
    files = {
        "tests/loops.py": OVERRIDE,
        "tests/conftest.py": "from loops import *\n",
        "tests/test_a.py": TEST,
        "src/app/__init__.py": "from .loops import *\n",
        "src/app/loops.py": "WIDE = 1\n",
    }
    suite, _ = migrated(tmp_path, files)
    assert not any(path.startswith("src/") for path in suite.files)
