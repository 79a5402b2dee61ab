"""LS310: Pythons, pytest and plugins that do not go with the declared pytest-asyncio."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loopscope.rewriting.edits import RequirementEdit
from loopscope.types import Level
from tests.rules.declared import after, findings, outcomes

PYTHON = '[project]\nrequires-python = "{}"\n'
CI = """\
jobs:
  tests:
    strategy:
      matrix:
        python-version: [3.8, '3.12']
    steps:
      - run: pytest
"""


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
    (finding,) = findings(files, named=True)
    assert (finding.code, finding.level, finding.path, finding.line) == (
        "LS310",
        Level.ACTION,
        "pyproject.toml",
        2,
    )
    assert finding.message == (
        "pytest-asyncio 1.5 needs Python 3.10, but requires-python admits 3.8, 3.9: drop 3.8, 3.9 "
        "here, or install pytest-asyncio on Python 3.10 and newer only "
        '(python_version >= "3.10" behind the requirement), '
        "or migrate with --target 0.24, where event_loop is still the plugin's own fixture, and "
        "what needs a bridge is left to you"
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
    assert [(one.path, one.line) for one in findings(files)] == [("pyproject.toml", 2)]
    assert findings(files, raises=False) == [
        replace(one, message=one.message.partition(", or migrate")[0]) for one in findings(files)
    ]
    files["requirements.txt"] = 'pytest-asyncio>=1.1; python_version >= "3.9"\n'
    del files["tox.ini"]
    assert findings(files) == []


@pytest.mark.parametrize(
    ("path", "text", "place"),
    [
        ("pyproject.toml", '[tool.poetry.dependencies]\nx = "1"\npython = "^3.8"\n', 3),
        ("setup.cfg", "[metadata]\n[options]\npython_requires = >=3.8\n", 3),
        ("setup.py", "setup(\n    python_requires='>=3.8')\n", 2),
        ("setup.py", "setup(classifiers=[\n'Programming Language :: Python :: 3.12',\n"
         "'Programming Language :: Python :: 3.8'])\n", 3),
        ("tox.ini", "[tox]\nskipsdist = true\nenvlist = py38, py311\n[testenv]\n"
         "deps = -rrequirements.txt\n", 3),
        ("noxfile.py", '@nox.session(python=["3.8", "3.11"])\ndef tests(session): ...\n', 1),
        ("noxfile.py", 'ALL = ["3.8"]\n@nox.session(python=ALL)\ndef tests(session): ...\n', 1),
        (".github/workflows/ci.yml", CI, 5),
        (".github/workflows/ci.yaml", CI.replace("[3.8, '3.12']", "\n          - 3.8"), 5),
        (".github/workflows/ci.yml", CI.replace("[3.8, '3.12']", "[\n  '3.8',\n '3.9'\n ]"), 5),
        (".gitlab-ci.yml", "test:\n  image: python:3.8-slim\n  script: pytest\n", 2),
    ],
)  # fmt: skip
def test_each_place_that_declares_a_python(path: str, text: str, place: int) -> None:
    for newline in ("\n", "\r\n"):
        files = {path: text.replace("\n", newline), "requirements.txt": "pytest-asyncio>=1.2\n"}
        for raises in (True, False):
            found = findings(files, raises=raises)
            assert [(one.code, one.path, one.line) for one in found] == [("LS310", path, place)]
        assert (
            findings({**files, path: files[path].replace("3.8", "3.9").replace("38", "39")}) == []
        )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (".github/workflows/ci.yml", CI.replace("pytest", "ruff").replace("tests:", "lint:")),
        (".github/workflows/ci.yml", CI.replace("[3.8, '3.12']", "[3.12]  # no 3.8 any more")),
        ("tox.ini", "[tox]\nenvlist = py38-lint, py311\n[testenv]\ndeps =\n"
         "    py311: pytest-asyncio>=1.2\n"),
        ("setup.cfg", "[metadata]\nclassifiers =\n    Programming Language :: Python :: 3.8\n"
         "[options]\npython_requires = >=3.9\n"),
    ],
)  # fmt: skip
def test_a_python_without_these_tests_is_nothing(path: str, text: str) -> None:
    files = {path: text}
    if path != "tox.ini":
        files["requirements.txt"] = "pytest-asyncio>=1.2\n"
    assert findings(files) == []


def test_the_jobs_of_one_workflow_are_one_finding() -> None:
    job = "  {}:\n    with:\n      python-version: '{}'\n    run: pytest\n"
    versions = {"a": "3.8", "b": "3.12", "c": "3.7", "d": "3.8"}
    text = "jobs:\n" + "".join(job.format(*item) for item in versions.items())
    files = {
        ".github/workflows/ci.yml": text,
        ".github/workflows/docs.yml": "jobs:\n" + job.format("e", "3.8"),
        "requirements.txt": "pytest-asyncio>=1.2\n",
    }
    ci, docs = findings(files)
    assert (ci.path, ci.line) == (".github/workflows/ci.yml", 4)
    assert "this job (and lines 12, 16) names 3.7, 3.8: drop 3.7, 3.8 here" in ci.message
    assert docs.message == (
        "this job names 3.8, where pytest-asyncio 1.2 does not run: what can be done is said at"
        " .github/workflows/ci.yml:4"
    )
    two = text.replace("3.7", "3.9")
    (one,) = findings({".github/workflows/ci.yml": two, "requirements.txt": "pytest-asyncio>=1.2"})
    assert "this job (and line 16) names 3.8: drop" in one.message
    setup = "setup(classifiers=['Programming Language :: Python :: 3.8'])\n"
    (one,) = findings({"setup.py": setup, "requirements.txt": "pytest-asyncio>=1.2\n"})
    assert "but the classifiers name 3.8: drop" in one.message


@pytest.mark.parametrize("path", ["requirements.txt", "base.requirements.txt"])
@pytest.mark.parametrize(
    ("plugin", "aiohttp", "told"),
    [
        ("pytest-aiohttp~=1.0.5", "~=3.9.0", "1.1 or newer, which needs aiohttp 3.11"),
        ("pytest-aiohttp==1.0.5", ">=3.9.0,<3.11", "1.1 or newer, which needs aiohttp 3.11"),
        ("aresponses<3", "==3.6.1", "3.0 or newer, which needs aiohttp 3.7"),
    ],
)
def test_a_plugin_whose_needs_are_capped_is_left_to_a_person(
    path: str, plugin: str, aiohttp: str, told: str
) -> None:
    files = {"requirements.txt": f"{plugin}\npytest-asyncio>=1.1\n"}
    files[path] = files.get(path, "") + f"aiohttp{aiohttp}\n"
    assert after(files) == files
    (finding,) = findings(files)
    line = 3 if path == "requirements.txt" else 1
    assert finding.message.endswith(f"move it to {told} ({path}:{line} caps it)")
    free = {**files, path: files[path].replace(aiohttp, ">=3.9,<4")}
    assert findings(free) == []
    assert plugin not in after(free)["requirements.txt"]


PLUGIN_OF_AIOHTTP = "pytest-aiohttp==1.0.5\npytest-asyncio>=1.1\n"


@pytest.mark.parametrize(
    ("files", "capped"),
    [
        ({"docs/requirements.txt": "aiohttp==3.8.1\n"}, ""),
        ({"requirements-lint.txt": "aiohttp==3.8.1\n"}, ""),
        ({"docs/requirements.txt": "-r ../tests.requirements.txt\naiohttp<3.9\n"}, "docs/"),
        ({"docs-and-tests/requirements.txt": "aiohttp==3.8.1\n"}, "docs-and-tests/"),
        (
            {
                "docs/requirements.txt": "aiohttp==3.8.1\n",
                "core.requirements.txt": "aiohttp==3.8.3\n",
                "tests.requirements.txt": f"-r core.requirements.txt\n{PLUGIN_OF_AIOHTTP}",
            },
            "core.",
        ),
        (
            {
                "setup.cfg": "[options.extras_require]\ndocs =\n    aiohttp<3.9\n",
                "tox.ini": "[testenv:docs]\ndeps = aiohttp<3.9\n",
            },
            "",
        ),
        ({"setup.cfg": "[options]\ninstall_requires =\n    aiohttp<3.9\n"}, "setup.cfg"),
    ],
)
def test_a_cap_counts_where_pytest_asyncio_is_installed(
    files: dict[str, str], capped: str
) -> None:
    files = {"tests.requirements.txt": PLUGIN_OF_AIOHTTP, **files}
    found = [one.message for one in findings(files)]
    assert len(found) == bool(capped)
    assert all(f"({capped}" in message and "caps it)" in message for message in found)
    assert ("pytest-aiohttp==1.0.5" in after(files)["tests.requirements.txt"]) is bool(capped)


@pytest.mark.parametrize(
    ("path", "head", "says"),
    [
        ("tox.toml", "", "env_list"),
        ("pyproject.toml", "[tool.tox]\n", "tool.tox.env_list"),
    ],
)
def test_the_environments_of_a_native_table_of_tox(path: str, head: str, says: str) -> None:
    names = "env_list = [\n  '3.8', \"py37-async\", \"lint\", '3.12'  # 3.6\n]\n"
    files = {path: head + names, "requirements.txt": "pytest-asyncio>=1.2\n"}
    (finding,) = findings(files)
    assert (finding.path, finding.line) == (path, 1 + head.count("\n"))
    assert f"but {says} names 3.7, 3.8: drop 3.7, 3.8 here" in finding.message
    assert (
        findings({**files, path: (head + names).replace("3.8", "3.9").replace("37", "312")}) == []
    )


def test_pins_that_move_to_different_releases_are_named_in_each_text() -> None:
    files = {
        ".github/workflows/ci.yml": "jobs:\n  a:\n    with:\n      python-version: '3.9'\n"
        "    run: pip install pytest-asyncio==0.21.1 && pytest\n",
        "tox.ini": "[tox]\nenvlist = py311, py312\n[testenv]\ndeps = pytest-asyncio==0.21.1\n",
        "pyproject.toml": PYTHON.format(">=3.8"),
    }
    ci, tox, required = outcomes(files)
    assert ci.message == (
        "pytest-asyncio==0.21.1 becomes pytest-asyncio==1.2.0: the newest that runs on the Pythons"
        " declared here (1.5 does not run on 3.8, 3.9); tox.ini:4 gets 1.5.0"
    )
    assert tox.message == (
        "pytest-asyncio==0.21.1 becomes pytest-asyncio==1.5.0: the newest, which runs on the"
        " Pythons where this is installed; .github/workflows/ci.yml:5 gets 1.2.0"
    )
    assert required.message.startswith(
        "pytest-asyncio 1.2 (.github/workflows/ci.yml:5; tox.ini:4 has 1.5) needs Python 3.9, but"
        " requires-python admits 3.8: "
    )


def test_an_exact_pin_moves_to_what_the_declared_pythons_run() -> None:
    pin = {"requirements.txt": "pytest-asyncio==0.23.5\n"}
    for declared, release, named in (
        (">=3.10", "1.5.0", False),
        (">=3.9", "1.2.0", False),
        (">=3.9", "1.5.0", True),
        (">=3.8", "1.2.0", False),
    ):
        files = {**pin, "pyproject.toml": PYTHON.format(declared)}
        edits = [one for one in outcomes(files, named=named) if isinstance(one, RequirementEdit)]
        assert [one.new for one in edits] == [f"=={release}"], declared
        assert ("1.5 does not run on" in edits[0].message) == (release == "1.2.0")
    tox = "[tox]\nenvlist = py39, py311\n[testenv]\ndeps = pytest-asyncio==0.21.1\n"
    assert after({"tox.ini": tox})["tox.ini"] == tox.replace("0.21.1", "1.2.0")


@pytest.mark.parametrize(
    ("pin", "target", "count"),
    [
        ("pytest-aiohttp<1.1", "1.5", 0),
        ("pytest-aiohttp @ https://h/x.whl", "1.5", 0),
        ("pytest-aiohttp==1.0.5", "0.26", 0),
        ("pytest-aiohttp>=1.0", "1.5", 0),
        ("pytest-aiohttp", "1.5", 0),
        ("pytest-lazy-fixture==0.6.3", "1.5", 1),
        ("pytest-lazy-fixture", "0.26", 1),
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


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"requirements/constraints.txt": "pytest-lazy-fixture>=999999999\n"}, []),
        (
            {"pyproject.toml": '[tool.uv]\nconstraint-dependencies = ["pytest-lazy-fixture<1"]\n'},
            [],
        ),
        (
            {
                "constraints.txt": "pytest-lazy-fixture==0.6.3\n",
                "dev.requirements.txt": "pytest-lazy-fixture\n",
            },
            ["dev.requirements.txt"],
        ),
    ],
)
def test_a_constraint_installs_no_plugin(files: dict[str, str], places: list[str]) -> None:
    found = findings({"requirements.txt": "pytest-asyncio>=1.0\n", **files})
    assert [one.path for one in found] == places
