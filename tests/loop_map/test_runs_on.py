"""What a suite runs on: the user's word, pins and locks, code, options; the report says which."""

from __future__ import annotations

import pytest

from loopscope.requirements import given
from loopscope.types import RUNS_ON
from tests.suites_in_memory import migrate_files

ASYNC = "async def test_one():\n    pass\n"
INI = "[pytest]\nasyncio_mode = auto\n"
OPTION = f"{INI}asyncio_default_fixture_loop_scope = module\n"
OVERRIDE = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture{}\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n"
)
WIDE = OVERRIDE.format('(scope="module")')
WORK = WIDE.replace("    yield loop", "    start(loop)\n    yield loop")
LOOP_SCOPE = "import pytest\n\n\n@pytest.mark.asyncio(loop_scope='module')\n"
ON_FIXTURE = (
    "import pytest_asyncio\n\n\n@pytest_asyncio.fixture(loop_scope='module')\n"
    "async def db():\n    pass\n\n\n"
)
BRIDGE = (
    "import asyncio\n\nimport pytest_asyncio\n\n\n@pytest_asyncio.fixture\n"
    "async def event_loop():\n    return asyncio.get_running_loop()\n\n\n"
)
POLICY = (
    "import pytest\nimport uvloop\n\n\n@pytest.fixture\n"
    "def event_loop_policy():\n    return uvloop.EventLoopPolicy()\n\n\n"
)
OLD, NEW = "pytest-asyncio 0.23 or older, by ", "pytest-asyncio 1.x, by "


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"pytest.ini": INI, "requirements.txt": "a\npytest-asyncio<0.23\n"},
         f"{OLD}requirements.txt:2"),
        ({"pytest.ini": OPTION, "requirements.txt": "pytest-asyncio<0.23\n"},
         f"{OLD}requirements.txt:1"),
        ({"pytest.ini": OPTION, "requirements.txt": "pytest-asyncio>=1\n"},
         f"{NEW}requirements.txt:1"),
        ({"pytest.ini": OPTION, "uv.lock": '\nname = "pytest-asyncio"\nversion = "0.21.1"\n'},
         f"{OLD}uv.lock:2"),
        ({"pytest.ini": OPTION, "requirements.txt": "pytest-asyncio\n"}, f"{NEW}its options"),
        ({"pytest.ini": OPTION, "test_a.py": WIDE + ASYNC},
         f"{OLD}an event_loop fixture that tests see, test_a.py:7"),
        ({"pytest.ini": INI, "requirements.txt": "pytest-asyncio>=1\n", "test_a.py": WIDE + ASYNC},
         f"{NEW}requirements.txt:1"),
        ({"pytest.ini": INI, "requirements.txt": "pytest-asyncio>=1\n", "test_a.py": WORK + ASYNC},
         f"{OLD}an event_loop fixture that tests see, test_a.py:7"),
        ({"pytest.ini": INI, "test_a.py": LOOP_SCOPE + ASYNC}, f"{NEW}loop scopes in its code"),
        ({"pytest.ini": INI, "test_a.py": ON_FIXTURE + ASYNC}, f"{NEW}loop scopes in its code"),
        ({"pytest.ini": INI, "test_a.py": BRIDGE + ASYNC}, f"{NEW}loop scopes in its code"),
        ({"pytest.ini": INI, "test_a.py": POLICY + ASYNC}, f"{NEW}loop scopes in its code"),
        ({"pytest.ini": INI}, f"{OLD}nothing that says otherwise"),
        ({"pytest.ini": OPTION, "test_a.py": "async def test_one(event_loop):\n    pass\n"},
         f"{OLD}tests that ask for the event_loop fixture of the plugin"),
    ],
)  # fmt: skip
def test_by_evidence(files: dict[str, str], expected: str) -> None:
    assert migrate_files({"test_a.py": ASYNC, **files}).runs_on == expected


@pytest.mark.parametrize("release", RUNS_ON)
def test_the_users_word_comes_first(release: str) -> None:
    said = f"{NEW if release == '1.x' else OLD}--from {release}"
    for files in (
        {"pytest.ini": INI, "requirements.txt": "pytest-asyncio<0.23\n", "test_a.py": ASYNC},
        {"pytest.ini": OPTION, "requirements.txt": "pytest-asyncio>=1\n", "test_a.py": ASYNC},
        {"pytest.ini": INI, "test_a.py": WIDE + ASYNC},
        {"pytest.ini": INI, "test_a.py": LOOP_SCOPE + ASYNC},
    ):
        assert migrate_files(files, runs_on=release).runs_on == said
    evidence = given(release)
    assert evidence is not None
    assert evidence.given


def test_options_that_an_old_release_does_not_read_change_no_loop() -> None:
    files = {
        "pytest.ini": f"{INI}asyncio_default_test_loop_scope = module\n"
        "asyncio_default_fixture_loop_scope = module\n",
        "test_a.py": f"{ASYNC}\n\n{ASYNC.replace('one', 'two')}",
    }
    assert migrate_files(files).loops_before == 1
    assert migrate_files(files, runs_on="0.21").loops_before == 2


def test_nothing_is_said_where_the_plugin_is_not_used() -> None:
    assert migrate_files({"test_a.py": "def test_one():\n    pass\n"}).runs_on == ""


@pytest.mark.parametrize(("release", "loops"), [("", 1), ("pytest-asyncio<0.26\n", 2)])
def test_the_option_for_tests_counts_where_the_plugins_loop_is_asked_for(
    release: str, loops: int
) -> None:
    """0.26 has both."""
    asking = ASYNC.replace("one()", "two(event_loop)")
    files = {
        "pytest.ini": f"{INI}asyncio_default_test_loop_scope = module\n",
        "requirements.txt": release,
        "test_a.py": f"{ASYNC}\n\n{asking}",
    }
    migration = migrate_files(files)
    assert migration.runs_on.startswith(OLD)
    assert migration.loops_before == loops
