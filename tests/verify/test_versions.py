"""Which pytest and pytest-asyncio each side is run with, by what its files ask for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from loopscope.types import Target
from loopscope.verify import versions
from loopscope.verify.interpreters import Interpreter
from loopscope.verify.pinned import Place, pinned
from loopscope.verify.versions import (
    Side,
    choose_alone,
    choose_legacy,
    choose_modern,
    choose_to_collect,
)

_OLD, _NEW = ("pytest<8.2", "pytest-asyncio==0.21.2"), ("pytest>=8.4", "pytest-asyncio>=1.5")
_PYTHON = Interpreter(
    Path("python"), "3.11.7", "", {"pytest": "8.4.2", "pytest-asyncio": "1.1.0"}, {}, (), ()
)


def _place(folder: Path, files: Mapping[str, str]) -> Place:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return Place(folder, folder)


@pytest.mark.parametrize(
    ("files", "packages", "noted"),
    [
        ({"setup.py": ""}, _OLD, ""),
        ({"requirements.txt": "pytest==7.4.4"}, ("pytest==7.4.4,<8.2", _OLD[1]), ""),
        ({"setup.cfg": "[options.extras_require]\ntest =\n  pytest>=7,<8\n"},
         ("pytest<8,>=7,<8.2", _OLD[1]), ""),
        ({"pyproject.toml": "[tool.poetry.dev-dependencies]\npytest = '^7.2'\n"},
         ("pytest<8,>=7.2,<8.2", _OLD[1]), ""),
        ({"requirements.txt": "pytest==8.3.5"}, _OLD, "pytest==8.3.5 (requirements.txt) cannot"),
        ({"test.txt": "pytest-asyncio==0.20.3"},
         (_OLD[0], "pytest-asyncio==0.20.3,<1.0"), ""),
        ({"requirements-dev.txt": "pytest-asyncio>=0.20\n"}, _OLD, ""),
        ({"requirements.txt": "pytest-asyncio==0.23.8\npytest==8.3.5"},
         ("pytest==8.3.5", "pytest-asyncio==0.23.8,<1.0"), ""),
        ({"requirements.txt": "pytest-asyncio>=1.1"}, _OLD, "pytest-asyncio>=1.1 (requirements"),
        ({"tox.ini": "[testenv]\ndeps =\n  a: pytest==7.0\n  b: pytest==7.4\n"}, _OLD, ""),
        ({"requirements.txt": "pytest==7.4.4", "dev.txt": "pytest==7.1.0"}, _OLD, "cannot"),
    ],
)  # fmt: skip
def test_the_original_follows_its_files(
    files: Mapping[str, str], packages: tuple[str, str], noted: str, tmp_path: Path
) -> None:
    wanted = versions._legacy(pinned(_place(tmp_path, files)), "1.0")
    assert wanted.packages == packages
    assert (noted in " ".join(wanted.notes)) if noted else not wanted.notes


@pytest.mark.parametrize(
    ("files", "packages", "noted"),
    [
        ({"setup.py": ""}, _NEW, ""),
        ({"requirements.txt": "pytest==8.4.2\npytest-asyncio>=1.1"},
         ("pytest==8.4.2,>=8.4", "pytest-asyncio>=1.1,>=1.5"), ""),
        ({"requirements.txt": "pytest==8.3.5\npytest-asyncio==1.3.0"},
         ("pytest==8.3.5,>=8.2", "pytest-asyncio==1.3.0"), ""),
        ({"requirements.txt": "pytest==7.4.4"}, _NEW, "pytest==7.4.4 (requirements.txt) cannot"),
        ({"requirements.txt": "pytest-asyncio==0.21.2"}, _NEW, "pytest-asyncio==0.21.2"),
    ],
)  # fmt: skip
def test_the_migrated_suite_follows_its_files(
    files: Mapping[str, str], packages: tuple[str, str], noted: str, tmp_path: Path
) -> None:
    wanted = versions._modern(pinned(_place(tmp_path, files)), Target(1, 5))
    assert wanted.packages == packages
    assert (noted in " ".join(wanted.notes)) if noted else not wanted.notes


@pytest.mark.slow
def test_environments_that_are_made_have_what_each_side_asks_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No Python with pytest is around: the requirements of the two copies are installed."""
    monkeypatch.setenv("LOOPSCOPE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(versions, "in_use", lambda *_: None)
    before = _place(tmp_path / "before", {"requirements.txt": "pytest==7.4.4\niniconfig\n"})
    options = "[project]\nname = 'x'\ndependencies = ['--target=OUTSIDE', 'iniconfig']\n"
    after = _place(
        tmp_path / "after", {"requirements.txt": "pytest==8.4.2\n", "pyproject.toml": options}
    )
    sides = (
        choose_legacy(before, before, None),
        choose_modern(before, after, None, Target(1, 5)),
    )
    assert [_has(side) for side in sides] == ["7.4.4", "8.4.2"]
    assert "'--target=OUTSIDE', which is no requirement" in " ".join(sides[1].notes)
    assert not (Path.cwd() / "OUTSIDE").exists()


def _has(side: Side) -> str:
    return versions.inspect(side.python).pytest


@pytest.mark.parametrize(
    ("requirement", "noted"),
    [("pytest-asyncio==0.1", "pytest-asyncio==0.1 (requirements.txt) is not what"), ("", "")],
)
def test_a_python_that_collects_and_has_something_else_is_said(
    requirement: str, noted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = _place(tmp_path, {"requirements.txt": requirement})
    monkeypatch.setattr(versions, "inspect", lambda _: _PYTHON)
    side = choose_to_collect(place, place, _PYTHON.path)
    assert (noted in " ".join(side.notes)) if noted else not side.notes
    assert ("--collect-python" in " ".join(side.notes)) is bool(noted)


@pytest.mark.parametrize(("below", "taken"), [("", True), (">=99", False)])
def test_a_suite_on_loop_scopes_runs_with_the_python_in_use_where_that_fits(
    below: str, taken: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = _place(tmp_path, {"requirements.txt": f"pytest-asyncio{below}"})
    monkeypatch.setattr(versions, "in_use", lambda *_: _PYTHON)
    monkeypatch.setattr(versions, "_after", lambda *_: Side(Path("made")))
    side = choose_alone(place, place, None, Target.newest())
    assert (side.python == Path("made")) is not taken
