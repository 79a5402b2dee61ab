"""LS202: a pytest that is capped is raised only where pytest-asyncio is installed beside it."""

from __future__ import annotations

import pytest

from loopscope.rewriting.edits import RequirementEdit
from loopscope.types import Finding
from tests.rules.declared import after, findings, outcomes
from tests.suites_in_memory import migrate_files

TOX = "[tox]\nenvlist = py37-plain, py311-tornado, py311-async\n[testenv]\ndeps =\n"
FILES = {
    "factors": {
        "tox.ini": TOX + "    async: pytest-asyncio\n    plain: pytest<7\n"
        "    # tornado does not run with pytest 8.2\n    tornado: pytest<8.2\n"
    },
    "braces": {
        "tox.ini": "[tox]\r\nenvlist = {py36,py37}-common, py311-async\r\n[testenv]\r\ndeps =\r\n"
        "    {py36,py37}-common: pytest<7.0.0\r\n    async: pytest-asyncio\r\n"
    },
    "sections": {
        "tox.ini": "[testenv]\ndeps = pytest<7\n[testenv:async]\ndeps =\n    pytest\n"
        "    pytest-asyncio\n"
    },
    "pyproject": {
        "pyproject.toml": '[tool.tox]\nlegacy_tox_ini = """\n'
        + TOX
        + '    async: pytest-asyncio\n    plain: pytest==6.2.5\n"""\n'
    },
    "tables of tox": {
        "pyproject.toml": '[tool.tox.env_run_base]\ndeps = ["pytest", "pytest-asyncio"]\n'
        '[tool.tox.env.old]\ndeps = ["pytest<7"]\n'
    },
    "tox.toml": {
        "tox.toml": '[env.async]\ndeps = ["pytest", "pytest-asyncio"]\n'
        '[env_run_base]\ndeps = ["pytest<7"]\n'
    },
    "another extra": {
        "tox.ini": "[testenv]\nextras = docs\ndeps = pytest<7\n",
        "setup.cfg": "[options.extras_require]\ndocs = sphinx\ntest =\n    pytest\n"
        "    pytest-asyncio\n",
    },
    "another file": {
        "tox.ini": "[testenv]\nextras = docs\ndeps = pytest<7\n",
        "requirements-dev.txt": "pytest-asyncio\npytest\n",
    },
    "groups": {
        "pyproject.toml": '[dependency-groups]\ndocs = ["pytest<7"]\n'
        'test = ["pytest", "pytest-asyncio"]\n'
    },
    "groups that lack pytest": {
        "pyproject.toml": '[dependency-groups]\ndocs = ["pytest<7"]\nasync = ["pytest-asyncio"]\n'
    },
    "extras": {
        "pyproject.toml": '[project]\nname = "a"\n[project.optional-dependencies]\n'
        'old = ["pytest<7"]\ntest = ["pytest>=6", "pytest-asyncio"]\n'
    },
    "setup.cfg": {
        "setup.cfg": "[options.extras_require]\nold =\n    pytest<7\ntest =\n    pytest\n"
        "    pytest-asyncio\n"
    },
    "setup.py": {
        "setup.py": 'setup(extras_require={"old": ["pytest<7"],\n'
        '    "test": ["pytest", "pytest-asyncio"]})\n'
    },
    "nox": {
        "noxfile.py": 'def docs(session):\n    session.install("pytest<7")\n\n\n'
        'def tests(session):\n    session.install("pytest", "pytest-asyncio")\n'
    },
    "files": {
        "requirements/docs.txt": "pytest<7\n",
        "requirements/test.txt": "pytest\npytest-asyncio\n",
    },
    "conda": {
        "docs-environment.yml": "dependencies:\n  - pytest<7\n",
        "environment.yml": "dependencies:\n  - pytest\n  - pytest-asyncio\n",
    },
    "hatch": {
        "pyproject.toml": '[tool.hatch.envs.old]\ndependencies = ["pytest<7"]\n'
        '[tool.hatch.envs.test]\ndependencies = ["pytest", "pytest-asyncio"]\n'
    },
}


@pytest.mark.parametrize("files", FILES.values(), ids=FILES)
def test_a_cap_elsewhere_stays(files: dict[str, str]) -> None:
    expected = {
        path: text.replace("pytest-asyncio", "pytest-asyncio>=1.1") for path, text in files.items()
    }
    assert after(files) == expected
    assert findings(files) == []


TOGETHER = {
    "tox": {"tox.ini": "[testenv]\ndeps =\n    pytest<8\n    pytest-asyncio\n"},
    "tox and an extra": {
        "tox.ini": "[testenv]\nextras = test\ndeps = pytest<8\n",
        "pyproject.toml": '[project.optional-dependencies]\ntest = ["pytest-asyncio"]\n',
    },
    "tox and an extra by the project's name": {
        "tox.ini": "[testenv]\ndeps =\n    pytest<8\n    My_App[dev]\n",
        "pyproject.toml": '[project]\nname = "my-app"\n[project.optional-dependencies]\n'
        'dev = ["my-app[test]"]\ntest = ["pytest-asyncio"]\n',
    },
    "tox and an extra of a list in setup.py": {
        "tox.ini": "[testenv]\ndeps =\n    pytest<8\n    .[dev]\n",
        "setup.py": 'TESTS = ["pytest-asyncio"]\nsetup(extras_require={"dev": TESTS})\n',
    },
    "tox and an extra that setup.py reads from a file": {
        "tox.ini": "[testenv]\ndeps =\n    pytest<8\n    .[dev]\n",
        "setup.py": 'TESTS = open("requirements-dev.txt").readlines()\n'
        'setup(extras_require={"dev": TESTS}, tests_require=["pytest"])\n',
        "requirements-dev.txt": "pytest-asyncio\n",
    },
    "tables of tox and a group": {
        "pyproject.toml": '[tool.tox.env_run_base]\ndeps = ["pytest<8"]\n'
        'dependency_groups = ["test"]\n[dependency-groups]\ntest = ["pytest-asyncio"]\n'
    },
    "tables of tox that refer": {
        "tox.toml": '[env_run_base]\ndeps = ["pytest-asyncio"]\n[env.a]\ndeps = ["pytest<8",'
        ' { replace = "ref", of = ["env_run_base", "deps"], extend = true }]\n'
    },
    "tox and the base": {
        "tox.ini": "[testenv]\ndeps = pytest-asyncio\n",
        "setup.cfg": "[options]\ninstall_requires = pytest<8\n",
    },
    "included group": {
        "pyproject.toml": '[dependency-groups]\nbase = ["pytest<8"]\n'
        'test = [{include-group = "base"}, "pytest-asyncio"]\n'
    },
    "including group": {
        "pyproject.toml": '[dependency-groups]\nold = ["pytest<8", {include-group = "x"}]\n'
        'x = ["pytest-asyncio"]\n'
    },
    "extra of an extra": {
        "pyproject.toml": '[project]\nname = "My.App"\n[project.optional-dependencies]\n'
        'a = ["pytest<8"]\nb = ["my-app[a]", "pytest-asyncio"]\n'
    },
    "dependencies": {
        "pyproject.toml": '[project]\ndependencies = ["pytest<8"]\n'
        '[dependency-groups]\nasync = ["pytest-asyncio"]\n'
    },
    "two groups for tests": {
        "pyproject.toml": '[dependency-groups]\ntest = ["pytest<8"]\nasync = ["pytest-asyncio"]\n'
    },
    "included file": {
        "requirements/base.txt": "pytest<8\n",
        "requirements/test.txt": "-r base.txt\npytest\npytest-asyncio\n",
    },
    "constraints": {
        "constraints.txt": "pytest<8\n",
        "requirements.txt": "pytest\npytest-asyncio\n",
    },
    "Poetry's groups": {
        "pyproject.toml": '[tool.poetry.group.a.dependencies]\npytest = "<8"\n'
        '[tool.poetry.group.b.dependencies]\npytest-asyncio = ">=0.20"\n'
    },
}


@pytest.mark.parametrize("files", TOGETHER.values(), ids=TOGETHER)
def test_a_cap_beside_it_is_raised(files: dict[str, str]) -> None:
    changed = after(files)
    assert not any("<8" in text for text in changed.values())
    assert sum(text.count(">=8.2") for text in changed.values()) == 1
    assert findings(files) == []


CAPS = {
    "factor": "    pytest-asyncio\n    tornado: pytest<8.2\n",
    "exact": "    pytest-asyncio\n    tornado: pytest==7.4.4\n",
    "both under it": "    tornado: pytest-asyncio\n    tornado: pytest<8\n",
    "not all": "    pytest<8\n    async: pytest-asyncio\n",
}


@pytest.mark.parametrize("deps", CAPS.values(), ids=CAPS)
@pytest.mark.parametrize("raises", [True, False])
def test_a_cap_of_some_environments_is_left_to_a_person(deps: str, raises: bool) -> None:
    envlist = "[tox]\nenvlist = py311-tornado, py311-async\n[testenv]\ndeps =\n"
    text = envlist + (deps if raises else deps.replace("asyncio", "asyncio>=1.2"))
    found = outcomes({"tox.ini": text}, raises=raises)
    acts = [one for one in found if isinstance(one, Finding)]
    line = next(number for number, one in enumerate(text.splitlines(), 1) if "pytest<" in one
                or "pytest==" in one)  # fmt: skip
    assert [(one.code, one.path, one.line) for one in acts] == [("LS202", "tox.ini", line)]
    edits = [one for one in found if isinstance(one, RequirementEdit)]
    assert [one.package for one in edits] == (["pytest-asyncio"] if raises else [])


def test_a_plugin_line_for_old_pythons_alone_is_left_to_a_person() -> None:
    text = (
        "[tox]\nenvlist = py37, py311\n[testenv]\ndeps =\n    py37: pytest-asyncio<0.22\n"
        "    py311: pytest-asyncio<0.22\n"
    )
    assert after({"tox.ini": text})["tox.ini"] == text.replace(
        "py311: pytest-asyncio<0.22", "py311: pytest-asyncio>=1.1"
    )
    assert [(one.code, one.line) for one in findings({"tox.ini": text})] == [("LS310", 5)]


def test_a_run_time_requirement_of_a_pytest_plugin_is_for_its_users() -> None:
    entry = '[project.entry-points.pytest11]\nx = "x.plugin"\n'
    files = {
        "pyproject.toml": '[project]\ndependencies = ["pytest<8", "pytest-asyncio<1"]\n' + entry,
    }
    assert after(files) == files
    assert [one.line for one in findings(files)] == [2, 2]
    files = {
        "pyproject.toml": '[project]\ndependencies = ["pytest-asyncio>=0.20"]\n' + entry,
        "requirements.txt": "pytest-asyncio==0.21.1\n",
    }
    assert after(files) == {**files, "requirements.txt": "pytest-asyncio==1.5.0\n"}
    assert findings(files) == []
    del files["requirements.txt"]
    assert after(files) == files
    (finding,) = findings(files)
    assert "for the tests of this project" in finding.message


HOOK = """\
import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef, request):
    if fixturedef.argname == "event_loop":
        return make_loop()
"""
FIXTURE = """\
import pytest


@pytest.fixture
def shop(request):
    return request.config
"""


@pytest.mark.parametrize("before", ["<1.0", "<1", "==0.21.1", "~=0.21.1"])
@pytest.mark.parametrize("plugin", ["src/shop/plugin.py", "shop_plugin.py"])
def test_a_cap_stays_that_the_project_s_own_plugin_needs(before: str, plugin: str) -> None:
    module = plugin.removeprefix("src/").removesuffix(".py").replace("/", ".")
    files = {
        "pyproject.toml": f'[dependency-groups]\ntest = ["pytest<8", "pytest-asyncio{before}"]\n'
        f'[project.entry-points.pytest11]\nx = "{module}"\n[tool.pytest.ini_options]\n'
        'asyncio_mode = "auto"\n',
        plugin: HOOK,
        "tests/test_a.py": "async def test_a(event_loop):\n    pass\n",
    }
    migration = migrate_files(files)
    assert migration.changes == ()
    (kept,) = [one for one in migration.findings if one.code == "LS202"]
    assert (kept.path, kept.line) == ("pyproject.toml", 2)
    assert kept.message == (
        f"pytest-asyncio{before} stays, and so do the tests: the pytest plugin of this project"
        f" goes by event_loop ({plugin}:6), which pytest-asyncio 1.0 dropped. Change that, and run"
        " loopscope again"
    )
    done = migrate_files({**files, plugin: FIXTURE})
    result = {change.path: change.after.decode() for change in done.changes}
    assert done.findings == ()
    assert "event_loop" not in result["tests/test_a.py"]
    assert before not in result["pyproject.toml"]
    free = migrate_files(files, requirements=False)
    assert "tests/test_a.py" in {change.path for change in free.changes}


def test_product_code_is_changed_beside_a_cap_that_stays() -> None:
    product = "import asyncio\n\n\nasync def run():\n    return asyncio.get_event_loop()\n"
    files = {
        "pyproject.toml": '[dependency-groups]\ntest = ["pytest-asyncio<1.0"]\n'
        '[project.entry-points.pytest11]\nx = "shop_plugin"\n',
        "shop_plugin.py": HOOK,
        "shop.py": product,
        "test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(event_loop):\n"
        "    pass\n",
    }
    (change,) = migrate_files(files).changes
    assert (change.path, b"get_running_loop()" in change.after) == ("shop.py", True)


def test_a_hook_that_is_no_plugin_of_users_keeps_no_cap() -> None:
    files = {
        "requirements.txt": "pytest-asyncio<1.0\n",
        "conftest.py": HOOK,
        "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
        "tests/test_a.py": "async def test_a(event_loop):\n    pass\n",
    }
    migration = migrate_files(files)
    changed = {change.path: change.after.decode() for change in migration.changes}
    assert changed["requirements.txt"] == "pytest-asyncio>=1.0\n"
    assert any(one.code == "LS318" for one in migration.findings)
