"""LS318: files that are no Python, and that no test run reads, are no errors of the suite."""

from __future__ import annotations

import pytest

from loopscope.types import Status
from tests.suites_in_memory import messages, migrate_files

TEST = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one(event_loop):\n    pass\n"
TESTPATHS = "[pytest]\ntestpaths = tests\n"
NORECURSE = "[pytest]\nnorecursedirs = old\n"
TEMPLATE = "template/{{cookiecutter.name}}/tests/test_x.py"


@pytest.mark.parametrize(
    ("path", "text", "config"),
    [
        (TEMPLATE, "import asyncio\nfrom {{cookiecutter.name}} import x\n", "[pytest]\n"),
        ("template/{% if x %}test_x{% endif %}.py", "import asyncio\n{% if %}\n", "[pytest]\n"),
        ("shop/templates/main.py", "import asyncio\nrun(a=1, {{ a.b() }})\n", "[pytest]\n"),
        ("shop/templates/main.py", "import asyncio\n{% block run %}\n", "[pytest]\n"),
        ("shop/parts/main.py", "import asyncio\nf(a=1, {{name}})\n", "[pytest]\n"),
        ("examples/test_old.py", 'import asyncio\nprint "asyncio"\n', TESTPATHS),
        ("test_old.py", 'import asyncio\nprint "asyncio"\n', TESTPATHS),
        ("tests/old/test_x.py", 'import asyncio\nprint "asyncio"\n', NORECURSE),
    ],
)  # fmt: skip
def test_is_a_note_and_the_suite_is_migrated(path: str, text: str, config: str) -> None:
    migration = migrate_files({"pytest.ini": config, path: text, "tests/test_a.py": TEST})
    assert messages(migration) == [f"{path}:2 LS318 note"]
    assert migration.status is Status.CHANGED
    assert {change.path for change in migration.changes} == {"pytest.ini", "tests/test_a.py"}


@pytest.mark.parametrize(
    ("path", "text", "config"),
    [
        ("tests/test_old.py", 'import asyncio\nprint "asyncio"\n', TESTPATHS),
        ("examples/test_old.py", 'import asyncio\nprint "asyncio"\n', "[pytest]\n"),
        ("examples/test_new.py", "import asyncio\ntype 3 = int\n", TESTPATHS),
        ("examples/test_new.py", "import asyncio\n\0\n", TESTPATHS),
        ("tests/test_new.py", "import asyncio\n{% block run %}\n", "[pytest]\n"),
        ("shop/main.py", "import asyncio\nasyncio.run({{1, 2}, 3)\n", "[pytest]\n"),
    ],
)
def test_is_an_error(path: str, text: str, config: str) -> None:
    migration = migrate_files({"pytest.ini": config, path: text, "tests/test_a.py": TEST})
    assert [error.path for error in migration.errors] == [path]
