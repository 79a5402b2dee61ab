"""LS318: files that are no Python, and that no test run reads, are no errors of the suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.discovery.load import load_suites
from loopscope.execution.jobs import migrate_one
from loopscope.types import Migration, Options, Status, Suite
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


def in_template(path: Path, name: str, text: str) -> Migration:
    """Migrate the inner of two suites, whose configuration cannot be read."""
    root, inner = path.parent, path
    (inner / "tests").mkdir(parents=True)
    (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n")
    (inner / name).write_text(text)
    (inner / "tests" / "test_x.py").write_text(TEST)
    _, suite = load_suites([root])
    assert isinstance(suite, Suite)
    assert suite.label == str(inner)
    return migrate_one(suite, Options())


IF = '[tool.x]\n{%- if cookiecutter.orm == "no" %}\na = 1\n{%- endif %}\n'


@pytest.mark.parametrize(
    ("folder", "name", "text"),
    [
        ("{{cookiecutter.name}}", "pyproject.toml", IF),
        ("{{cookiecutter.name}}", "pyproject.toml", "[tool.x]\na = 1\na = 2\n"),
        ("skeleton", "pyproject.toml", IF),
        ("skeleton", "pyproject.toml", "[tool.x]\nname = {{ name }}\n"),
        (
            "skeleton",
            "pyproject.toml",
            "# {% if x %}\na = 1\n# {% else %}\na = 2\n# {% endif %}\n",
        ),
        ("skeleton", "tox.ini", "[tox]\n{% if x %}\nenvlist = py\n{% endif %}\n"),
        ("{% if x %}api{% endif %}", "setup.cfg", "[pytest]\n"),
    ],
)
def test_configuration_that_is_a_template_is_a_note(
    tmp_path: Path, folder: str, name: str, text: str
) -> None:
    migration = in_template(tmp_path / folder, name, text)
    (found,) = migration.findings
    assert (found.path, found.code) == (name, "LS318")
    assert "neither were the tests that it configures" in found.message
    assert (migration.status, migration.changes) == (Status.CURRENT, ())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", "[tool.x]\na = 1\na = 2\n"),
        ("pyproject.toml", '[tool.x]\ntitle = "{{ version }}"\na = 1\na = 2\n'),
        ("pyproject.toml", '[tool.x]\nbody = """\n{% for x in y %}\n"""\na = \n'),
        ("setup.cfg", "[x]\na = {{ b }}\n[pytest]\n"),
    ],
)
def test_configuration_with_a_mistake_is_an_error(tmp_path: Path, name: str, text: str) -> None:
    migration = in_template(tmp_path / "inner", name, text)
    assert [error.path for error in migration.errors] == [name]
    assert migration.status is Status.ERROR
