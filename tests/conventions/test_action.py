"""The GitHub action: its shape, and its own command as the runner would start it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import programs

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: list[dict[str, Any]] = ACTION["runs"]["steps"]


def test_shape_of_a_composite_action() -> None:
    assert set(ACTION) == {"name", "description", "branding", "inputs", "outputs", "runs"}
    assert ACTION["runs"]["using"] == "composite"
    for name, given in ACTION["inputs"].items():
        assert set(given) == {"description", "default"}, name
    for step in STEPS:
        assert ("uses" in step) != ("run" in step)
        assert "run" not in step or step["shell"] == "bash"


def test_no_input_is_pasted_into_a_script() -> None:
    """An expression in a script would run what a pull request puts into it."""
    assert not [step for step in STEPS if "${{" in step.get("run", "")]


def test_python_looks_for_no_modules_in_the_checkout(checkout: Path) -> None:
    for step in STEPS:
        for command in re.findall(r"(?:PYTHON|python)\" (.*)", step.get("run", "")):
            assert command.startswith("-I ")
    (checkout / "types.py").write_text("open('mark', 'x')\n")
    run_check(checkout, "other")
    assert not (checkout / "mark").exists()


[CHECK] = [step for step in STEPS if step.get("id") == "check"]


def run_check(directory: Path, paths: str, arguments: str = "") -> int:
    """Run the step that checks, as the runner starts bash, with the environment at hand."""
    aside = directory.parent
    done = programs.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]],
        cwd=directory,
        env={**os.environ, "BIN": str(Path(sys.executable).parent), "PATHS": paths,
             "ARGUMENTS": arguments, "REPORT": str(aside / "report.sarif"),
             "GITHUB_OUTPUT": str(aside / "outputs")},
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    print(done.stdout, done.stderr)  # noqa: T201
    return done.returncode


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    tmp_path /= "checkout"
    shutil.copytree(ROOT / "examples" / "shop", tmp_path / "my shop")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "test_a.py").write_text("def test_a(): ...\n")
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "code"),
    [("", 1), (".\n", 1), ("other\nmy shop\n", 1), ("other", 0), ("nowhere", 2), ("-x", 2)],
)
def test_paths_are_lines(checkout: Path, paths: str, code: int) -> None:
    assert run_check(checkout, paths) == code


def test_arguments_are_lines(checkout: Path) -> None:
    assert run_check(checkout, ".", "--exclude\nmy shop\n") == 0
    assert run_check(checkout, ".", "--exclude my shop") == 2


@pytest.mark.parametrize(("paths", "code"), [("my shop", 1), ("other", 0), ("nowhere", 2)])
def test_outputs_are_the_exit_code_and_a_report_for_code_scanning(
    checkout: Path, paths: str, code: int
) -> None:
    assert run_check(checkout, paths) == code
    lines = (checkout.parent / "outputs").read_text().splitlines()
    outputs = dict(line.split("=", 1) for line in lines)
    assert set(outputs) == set(ACTION["outputs"])
    assert outputs["exit-code"] == str(code)
    [run] = json.loads(Path(outputs["report"]).read_text())["runs"]
    assert bool(run["results"]) == (code == 1)
    assert run["invocations"][0]["executionSuccessful"] == (code != 2)


def test_outputs_are_those_of_the_step_and_it_is_what_is_uploaded() -> None:
    for name, output in ACTION["outputs"].items():
        assert output["value"] == f"${{{{ steps.check.outputs.{name} }}}}"
        assert f'echo "{name}=' in CHECK["run"]
    [upload] = [step for step in STEPS if "upload-sarif" in step.get("uses", "")]
    assert upload["with"]["sarif_file"] == ACTION["outputs"]["report"]["value"]
    assert upload["if"].startswith("${{ always() &&")  # also where the check fails
