"""LS310: Pythons, pytest and plugins that do not go with the declared pytest-asyncio."""

from __future__ import annotations

import pytest

from loopscope.types import Level
from tests.rules.declared import findings

PYTHON = '[project]\nrequires-python = "{}"\n'


def test_a_pytest_that_is_too_new_for_the_target() -> None:
    (finding,) = findings(
        {"requirements.txt": "pytest-asyncio==0.21.1\npytest==9.0.0\n"}, target="1.2"
    )
    assert (finding.code, finding.line) == ("LS310", 2)
    assert "pytest below 9" in finding.message


@pytest.mark.parametrize(
    ("plugin", "pytest_pin", "target", "count"),
    [
        ("==1.2.0", "==9.0.0", "1.5", 1),
        ("==1.2.0", ">=9", "1.5", 1),
        ("==1.2.0", ">=8.4", "1.5", 0),
        ("==1.2.0", "", "1.5", 0),
        (">=1.2.0", "==9.0.0", "1.5", 0),  # pip finds a newer one
        ("==0.21.1", "==9.0.0", "1.3", 0),
        ("==0.21.1", "==9.0.0", "1.5", 0),
        ("==1.2.0", " @ git+https://example.org/pytest", "1.5", 0),
    ],
)
def test_a_pytest_beside_an_exact_plugin(
    plugin: str, pytest_pin: str, target: str, count: int
) -> None:
    text = f"pytest-asyncio{plugin}\npytest{pytest_pin}\n"
    found = findings({"requirements.txt": text}, target)
    assert [(finding.code, finding.line) for finding in found] == [("LS310", 2)] * count


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
        ("pytest-async-sqlalchemy", "1.5", 1),
        ("pytest-async-sqlalchemy", "0.26", 0),
        ("pytest-homeassistant-custom-component==0.13.109", "1.5", 1),
    ],
)
def test_plugins_that_must_move_along(pin: str, target: str, count: int) -> None:
    found = findings({"requirements.txt": f"{pin}\npytest-asyncio<1\n"}, target, (0, 24))
    assert [finding.code for finding in found] == ["LS310"] * count
