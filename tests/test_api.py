"""The public API: documented, and its page is true."""

from __future__ import annotations

import inspect
import pickle
import re
import sys
from pathlib import Path

import pytest

import loopscope
from loopscope import FileError, Options, load_suites, migrate, suite_of
from tests import programs

PAGE = (Path(__file__).parents[1] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
NAMES = [name for name in loopscope.__all__ if name != "__version__"]


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_and_method_has_a_docstring(name: str) -> None:
    found = getattr(loopscope, name)
    members = [found]
    if inspect.isclass(found):
        members += [
            member for key, member in inspect.getmembers(found, inspect.isroutine)
            if not key.startswith("_") and key in vars(found)
        ]  # fmt: skip
        members += [m for k, m in vars(found).items() if isinstance(m, property)]
    for member in members:
        text = member.__doc__
        assert text, member
        # Dataclasses make a docstring of their signature where there is none.
        assert not text.startswith(f"{name}("), member


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_is_on_the_page(name: str) -> None:
    assert re.search(rf"^\| `{name}(\(\))?` \| \w.* \|$", PAGE, re.MULTILINE)


def test_no_other_name_is_found() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = loopscope.nothing


def test_the_example_of_the_page_prints_what_it_says() -> None:
    [output] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    command = [sys.executable, "-c", EXAMPLES[0]]
    done = programs.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == output


@pytest.mark.slow
def test_the_examples_of_the_page_are_typed_strictly(tmp_path: Path) -> None:
    for number, code in enumerate(EXAMPLES):
        (tmp_path / f"example_{number}.py").write_text(code, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--no-incremental", str(tmp_path)]
    done = programs.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == f"Success: no issues found in {len(EXAMPLES)} source files\n"


def test_suite_with_a_broken_configuration_says_so_and_raises_nothing() -> None:
    suite = suite_of({"pytest.ini": b"[pytest\n", "test_a.py": b""})
    [error] = migrate(suite, Options()).errors
    assert error.path == "pytest.ini"


def test_path_that_does_not_exist_is_a_value() -> None:
    [error] = load_suites([Path("nowhere")])
    assert isinstance(error, FileError)


def test_results_can_be_pickled() -> None:
    suite = suite_of({"test_a.py": b"async def test_a(): ...\n"})
    migration = migrate(suite, Options(loop_maps=True))
    assert pickle.loads(pickle.dumps(migration)) == migration
