"""The workflows: their schema, and that they agree with the project. They are not run here."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import tomli
import yaml

from tests import programs

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
WORKFLOWS: dict[str, dict[str, Any]] = {
    path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES
}
PROJECT = tomli.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in WORKFLOWS[name]["jobs"].values() for step in job["steps"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "path"),
    [("github-workflows", path) for path in FILES] + [("github-actions", ROOT / "action.yml")],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_schema(schema: str, path: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    options: dict[str, Any] = {"capture_output": True, "text": True, "check": False}
    done = programs.run([*command, path], **options)
    assert done.returncode == 0, done.stdout
    broken = tmp_path / path.name
    broken.write_text(path.read_text(encoding="utf-8").replace("run", "rum"), encoding="utf-8")
    assert programs.run([*command, broken], **options).returncode == 1


def test_they_are_those_that_the_checklist_names() -> None:
    assert set(WORKFLOWS) == {"tests", "release", "action"}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_each_job_has_a_limit_and_few_permissions(name: str) -> None:
    assert WORKFLOWS[name]["permissions"] == {"contents": "read"}
    for job in WORKFLOWS[name]["jobs"].values():
        assert job["timeout-minutes"] <= 60
        assert job.get("permissions", {}) in ({}, {"id-token": "write"})


@pytest.mark.parametrize("name", WORKFLOWS)
def test_nothing_that_others_write_is_pasted_into_a_script(name: str) -> None:
    assert not [step for step in steps(name) if "${{" in step.get("run", "")]


def test_pythons_are_all_from_the_oldest_supported_on() -> None:
    pythons = WORKFLOWS["tests"]["jobs"]["tests"]["strategy"]["matrix"]["python"]
    assert PROJECT["requires-python"] == f">={pythons[0]}"
    classifiers = re.findall(r":: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert pythons[: len(classifiers)] == classifiers
    assert pythons[-1] == "3.14"


def test_extras_and_folders_that_they_name_exist() -> None:
    scripts = "\n".join(step.get("run", "") for name in WORKFLOWS for step in steps(name))
    extras = {
        word for found in re.findall(r"\.\[([\w,]+)\]", scripts) for word in found.split(",")
    }
    assert extras
    assert extras <= set(PROJECT["optional-dependencies"])
    folders = set(re.findall(r"\btests/\w+", scripts))
    assert folders
    assert not [folder for folder in folders if not (ROOT / folder).is_dir()]


def test_a_release_is_refused_while_addresses_are_examples_or_it_has_no_date(
    tmp_path: Path,
) -> None:
    [check] = [step for step in steps("release") if "TAG" in step.get("env", {})]
    for name in ("codemods/loopscope/__init__.py", "CHANGELOG.md", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())

    def accepted(tag: str) -> bool:
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", check["run"]]
        options: dict[str, Any] = {"cwd": tmp_path, "env": {"TAG": tag, "PATH": "/usr/bin:/bin"}}
        return programs.run(command, check=False, **options).returncode == 0

    version = "9.8.7"
    package, changes, project = (
        tmp_path / name
        for name in ("codemods/loopscope/__init__.py", "CHANGELOG.md", "pyproject.toml")
    )
    package.write_text(f'__version__ = "{version}"\n')
    assert not accepted(f"v{version}")
    changes.write_text(f"## {version} (2027-01-01)\n")
    assert not accepted(f"v{version}")
    project.write_text(project.read_text().replace("example.org", "example.com"))
    assert accepted(f"v{version}")
    assert not accepted("v9.8.6")
    changes.write_text(f"## {version} (unreleased)\n")
    assert not accepted(f"v{version}")
