"""Which runs ask for results of earlier ones, and that nobody can tell from what they print."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from loopscope.execution.jobs import migrate_one
from loopscope.types import Migration, Options, Suite
from tests.cli.conftest import Result

Run = Callable[..., Result]
SUITE = {
    "requirements.txt": "pytest-asyncio==0.21.1\n",
    "test_x.py": """\
        import asyncio, pytest

        @pytest.mark.asyncio
        async def test_one(event_loop):
            asyncio.get_event_loop().call_soon(event_loop.stop)
        """,
}


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count the results that are kept."""
    folder = tmp_path / "home" / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    monkeypatch.delenv("LOOPSCOPE_NO_CACHE")
    return lambda: sum(path.is_file() for path in folder.rglob("*"))


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "-v"],
        ["check", "--diff"],
        ["check", "--format", "sarif"],
        ["check", "--format", "github"],
        ["map"],
        ["migrate", "--diff"],
    ],
    ids=" ".join,
)
def test_a_second_run_prints_the_same(
    loopscope: Run,
    tree: Callable[[dict[str, str]], None],
    results: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    tree({f"project/{name}": text for name, text in SUITE.items()})
    first = loopscope(*arguments, "project")
    assert first.out
    assert results() == (1 if "--diff" in arguments else 2)  # that of the suite, and of the run
    monkeypatch.setattr("loopscope.execution.migrate_one", None)  # nothing is worked out
    assert loopscope(*arguments, "project") == first


def test_what_changes_is_worked_out_again(
    loopscope: Run, tree: Callable[[dict[str, str]], None], results: Callable[[], int]
) -> None:
    tree({f"project/{name}": text for name, text in SUITE.items()})
    assert loopscope("check", "project").code == 1
    tree({"project/test_x.py": "def test_one():\n    pass\n"})
    tree({"project/requirements.txt": "\n"})
    assert loopscope("check", "project").code == 0


def test_of_many_suites_only_one_that_changed_is_worked_out(
    loopscope: Run,
    tree: Callable[[dict[str, str]], None],
    results: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree({f"project/{suite}/{name}": text for suite in "abc" for name, text in SUITE.items()})
    tree({f"project/{suite}/pytest.ini": "" for suite in "abc"})
    loopscope("check", "project")
    tree({"project/b/test_x.py": "import asyncio\nasyncio.get_event_loop()\n"})
    done: list[str] = []

    def noted(suite: Suite, options: Options) -> Migration:
        done.append(suite.label)
        return migrate_one(suite, options)

    monkeypatch.setattr("loopscope.execution.migrate_one", noted)
    loopscope("check", "project")
    assert done == ["project/b"]


@pytest.mark.parametrize("switch", ["--no-cache", "LOOPSCOPE_NO_CACHE", "migrate"])
def test_runs_without_results_of_others(
    loopscope: Run,
    tree: Callable[[dict[str, str]], None],
    results: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    switch: str,
) -> None:
    tree({f"project/{name}": text for name, text in SUITE.items()})
    if switch.isupper():
        monkeypatch.setenv(switch, "1")
    command = "migrate" if switch == "migrate" else "check"
    loopscope(command, *([switch] if switch.startswith("-") else []), "project")
    assert results() == 0
