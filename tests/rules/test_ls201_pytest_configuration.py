"""LS201: the defaults that the configuration states."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from loopscope.config.pytest_config import choose_configuration
from loopscope.pipeline import migrate
from loopscope.types import CrossSuiteFiles, Options, PytestConfig, Safety, Target
from tests.rules.changed import ASYNC_TEST, SESSION
from tests.suites_in_memory import AUTO, STRICT, after, messages, migrate_files, suite_of

NUMBER = "\n\n@pytest.fixture\nasync def number():\n    return 1\n"


def test_explicit_style_keeps_the_function_default() -> None:
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": ASYNC_TEST}
    result = after(files, style="explicit")
    assert "asyncio_default_fixture_loop_scope = function" in result["pytest.ini"]
    assert 'pytestmark = pytest.mark.asyncio(loop_scope="session")' in result["test_x.py"]


def test_target_without_the_test_option_marks_the_tests() -> None:
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": ASYNC_TEST}
    result = after(files, target=Target(0, 24))
    assert "asyncio_default_test_loop_scope" not in result["pytest.ini"]
    assert 'pytestmark = pytest.mark.asyncio(loop_scope="session")' in result["test_x.py"]


def test_present_default_stays_and_fixtures_name_theirs() -> None:
    ini = AUTO + "asyncio_default_fixture_loop_scope = session\n"
    test = """\
        import pytest


        @pytest.fixture
        async def db():
            return 1


        async def test_one(db, event_loop):
            pass
        """
    result = after({"pytest.ini": ini, "test_x.py": test})
    assert result["pytest.ini"] == ini
    assert '@pytest_asyncio.fixture(loop_scope="function")' in result["test_x.py"]


def test_modern_suite_without_the_option_says_what_unset_means() -> None:
    test = "import pytest\n\n\n@pytest.mark.asyncio(loop_scope='module')\n" + ASYNC_TEST
    result = after({"pytest.ini": STRICT, "test_x.py": test})
    assert result["pytest.ini"] == STRICT + "asyncio_default_fixture_loop_scope = fixture-scope\n"


@pytest.mark.parametrize(
    ("decorator", "stated"),
    [
        ('@pytest_asyncio.fixture(loop_scope="session")', "session"),
        ('@pytest_asyncio.fixture(scope="session", loop_scope="session")', "session"),
        ("@pytest_asyncio.fixture", "function"),
    ],
)
def test_modern_suite_whose_fixtures_name_their_loop_scope(decorator: str, stated: str) -> None:
    files = {
        "pytest.ini": "[pytest]\nasyncio_mode = auto\nasyncio_default_test_loop_scope = session\n",
        "requirements.txt": "pytest-asyncio>=1.0\n",
        "test_a.py": f"import pytest_asyncio\n\n\n{decorator}\nasync def name():\n"
        "    return 'n'\n\n\nasync def test_a(name):\n    assert name\n",
    }
    expected = f"asyncio_default_fixture_loop_scope = {stated}\n"
    assert after(files)["pytest.ini"] == files["pytest.ini"] + expected


LOCK = 'version = 1\n\n[[package]]\nname = "pytest-asyncio"\nversion = "{}"\n'


@pytest.mark.parametrize(
    ("requirement", "lock", "explicit"),
    [
        ("==1.3.0", None, True),
        (">=1.0,<1.3", None, True),
        (">=1.0", "1.4.0", True),
        (">=1.0", "1.5.0", False),
        (">=1.0", None, False),
    ],
)
def test_modern_suite_with_wide_fixtures_stays_on_its_release(
    requirement: str, lock: str | None, explicit: bool
) -> None:
    files = {
        "pytest.ini": AUTO,
        "requirements.txt": f"pytest-asyncio{requirement}\n",
        "test_a.py": "import pytest\nimport pytest_asyncio\n\n\n"
        '@pytest_asyncio.fixture(scope="module")\nasync def name():\n    return "n"\n\n\n'
        '@pytest.fixture(scope="session")\nasync def other():\n    return "n"\n\n\n'
        "async def test_a(name, other):\n    assert name\n",
    }
    if lock is not None:
        files["uv.lock"] = LOCK.format(lock)
    result = after(files)
    if explicit:
        assert "asyncio_default_fixture_loop_scope = function\n" in result["pytest.ini"]
        assert 'fixture(scope="module", loop_scope="module")' in result["test_a.py"]
        assert (
            'pytest_asyncio.fixture(scope="session", loop_scope="session")' in result["test_a.py"]
        )
        assert result["requirements.txt"] == files["requirements.txt"]
    else:
        assert "asyncio_default_fixture_loop_scope = fixture-scope\n" in result["pytest.ini"]
        assert result["test_a.py"] == files["test_a.py"]
    assert not [f for f in migrate_files(result).findings if f.level.value == "action"]


def test_legacy_mode_becomes_strict() -> None:
    ini = "[pytest]\nasyncio_mode = legacy\n"
    test = "import pytest\n\n\n@pytest.mark.asyncio\n" + ASYNC_TEST
    assert "asyncio_mode = strict" in after({"pytest.ini": ini, "test_x.py": test})["pytest.ini"]


@pytest.mark.parametrize(
    ("requirement", "stated"),
    [("pytest-asyncio", True), ("pytest-asyncio>=1.0", True), ("pytest-asyncio==0.21.1", False),
     ("pytest", False)],
)  # fmt: skip
def test_suite_of_sync_tests_with_the_plugin(requirement: str, stated: bool) -> None:
    files = {
        "pytest.ini": "[pytest]\n",
        "requirements.txt": f"{requirement}\n",
        "test_a.py": "def test_a():\n    assert True\n",
    }
    result = after(files)
    option = "asyncio_default_fixture_loop_scope = function"
    assert (option in result["pytest.ini"]) is stated
    assert result["requirements.txt"] == f"{requirement}\n"
    assert not migrate_files(result).changes


@pytest.mark.parametrize(
    ("declared", "option", "changes"),
    [
        ("pytest-asyncio", "fixture_loop_scope = function", False),
        ("pytest-asyncio", "fixture_loop_scope = session", False),
        ("pytest-asyncio", "fixture_loop_scope = fixture-scope", False),
        ("pytest-asyncio", "test_loop_scope = session", True),
        ("pytest-asyncio<0.24", "test_loop_scope = session", False),
        ("pytest-asyncio<=0.24", "test_loop_scope = session", True),
    ],
)
def test_suite_of_sync_tests_whose_options_are_set(
    declared: str, option: str, changes: bool
) -> None:
    files = {
        "pytest.ini": f"[pytest]\nasyncio_default_{option}\n",
        "requirements.txt": f"{declared}\n",
        "test_a.py": "def test_a():\n    assert True\n",
    }
    added = "asyncio_default_fixture_loop_scope = function\n" if changes else ""
    assert after(files)["pytest.ini"] == files["pytest.ini"] + added


@pytest.mark.parametrize("path", ["dev-requirements.txt", "tox.ini", "requirements.txt"])
def test_new_configuration_beside_declarations_that_change_too(path: str) -> None:
    declared = "pytest-asyncio==0.21.1\n"
    text = declared if path.endswith(".txt") else f"[testenv]\ndeps = {declared}"
    test = "import pytest\n\n\n@pytest.mark.asyncio\n"
    tests = f"{test}{ASYNC_TEST}\n\n@pytest.mark.asyncio\n{ASYNC_TEST.replace('one', 'two')}"
    result = after({path: text, "conftest.py": SESSION, "test_x.py": tests})
    assert "asyncio_default_test_loop_scope = session\n" in result["pytest.ini"]
    assert result["test_x.py"] == tests
    assert "0.21.1" not in result[path]


def test_both_tables_of_a_pyproject_are_an_action_at_every_run() -> None:
    table = (
        '[tool.pytest.ini_options]\naddopts = "-q"\n{}\n[ tool.pytest ]\nasyncio_mode = "auto"\n'
    )
    files = {
        "pyproject.toml": table.format(""),
        "test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one(event_loop):\n"
        "    pass\n\n\nasync def test_never_run():\n    pass\n",
    }
    changed = after(files)
    option = 'asyncio_default_fixture_loop_scope = "function"\n'
    assert changed["pyproject.toml"] == table.format(option)
    assert "async def test_one():" in changed["test_a.py"]
    for suite, line in ((files, 4), (changed, 5)):
        found = [one for one in migrate_files(suite).findings if one.code == "LS201"]
        assert [(one.path, one.line) for one in found] == [("pyproject.toml", line)]
        assert "[tool.pytest] (asyncio_mode) stands beside" in found[0].message


def test_a_default_that_no_fixture_relies_on_is_changed() -> None:
    option = "asyncio_default_fixture_loop_scope = {}\n"
    files = {
        "pytest.ini": AUTO + option.format("function"),
        "conftest.py": dedent(SESSION) + NUMBER,
        "test_x.py": "async def test_one(number):\n    pass\n",
    }
    result = after(files)
    assert option.format("session") in result["pytest.ini"]
    assert "@pytest.fixture\nasync def number" in result["conftest.py"]
    (edit,) = (
        edit
        for change in migrate_files(files).changes
        for edit in change.edits
        if edit.definition == "asyncio_default_fixture_loop_scope"
    )
    assert edit.safety is Safety.ASSUMPTION
    kept = after(files, safe_only=True)
    assert option.format("function") in kept["pytest.ini"]
    assert '(loop_scope="session")\nasync def number' in kept["conftest.py"]


def test_a_default_that_a_fixture_relies_on_stays() -> None:
    option = "asyncio_default_fixture_loop_scope = function\n"
    files = {
        "pytest.ini": AUTO + option,
        "wide/conftest.py": dedent(SESSION) + NUMBER,
        "wide/test_x.py": "async def test_one(number):\n    pass\n\n\nasync def test_two(): ...\n",
        "test_y.py": "import pytest\n\n\n@pytest.fixture\nasync def text():\n    return 1\n\n\n"
        "async def test_three(text):\n    pass\n",
    }
    assert option in after(files)["pytest.ini"]


@pytest.mark.parametrize(
    ("pins", "level"),
    [
        ("pytest==8.4.2\n", "note"),
        ("pytest>=8,<9\n", "note"),
        ("pytest>=8\n", "action"),
        ("", "action"),
    ],
)
def test_both_tables_are_for_a_person_where_pytest_9_is_admitted(pins: str, level: str) -> None:
    config = "[tool.pytest.own]\na = 1\n\n[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n"
    files = {
        "pyproject.toml": config,
        "requirements.txt": f"{pins}pytest-asyncio==1.2.0\n",
        "test_a.py": "async def test_a(): ...\n",
    }
    assert f"pyproject.toml:1 LS201 {level}" in messages(migrate_files(files))


MARKED = f"import pytest\n\n\n@pytest.mark.asyncio\n{ASYNC_TEST}"


@pytest.mark.parametrize(
    ("mode", "test", "above", "said"),
    [
        ("auto", MARKED, "", True),
        ("auto", ASYNC_TEST, "", False),  # it never ran from there
        ("auto", MARKED + NUMBER, "", False),
        ("auto", MARKED + NUMBER, "asyncio_mode = auto\n", True),
        ("strict", MARKED, "", True),
    ],
)
def test_configuration_above_has_the_default_too(
    mode: str, test: str, above: str, said: bool
) -> None:
    config = f"[pytest]\nasyncio_mode = {mode}\n"
    suite = suite_of({"pytest.ini": config, "conftest.py": SESSION, "test_a.py": test})
    outer = choose_configuration({"tox.ini": f"[pytest]\n{above}".encode()}, "../")
    assert isinstance(outer, PytestConfig)
    migration = migrate(replace(suite, cross_suite=CrossSuiteFiles(above=outer)), Options())
    assert ("pytest.ini:1 LS201 action" in messages(migration)) is said


WIDE = "import pytest\n\n\n@pytest.fixture(scope='module')\nasync def wide():\n    return 1\n"


@pytest.mark.parametrize(
    ("projects", "shared"), [({"api": False, "web": True}, True), ({"web": True}, False)]
)
def test_root_of_projects_without_a_configuration_gets_none(
    projects: dict[str, bool], shared: bool
) -> None:
    test = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one(wide, narrow): ...\n"
    narrow = "\n\n@pytest.fixture\nasync def narrow():\n    return 1\n"
    conftest = dedent(SESSION) + WIDE.partition("pytest\n")[2] + narrow
    files = {"conftest.py": conftest, "test_a.py": test}
    suite = replace(
        suite_of({**files, "requirements.txt": "pytest-asyncio==0.21.1\n"}),
        config=PytestConfig(),
        cross_suite=CrossSuiteFiles(projects=projects),
    )
    migration = migrate(suite, Options())
    after_it = {change.path: change.after.decode() for change in migration.changes}
    assert ("pytest.ini" not in after_it) is shared
    notes = [one.path for one in migration.findings if one.code == "LS201"]
    assert notes == (["api"] if shared else [])
    if shared:
        assert 'pytest.mark.asyncio(loop_scope="session")' in after_it["test_a.py"]
        assert '(scope="module", loop_scope="session")' in after_it["conftest.py"].replace(
            "'", '"'
        )
        assert '@pytest_asyncio.fixture(loop_scope="session")' in after_it["conftest.py"]
        suite = replace(
            suite, files={**suite.files, **{p: t.encode() for p, t in after_it.items()}}
        )
        assert not migrate(suite, Options()).changes


def test_a_root_that_has_a_configuration_keeps_it_for_all() -> None:
    suite = suite_of({"pytest.ini": AUTO, "conftest.py": SESSION, "test_a.py": ASYNC_TEST})
    suite = replace(suite, cross_suite=CrossSuiteFiles(projects={"api": False}))
    (change,) = [one for one in migrate(suite, Options()).changes if one.path == "pytest.ini"]
    assert b"asyncio_default_test_loop_scope = session" in change.after


@pytest.mark.parametrize(
    ("mark", "requirement", "written"),
    [
        ("anyio", "anyio", False),
        ("trio", "pytest-trio", False),
        ("anyio", "anyio\npytest-asyncio==0.21.1", True),
        ("asyncio", "anyio", True),
    ],
)
def test_an_event_loop_of_a_suite_that_anyio_runs_is_no_use_of_pytest_asyncio(
    mark: str, requirement: str, written: bool
) -> None:
    head = f"import asyncio\n\nimport pytest\n\npytestmark = pytest.mark.{mark}\n\n\n"
    body = "async def test_a(): ...\n\n\ndef test_b():\n    asyncio.get_event_loop()\n"
    files = {
        "pytest.ini": "[pytest]\n",
        "requirements.txt": f"{requirement}\n",
        "conftest.py": SESSION.replace('scope="session"', 'scope="session", autouse=True'),
        "test_a.py": head + body,
    }
    assert bool(migrate_files(files).changes) is written
