"""LS202: what becomes of each declaration, and what a person is told (LS310 too)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loopscope.requirements import set_pins
from loopscope.rewriting.edits import RequirementEdit
from loopscope.rules.ls202_requirement import check_requirement
from loopscope.types import Finding, Level, Target

POETRY = '[tool.poetry.dependencies]\npytest-asyncio = "{}"\n'
PYTHON = '[project]\nrequires-python = "{}"\n'


def outcomes(
    files: Mapping[str, str], target: str = "1.5", least: tuple[int, int] = (1, 1)
) -> list[RequirementEdit | Finding]:
    data = {path: text.encode() for path, text in files.items()}
    return list(check_requirement(data, Target.parse(target), least, uses_plugin=True))


def after(
    files: Mapping[str, str], target: str = "1.5", least: tuple[int, int] = (1, 1)
) -> dict[str, str]:
    result = dict(files)
    found = outcomes(files, target, least)
    for path in files:
        wanted = {
            one.ordinal: one.new
            for one in found
            if isinstance(one, RequirementEdit) and one.path == path
        }
        result[path] = set_pins(path, files[path].encode(), wanted).decode()
    again = [one for one in outcomes(result, target, least) if isinstance(one, RequirementEdit)]
    assert again == [], "a second run must change nothing"
    return result


def line(text: str, target: str = "1.5", least: tuple[int, int] = (1, 1)) -> str:
    return after({"requirements.txt": text}, target, least)["requirements.txt"]


def findings(
    files: Mapping[str, str], target: str = "1.5", least: tuple[int, int] = (1, 1)
) -> list[Finding]:
    return [one for one in outcomes(files, target, least) if isinstance(one, Finding)]


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", ">=1.1"),
        (">=0.21", ">=1.1"),
        ("<0.22", ">=1.1"),
        (">=0.20,<0.22", ">=1.1"),
        ("<0.22,>=0.20", ">=1.1"),
        ("<2,>=0.20", "<2,>=1.1"),
        (" >= 0.20, < 2", " >= 1.1, < 2"),
        (">=0.20,!=0.21.0,!=1.3.0", ">=1.1,!=1.3.0"),
        (">0.18", ">=1.1"),
        ("~=0.21", ">=1.1"),
        ("~=0.21.1", ">=1.1"),
        ("~=1.0", "~=1.1"),
        ("~=1.0.0", ">=1.1"),
        ("==0.21.*", ">=1.1"),
        ("==0.21.1", "==1.5.0"),
        (" == 0.21.1", " == 1.5.0"),
        ("===0.21.1", "===1.5.0"),
        (">=1.1", ">=1.1"),
        ("~=1.2", "~=1.2"),
        (">=1.1,<1.3", ">=1.1,<1.3"),
        ("==1.1.0", "==1.1.0"),
        (">=1.0", ">=1.1"),
    ],
)
def test_ranges_and_exact_pins(before: str, expected: str) -> None:
    assert line(f"pytest-asyncio{before}  # why\n") == f"pytest-asyncio{expected}  # why\n"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("^0.21", ">=1.1"),
        ("~0.21.1", ">=1.1"),
        ("^1.0", "^1.1"),
        ("^1.1", "^1.1"),
        ("*", ">=1.1"),
        ("0.21.*", ">=1.1"),
        ("0.21.1", "1.5.0"),
        ("==0.21.1", "==1.5.0"),
        ("^0.21 || ^0.23", ">=1.1"),
        ("^1.1 || ^2.0", "^1.1 || ^2.0"),
    ],
)
def test_poetry(before: str, expected: str) -> None:
    files = {"pyproject.toml": POETRY.format(before)}
    assert after(files) == {"pyproject.toml": POETRY.format(expected)}


def test_conda_keeps_its_single_equals_sign() -> None:
    files = {"environment.yml": "dependencies:\n  - pytest-asyncio=0.21.1\n"}
    assert after(files)["environment.yml"] == "dependencies:\n  - pytest-asyncio=1.5.0\n"


def test_never_above_the_target_nor_below_what_any_migration_needs() -> None:
    assert line("pytest-asyncio<0.22", "1.0", (1, 1)) == "pytest-asyncio>=1.0"
    assert line("pytest-asyncio<0.22", "1.5", (0, 24)) == "pytest-asyncio>=1.0"
    assert line("pytest-asyncio<0.22", "0.26", (0, 24)) == "pytest-asyncio>=0.24"
    assert line("pytest-asyncio==0.21.1", "0.25", (0, 24)) == "pytest-asyncio==0.25.3"


def test_every_file_of_a_suite() -> None:
    files = {
        "pyproject.toml": '[dependency-groups]\ntest = ["pytest-asyncio<1"]\n',
        "requirements/test.txt": "pytest-asyncio<1\r\n",
        "tests/conftest.py": '"pytest-asyncio<1"\n',
    }
    changed = {path: text.replace("<1", ">=1.1") for path, text in files.items()}
    changed["tests/conftest.py"] = files["tests/conftest.py"]
    assert after(files) == changed


def test_nothing_where_it_is_not_used_or_not_declared() -> None:
    data = {"requirements.txt": b"pytest-asyncio<1\n"}
    assert list(check_requirement(data, Target.newest(), (1, 1), uses_plugin=False)) == []
    assert outcomes({"requirements.txt": "pytest==7.4.4\n"}) == []


def test_the_edit_tells_what_and_why() -> None:
    (edit,) = outcomes({"requirements.txt": "x\npytest-asyncio<1\n"})
    assert isinstance(edit, RequirementEdit)
    assert (edit.code, edit.line, edit.old, edit.new) == ("LS202", 2, "<1", ">=1.1")
    assert edit.message == (
        "pytest-asyncio<1 becomes pytest-asyncio>=1.1: "
        "older releases lack what the suite uses (1.1)"
    )


# -- findings instead of edits ----------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", '[[package]]\nname = "pytest-asyncio"\nversion = "0.21.1"\n'),
        ("requirements.txt", "pytest-asyncio==0.21.1 --hash=sha256:ab\n"),
        ("requirements.txt", "# autogenerated by pip-compile\npytest-asyncio==0.21.1\n"),
        ("requirements.txt", "pytest-asyncio @ git+https://h/x/pytest-asyncio@v0.21.1\n"),
        ("requirements.txt", "pytest-asyncio @ git+https://h/x/pytest-asyncio@branch\n"),
        ("requirements.txt", "pytest-asyncio @ git+https://h/x/pytest-asyncio@9034a2b\n"),
        ("requirements.txt", "pytest-asyncio @ https://h/x.whl\n"),
        ("noxfile.py", 'session.install(f"pytest-asyncio=={V}")\n'),
        ("pyproject.toml", '[project]\ndependencies = ["pytest-asyncio\n'),
    ],
)
def test_by_hand(path: str, text: str) -> None:
    (finding,) = outcomes({path: text})
    assert isinstance(finding, Finding)
    assert (finding.code, finding.level, finding.path) == ("LS202", Level.ACTION, path)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", '[[package]]\nname = "pytest-asyncio"\nversion = "1.1.0"\n'),
        ("requirements.txt", "pytest-asyncio==1.5.0 --hash=sha256:ab\n"),
        ("requirements.txt", "pytest-asyncio @ git+https://h/x/pytest-asyncio@v1.2.0\n"),
        ("requirements.txt", "git+https://h/x/pytest-asyncio\n"),
    ],
)
def test_what_is_new_enough_is_no_finding(path: str, text: str) -> None:
    assert outcomes({path: text}) == []


# -- pytest -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "expected", "target"),
    [
        ("pytest-asyncio<1\npytest<8\n", "pytest-asyncio>=1.1\npytest>=8.2\n", "1.5"),
        ("pytest-asyncio<1\npytest>=7\n", "pytest-asyncio>=1.1\npytest>=7\n", "1.5"),
        ("pytest-asyncio<1\npytest<9\n", "pytest-asyncio>=1.1\npytest<9\n", "1.5"),
        ("pytest-asyncio<1\npytest\n", "pytest-asyncio>=1.1\npytest\n", "1.5"),
        ("pytest-asyncio<1\npytest==7.4.4\n", "pytest-asyncio>=1.1\npytest==8.2.2\n", "1.5"),
        ("pytest-asyncio==0.21.1\npytest~=7.4\n", "pytest-asyncio==1.5.0\npytest>=8.4\n", "1.5"),
        (
            "pytest-asyncio==0.21.1\npytest==7.4.4\n",
            "pytest-asyncio==1.3.0\npytest==8.2.2\n",
            "1.3",
        ),
        (
            "pytest-asyncio==0.21.1\npytest>=7,<8\n",
            "pytest-asyncio==1.2.0\npytest>=8.2,<9\n",
            "1.2",
        ),
        ("pytest-asyncio>=1.4\npytest<8.4\n", "pytest-asyncio>=1.4\npytest>=8.4\n", "1.5"),
    ],
)
def test_a_pytest_that_is_capped_is_raised(before: str, expected: str, target: str) -> None:
    assert line(before, target) == expected


def test_a_pytest_in_another_file_and_in_poetrys_style() -> None:
    files = {
        "pyproject.toml": '[tool.poetry.group.t.dependencies]\npytest = "^7.4"\n',
        "requirements.txt": "pytest-asyncio<1",
    }
    assert '"^8.2"' not in after(files)["pyproject.toml"]
    assert 'pytest = ">=8.2"' in after(files)["pyproject.toml"]


def test_a_pytest_that_is_too_new_for_the_target() -> None:
    (finding,) = findings(
        {"requirements.txt": "pytest-asyncio==0.21.1\npytest==9.0.0\n"}, target="1.2"
    )
    assert (finding.code, finding.line) == ("LS310", 2)
    assert "pytest below 9" in finding.message


# -- Python and plugins -----------------------------------------------------------------


def test_a_python_that_the_release_does_not_run_on() -> None:
    files = {
        "pyproject.toml": PYTHON.format(">=3.8"),
        "requirements.txt": "pytest-asyncio==0.21.1\n",
    }
    (finding,) = findings(files)
    assert (finding.code, finding.level, finding.path) == (
        "LS310",
        Level.ACTION,
        "requirements.txt",
    )
    assert finding.message == (
        "pytest-asyncio 1.5 needs Python 3.10, but 3.8, 3.9 are supported here: drop 3.8, 3.9, "
        'or run the tests on Python 3.10 and newer only (python_version >= "3.10"), '
        "or migrate with --target 0.24"
    )


def test_a_range_only_needs_a_release_for_each_python() -> None:
    declared = {"requirements.txt": "pytest-asyncio<1\n"}
    assert findings({**declared, "setup.py": "setup(python_requires='>=3.9')"}) == []
    assert len(findings({**declared, "setup.py": "setup(python_requires='>=3.8')"})) == 1
    assert findings(declared) == []


def test_the_finding_stays_until_it_is_dealt_with_and_is_told_once() -> None:
    files = {
        "pyproject.toml": PYTHON.format(">=3.8"),
        "requirements.txt": "pytest-asyncio>=1.1\n",
        "tox.ini": "[testenv]\ndeps = pytest-asyncio>=1.1\n",
    }
    assert len(findings(files)) == 1
    files["requirements.txt"] = 'pytest-asyncio>=1.1; python_version >= "3.9"\n'
    del files["tox.ini"]
    assert findings(files) == []


def test_pins_for_separate_pythons() -> None:
    text = (
        'pytest-asyncio==0.21.1; python_version < "3.9"\n'
        'pytest-asyncio==0.21.2; python_version == "3.9"\n'
        'pytest-asyncio==0.23.8; python_version >= "3.10"\n'
        'pytest-asyncio<1; sys_platform == "win32" and python_version < "3.8"\n'
    )
    files = {"requirements.txt": text, "setup.cfg": "[options]\npython_requires = >=3.8\n"}
    assert after(files)["requirements.txt"] == text.replace("0.21.2", "1.2.0").replace(
        "0.23.8", "1.5.0"
    )
    assert [finding.line for finding in findings(files)] == [1]


@pytest.mark.parametrize(
    ("pin", "target", "count"),
    [
        ("pytest-aiohttp<1.1", "1.5", 1),
        ("pytest-aiohttp==1.0.5", "1.5", 1),
        ("pytest-aiohttp==1.0.5", "0.26", 0),
        ("pytest-aiohttp>=1.0", "1.5", 0),
        ("pytest-aiohttp", "1.5", 0),
        ("aresponses==2.1.6", "1.5", 1),
        ("aresponses~=3.0", "1.5", 0),
        ("pytest-operator", "1.5", 1),
        ("pytest-homeassistant-custom-component==0.13.109", "1.5", 1),
    ],
)
def test_plugins_that_must_move_along(pin: str, target: str, count: int) -> None:
    found = findings({"requirements.txt": f"{pin}\npytest-asyncio<1\n"}, target, (0, 24))
    assert [finding.code for finding in found] == ["LS310"] * count
