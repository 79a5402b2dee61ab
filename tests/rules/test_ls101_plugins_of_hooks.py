"""LS101: overrides in modules that a hook of a conftest makes plugins."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after, messages, migrate_files, suite_of

OVERRIDE = (
    "import asyncio\n\nimport pytest\n\n\n"
    '@pytest.fixture(scope="session")\ndef event_loop():\n'
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
)
TESTS = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one(): ...\n"
CONFIGURE = "def pytest_configure(config):\n"


@pytest.mark.parametrize(
    "code",
    [
        CONFIGURE + '    config.pluginmanager.import_plugin("tests.loops")\n',
        'NAME = "tests.loops"\n\n\n'
        + CONFIGURE
        + "    config.pluginmanager.import_plugin(NAME)\n",
        CONFIGURE + '    if True:\n        config.pluginmanager.import_plugin("tests.loops")\n',
        "from tests import loops\n\n\n" + CONFIGURE + "    config.pluginmanager.register(loops)\n",
        "import tests.loops\n\n\n"
        + CONFIGURE
        + '    manager = config.pluginmanager\n    manager.register(tests.loops, "loops")\n',
        "def pytest_addoption(parser, pluginmanager):\n"
        '    pluginmanager.import_plugin("tests.loops")\n',
        "def pytest_sessionstart(session):\n"
        '    session.config.pluginmanager.import_plugin("tests.loops")\n',
    ],
)
def test_override_is_migrated(code: str) -> None:
    files = {"conftest.py": code, "tests/loops.py": OVERRIDE, "tests/test_x.py": TESTS}
    result = after(files)
    assert "event_loop" not in result["tests/loops.py"]
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]


def test_object_that_a_hook_registers_is_an_action_at_every_run() -> None:
    lines = OVERRIDE.replace("def event_loop()", "def event_loop(self)").splitlines(True)
    plugin = "".join(f"    {line}" for line in lines[5:])
    code = "".join(lines[:5]) + f"class Loops:\n{plugin}\n\n" + CONFIGURE
    files = {
        "conftest.py": code + "    config.pluginmanager.register(Loops())\n",
        "test_x.py": TESTS,
    }
    migration = migrate_files(files)
    result = {path: data.decode() for path, data in suite_of(files).files.items()}
    result.update({change.path: change.after.decode() for change in migration.changes})
    assert messages(migration) == messages(migrate_files(result)) == ["conftest.py:8 LS101 action"]
