"""The model of a suite before and after: its settings, and what becomes of files with errors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loopscope.analysis.suite.classify import Settings
from loopscope.loop_map.build_model import build_model, rebuild_model
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.rules.registry import FILE_CHECKS
from loopscope.types import (
    Change,
    CrossSuiteFiles,
    FileError,
    PytestConfig,
    Scope,
    Suite,
    Target,
)
from tests.suites_in_memory import suite_of

TEST = "async def test_one(): ...\n"
BROKEN = "def (:\n"


def model_of(suite: Suite, errors: list[FileError] | None = None) -> SuiteModel:
    return build_model(suite, errors if errors is not None else [], 0, FILE_CHECKS)


def settings_of(**files: str) -> Settings:
    named = {name.replace("__", "."): text for name, text in files.items()}
    return model_of(suite_of({"test_a.py": TEST, **named})).settings


def test_settings_without_configuration_or_requirements() -> None:
    settings = settings_of()
    assert (settings.mode, settings.test_default, settings.fixture_default) == (
        "strict",
        None,
        None,
    )
    assert not settings.fixture_scope
    assert not settings.declared


@pytest.mark.parametrize(
    ("option", "fixture_default", "fixture_scope"),
    [("module", Scope.MODULE, False), ("fixture-scope", None, True), ("nonsense", None, False)],
)
def test_settings_of_a_configuration(
    option: str, fixture_default: Scope | None, fixture_scope: bool
) -> None:
    settings = settings_of(
        pytest__ini="[pytest]\nasyncio_mode = auto\nasyncio_default_test_loop_scope = session\n"
        f"asyncio_default_fixture_loop_scope = {option}\n"
    )
    assert (settings.mode, settings.test_default) == ("auto", Scope.SESSION)
    assert (settings.fixture_default, settings.fixture_scope) == (fixture_default, fixture_scope)


@pytest.mark.parametrize(
    ("pin", "config", "mode"),
    [
        ("pytest-asyncio<0.19", "", "legacy"),
        ("pytest-asyncio==0.18.3", "", "legacy"),
        ("pytest-asyncio<0.20", "", "strict"),
        ("pytest-asyncio", "", "strict"),
        ("pytest<7", "", "strict"),
        ("pytest-asyncio==0.18.3", "asyncio_mode = strict", "strict"),
        ("pytest-asyncio==0.18.3", "asyncio_mode = auto", "auto"),
        ("pytest-asyncio==0.18.3", "addopts = --asyncio-mode=auto", "auto"),
    ],
)
def test_legacy_mode_is_the_default_up_to_0_18(pin: str, config: str, mode: str) -> None:
    files = {"requirements__txt": f"{pin}\n", "pytest__ini": f"[pytest]\n{config}\n"}
    assert settings_of(**files).mode == mode


@pytest.mark.parametrize(
    ("files", "declared"),
    [
        ({"requirements__txt": "pytest-asyncio\n"}, True),
        ({"requirements__txt": "pytest\n"}, False),
        ({"pytest__ini": "[pytest]\nasyncio_mode = strict\n"}, True),
        ({"pytest__ini": "[pytest]\naddopts = -v\nasyncio_debug = true\n"}, True),
        ({"pytest__ini": "[pytest]\naddopts = -v\n"}, False),
    ],
)
def test_plugin_is_declared_by_requirements_or_an_option(
    files: dict[str, str], declared: bool
) -> None:
    assert settings_of(**files).declared is declared


def cross(suite: Suite, **texts: str) -> Suite:
    below = {"sub/": Suite("sub", PytestConfig(), {"test_b.py": texts["below"].encode()})}
    outside = {"../conftest.py": texts["outside"].encode()}
    return replace(suite, cross_suite=CrossSuiteFiles(outside=outside, below=below))


def test_errors_are_those_of_files_of_the_suite() -> None:
    errors: list[FileError] = []
    suite = cross(suite_of({"test_a.py": TEST, "test_c.py": BROKEN}), below=BROKEN, outside=BROKEN)
    model = model_of(suite, errors)
    assert [(error.path, error.line) for error in errors] == [("test_c.py", 1)]
    assert set(model.files) == {"test_a.py"}


def test_bytes_that_are_no_text_and_files_that_take_too_long_are_errors() -> None:
    errors: list[FileError] = []
    suite = suite_of({"test_a.py": TEST})
    files = {**suite.files, "test_b.py": b"# coding: utf-8\nx = '\xff'\n"}
    assert set(model_of(replace(suite, files=files), errors).files) == {"test_a.py"}
    assert [error.path for error in errors] == ["test_b.py"]
    errors.clear()
    slow = replace(suite, files={"test_a.py": b"x = [1, 2]\n" * 10_000})
    build_model(slow, errors, 1e-6, FILE_CHECKS)
    assert [(error.path, "took longer" in error.message) for error in errors] == [
        ("test_a.py", True)
    ]


def test_files_of_other_suites_are_read_along() -> None:
    suite = cross(suite_of({"test_a.py": TEST, "notes.txt": "x"}), below=TEST, outside="x = 1\n")
    assert set(model_of(suite).files) == {"test_a.py", "sub/test_b.py", "../conftest.py"}


# -- after a migration ----------------------------------------------------------------------


def rebuilt(
    suite: Suite,
    after: dict[str, str],
    errors: list[FileError] | None = None,
    target: Target | None = None,
) -> SuiteModel:
    changes = [
        Change(path, suite.files.get(path), text.encode(), ()) for path, text in after.items()
    ]
    found = errors if errors is not None else []
    return rebuild_model(suite, model_of(suite), changes, found, 0, target)


def test_changed_configuration_counts_and_the_rest_stays() -> None:
    suite = suite_of({"test_a.py": TEST, "conftest.py": "x = 1\n"})
    result = rebuilt(suite, {"pytest.ini": "[pytest]\nasyncio_mode = auto\n"})
    assert result.settings.mode == "auto"
    assert set(result.files) == {"test_a.py", "conftest.py"}
    assert rebuilt(suite, {"test_a.py": TEST}).settings.mode == "strict"


def test_new_configuration_counts() -> None:
    suite = Suite("suite", PytestConfig(), {"test_a.py": TEST.encode()})
    ini = "[pytest]\nasyncio_default_test_loop_scope = module\n"
    result = rebuilt(suite, {"conftest.py": "x = 1\n", "pytest.ini": ini})
    assert result.settings.test_default is Scope.MODULE
    assert set(result.files) == {"test_a.py", "conftest.py"}


@pytest.mark.parametrize("path", ["dev-requirements.txt", "ci/requirements.txt", "tox.ini"])
def test_declarations_are_no_configuration(path: str) -> None:
    files = {"test_a.py": TEST.encode(), path: b"[testenv]\n"}
    ini = "[pytest]\nasyncio_default_test_loop_scope = module\n"
    suite = Suite("suite", PytestConfig(), files)
    result = rebuilt(suite, {path: "[testenv]\n", "pytest.ini": ini})
    assert result.settings.test_default is Scope.MODULE
    table = ini.replace("[pytest]", "[tool.pytest.ini_options]").replace("module", "'module'")
    result = rebuilt(suite, {path: "[testenv]\n", "pyproject.toml": table})
    assert result.settings.test_default is Scope.MODULE
    config = PytestConfig("setup.cfg", "tool:pytest")
    configured = Suite("suite", config, {**files, "setup.cfg": b"[tool:pytest]\n"})
    result = rebuilt(configured, {path: "[testenv]\n", "setup.cfg": ini.replace("[", "[tool:")})
    assert result.settings.test_default is Scope.MODULE


def test_configuration_in_a_folder_is_read_by_its_name() -> None:
    config = PytestConfig("conf/pytest.ini", "pytest")
    suite = Suite("suite", config, {"test_a.py": TEST.encode(), "conf/pytest.ini": b"[pytest]\n"})
    result = rebuilt(suite, {"conf/pytest.ini": "[pytest]\nasyncio_mode = auto\n"})
    assert result.settings.mode == "auto"


def test_broken_change_is_an_error_in_this_suite_only() -> None:
    errors: list[FileError] = []
    suite = cross(suite_of({"test_a.py": TEST}), below=TEST, outside="x = 1\n")
    rebuilt(suite, {"test_a.py": BROKEN, "sub/test_b.py": BROKEN}, errors)
    assert [error.path for error in errors] == ["test_a.py"]


def test_changes_to_other_suites_are_read() -> None:
    suite = cross(suite_of({"test_a.py": TEST}), below=TEST, outside="x = 1\n")
    result = rebuilt(suite, {"sub/test_b.py": TEST + TEST.replace("one", "two")})
    assert len(result.files["sub/test_b.py"].functions) == 2


def test_release_of_the_result_is_the_target() -> None:
    suite = suite_of({"test_a.py": TEST, "requirements.txt": "pytest-asyncio==0.18.3\n"})
    assert rebuilt(suite, {}, target=Target(1, 1)).settings.evidence.newest == (1, 1)
    newest = Target.newest()
    settings = rebuilt(suite, {}).settings
    assert settings.evidence.newest == (newest.major, newest.minor)
    assert settings.mode == "strict"  # the old pin says nothing of the result


@pytest.mark.parametrize(
    ("path", "text", "auto"),
    [
        ("Makefile", "test:\n\tpytest \\\n\t\t--asyncio-mode=auto -x\n", True),
        ("ci/run.sh", "pytest --asyncio-mode auto tests\n", True),
        ("noxfile.py", 'def tests(s):\n    s.run("pytest", "--asyncio-mode", "auto")\n', True),
        ("tox.ini", "[testenv]\ncommands = pytest -o asyncio_mode=auto\n", True),
        (".github/workflows/ci.yml", "steps:\n- run: pytest --asyncio-mode=auto\n", True),
        ("Makefile", "test:\n\t# pytest --asyncio-mode=auto\n", False),
        ("Makefile", "test:\n\tpytest --asyncio-mode=strict\n", False),
        ("other/tox.ini", "[pytest]\nasyncio_mode=auto\n", False),
        ("helpers.py", 'COMMAND = "pytest --asyncio-mode=auto"\n', False),
    ],
)  # fmt: skip
def test_mode_of_a_command(path: str, text: str, auto: bool) -> None:
    files = {"pytest.ini": b"[pytest]\n", "test_a.py": TEST.encode(), path: text.encode()}
    suite = Suite("suite", PytestConfig("pytest.ini", "pytest"), files)
    model = model_of(suite)
    assert model.mode == ("auto" if auto else "strict")
    assert rebuild_model(suite, model, [], [], 0).mode == model.mode
    options = {"asyncio_mode": "strict"}
    strict = replace(suite, config=PytestConfig("pytest.ini", "pytest", options=options))
    assert model_of(strict).mode == "strict"
