"""LS201: the debug mode of loops that comes neither from an override nor from the option."""

from __future__ import annotations

import pytest

from loopscope.types import Level, Target
from tests.rules.changed import ASYNC_TEST
from tests.suites_in_memory import AUTO, after, migrate_files

PIN = "pytest-asyncio==0.21.2\n"
ENVIRONMENT = 'import os\n\nos.environ["PYTHONASYNCIODEBUG"] = "1"\n'
POLICY = """\
import asyncio


class Watched(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self):
        loop = super().new_event_loop()
        loop.set_debug(True)
        return loop


asyncio.set_event_loop_policy(Watched())
"""
IN_SET = POLICY.replace(
    "def new_event_loop(self):\n        loop = super().new_event_loop()",
    "def set_event_loop(self, loop):",
).replace("return loop", "super().set_event_loop(loop)")
IN_IF = IN_SET.replace(
    "        loop.set_debug(True)",
    "        if loop is not None:\n            loop.set_debug(True)",
)
OVERRIDE = """

@pytest.fixture
def event_loop():
    loop = {}
    yield loop
    loop.close()
"""
LOOP_CLASS = (
    "import asyncio\nimport pytest\n\n\nclass Watched(asyncio.SelectorEventLoop):\n"
    "    def __init__(self):\n        super().__init__()\n        self.set_debug(True)\n"
)
CLIENT = "class Client:\n    def __init__(self, loop):\n        loop.set_debug(True)\n"
MAKER = (
    "import asyncio\nimport pytest\n\n\ndef watched():\n    made = asyncio.new_event_loop()\n"
    "    made.set_debug(True)\n    return made\n"
)


def suite(conftest: str, path: str = "conftest.py", ini: str = AUTO) -> dict[str, str]:
    return {"pytest.ini": ini, "requirements.txt": PIN, path: conftest, "test_a.py": ASYNC_TEST}


def actions(files: dict[str, str], **options: Target) -> list[tuple[str, int]]:
    return [
        (finding.path, finding.line)
        for finding in migrate_files(files, **options).findings
        if finding.code == "LS201" and finding.level is Level.ACTION
    ]


@pytest.mark.parametrize(
    "conftest",
    [
        ENVIRONMENT,
        'from os import environ as e\n\ne["PYTHONASYNCIODEBUG"] = "yes"\n',
        'import os\n\nos.environ.setdefault("PYTHONASYNCIODEBUG", "1")\n',
        'import os\n\nos.environ.update(PYTHONASYNCIODEBUG="1")\n',
        'import os\n\nos.environ.update({"PYTHONASYNCIODEBUG": "1"})\n',
        POLICY,
        IN_SET,
        IN_IF,
        POLICY.replace("Watched())", "Watched(),)"),
    ],
)
def test_debug_mode_of_all_loops_becomes_the_option(conftest: str) -> None:
    files = suite(conftest)
    assert "asyncio_debug = true" in after(files)["pytest.ini"]
    assert not actions(files)
    again = {**files, **after(files)}
    assert not migrate_files(again).changes


def test_package_above_all_tests_counts_like_a_conftest() -> None:
    files = suite(POLICY, "tests/__init__.py")
    files["tests/test_a.py"] = files.pop("test_a.py")
    files["scripts/test_names.py"] = "def test_sync():\n    pass\n"
    assert "asyncio_debug = true" in after(files)["pytest.ini"]
    files["scripts/test_names.py"] = ASYNC_TEST
    assert actions(files) == [("tests/__init__.py", 7)]


@pytest.mark.parametrize(
    ("conftest", "line"),
    [
        (f"import os\n\nif os.name:\n    {ENVIRONMENT.splitlines()[2]}\n", 4),
        (f"import os\n\n\ndef pytest_configure():\n    {ENVIRONMENT.splitlines()[2]}\n", 5),
        (
            "import os\nimport pytest\n\n\n@pytest.fixture(scope='session', autouse=True)\n"
            f"def debug():\n    {ENVIRONMENT.splitlines()[2]}\n",
            7,
        ),
        (POLICY.replace("\n\nasyncio.set", "\n\nif 1:\n    asyncio.set"), 7),
        (POLICY.replace("set_debug(True)", "set_debug(ON)"), 7),
        (LOOP_CLASS + OVERRIDE.format("Watched()"), 8),
        (MAKER + OVERRIDE.format("watched()"), 7),
    ],
)
def test_debug_mode_that_is_not_sure_for_all_loops_is_left_to_a_person(
    conftest: str, line: int
) -> None:
    files = suite(conftest)
    assert "asyncio_debug" not in after(files)["pytest.ini"]
    assert actions(files) == [("conftest.py", line)]


def test_target_without_the_option_leaves_it_to_a_person() -> None:
    assert actions(suite(ENVIRONMENT), target=Target(1, 0)) == [("conftest.py", 3)]


@pytest.mark.parametrize(
    "conftest",
    [
        ENVIRONMENT.replace('"1"', '""'),
        'import subprocess\n\nsubprocess.run(["x"], env={"PYTHONASYNCIODEBUG": "1"})\n',
        POLICY.replace("True", "False"),
        POLICY.rpartition("\n\nasyncio.set")[0],  # a policy that nothing sets
        "import os\nimport pytest\n\n\n@pytest.fixture\n"
        f"def debug():\n    {ENVIRONMENT.splitlines()[2]}\n",
        'settings = {}\nsettings["PYTHONASYNCIODEBUG"] = "1"\n',
        CLIENT,
        POLICY.replace("set_debug(True)", "set_debug(False)") + "\n\n" + CLIENT,
    ],
)
def test_everything_else_is_no_debug_mode_of_the_tests(conftest: str) -> None:
    files = suite(conftest)
    assert "asyncio_debug" not in after(files)["pytest.ini"]
    assert not actions(files)


def test_option_that_is_on_is_enough() -> None:
    assert not actions(
        suite(LOOP_CLASS + OVERRIDE.format("Watched()"), ini=AUTO + "asyncio_debug = true\n")
    )


def test_suite_on_loop_scopes_keeps_what_it_has() -> None:
    files = suite(ENVIRONMENT, ini=AUTO + "asyncio_default_fixture_loop_scope = function\n")
    files["requirements.txt"] = "pytest-asyncio==1.3.0\n"
    migration = migrate_files(files)
    assert not migration.changes
    found = [one for one in migration.findings if one.code == "LS201"]
    assert [(one.level, one.line) for one in found] == [(Level.NOTE, 3)]


SET = "PYTHONASYNCIODEBUG=1"


@pytest.mark.parametrize(
    ("path", "options"),
    [
        ("pytest.ini", f"{AUTO}env = {SET}\n"),
        ("pytest.ini", f"{AUTO}env =\n    STAGE=test\n    D:{SET}\n"),
        ("setup.cfg", f"[tool:pytest]\nasyncio_mode = auto\nenv =\n    R:D:{SET}\n"),
        (
            "pyproject.toml",
            f'[tool.pytest.ini_options]\nasyncio_mode = "auto"\nenv = ["A=1", "{SET}"]\n',
        ),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n\n[tool.pytest_env]\n'
            'PYTHONASYNCIODEBUG = "1"\n',
        ),
    ],
)
def test_environment_of_pytest_itself_becomes_the_option(path: str, options: str) -> None:
    files = {path: options, "requirements.txt": PIN, "test_a.py": ASYNC_TEST}
    assert "asyncio_debug = true" in after(files)[path].replace('"', "")
    assert not migrate_files({**files, **after(files)}).changes


def notes(files: dict[str, str], **options: Target) -> list[tuple[str, int]]:
    return [
        (finding.path, finding.line)
        for finding in migrate_files(files, **options).findings
        if "-o asyncio_debug=true" in finding.message
    ]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tox.ini", f"[testenv]\nsetenv =\n    A=1\n    {SET}\ncommands = pytest\n"),
        ("tox.ini", "[testenv]\nset_env =\n  # so\n    PYTHONDEVMODE = 1\n"),
        ("Makefile", f"test:\n\ttrue\n\ttrue\n\t{SET} pytest\n"),
        ("Makefile", "export A\nexport B\n\nexport PYTHONASYNCIODEBUG := 0\n"),
        ("run.sh", "set -e\n\n\npython -X dev -m pytest tests\n"),
        (".github/workflows/a.yml", "jobs:\n  a:\n    env:\n      PYTHONASYNCIODEBUG: '1'\n"),
        (".gitlab-ci.yml", "test:\n  variables:\n    A: 1\n    PYTHONASYNCIODEBUG: 1\n"),
        ("Dockerfile", "FROM a\n\n\nENV PYTHONASYNCIODEBUG 1\n"),
        ("noxfile.py", 'import nox\n\n\nENV = {"PYTHONASYNCIODEBUG": "1"}\n'),
        (
            "pyproject.toml",
            "[tool.hatch.envs.test]\n\n[tool.hatch.envs.test.env-vars]\n"
            'PYTHONASYNCIODEBUG = "1"\n',
        ),
    ],
)
def test_environment_of_some_runs_is_a_note(path: str, text: str) -> None:
    files = suite("", path="conftest.py")
    files[path] = text
    assert "asyncio_debug" not in after(files)["pytest.ini"]
    assert notes(files) == [(path, 4)]
    assert not notes({**files, "pytest.ini": AUTO + "asyncio_debug = true\n"})
    assert not notes({**files, path: text + "# pytest -o asyncio_debug=true\n"})
    assert not notes(files, target=Target(1, 1))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tox.ini", "[testenv]\npassenv =\n    PYTHONASYNCIODEBUG\n    HOME\n"),
        ("tox.ini", "[testenv]\nsetenv =\n    PYTHONASYNCIODEBUG =\n    # PYTHONDEVMODE = 1\n"),
        ("Makefile", "run:\n\tpython -X dev -m app\n"),
    ],
)
def test_what_sets_no_debug_mode_of_tests_is_no_note(path: str, text: str) -> None:
    assert not notes({**suite(""), path: text})
