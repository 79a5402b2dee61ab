"""Requirements in CI, containers, make, scripts and pre-commit: found, edited where it is safe."""

from __future__ import annotations

import pytest

from tests.rules.declared import after, findings

WORKFLOW = """\
on: push
jobs:
  lint:
    steps:
      - run: pip install "pytest<7" ruff
  tests:
    steps:
      - name: the old pytest-asyncio==0.21.0 was fine  # pytest-asyncio<0.22
      - run: |
          # pip install pytest-asyncio==0.20
          pip install {}
"""
EDITED = [
    ('"pytest-asyncio==0.21.2"', '"pytest-asyncio==1.5.0"'),
    ("'pytest-asyncio<0.22' other", "'pytest-asyncio>=1.1' other"),
    ("-U pytest-asyncio==0.21.2 other", "-U pytest-asyncio==1.5.0 other"),
    ("pytest-asyncio==0.21.2; pytest", "pytest-asyncio==1.5.0; pytest"),
    ('"pytest_asyncio >= 0.17, < 0.22"', '"pytest_asyncio >= 1.1"'),
    ('"pytest-asyncio[docs]==0.21"', '"pytest-asyncio[docs]==1.5.0"'),
    ("pytest==7.4.4 pytest-asyncio==0.21.2", "pytest==8.4.2 pytest-asyncio==1.5.0"),
    ('"pytest<8" "pytest-asyncio<1"', '"pytest>=8.2" "pytest-asyncio>=1.1"'),
    ("pytest pytest-asyncio", "pytest pytest-asyncio"),
    ('"pytest-asyncio>=1.1"', '"pytest-asyncio>=1.1"'),
    ("git+https://github.com/pytest-dev/pytest-asyncio", None),
    ("\"pytest-asyncio==0.21; python_version < '3.13'\"", None),
]
LEFT = [
    "pytest-asyncio<0.22",  # the shell reads a file
    "pytest-asyncio~=0.21",
    "pytest-asyncio==${{ matrix.plugin }}",
    'pytest-asyncio=="$VERSION"',
    '"pytest-asyncio @ git+https://github.com/pytest-dev/pytest-asyncio@v0.21.0"',
    "pytest-asyncio=0.21",
    "pytest-asyncio==0.21.*",
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("before", "expected"), EDITED)
def test_what_is_edited(before: str, expected: str | None, newline: str) -> None:
    text = WORKFLOW.replace("\n", newline).replace("==0.21.0 was", " was")
    files = {".github/workflows/ci.yml": text.format(before)}
    changed = before.replace("==0.21;", "==1.5.0;") if expected is None else expected
    assert after(files) == {".github/workflows/ci.yml": text.format(changed)}
    assert findings(files) == []


@pytest.mark.parametrize("path", [".gitlab-ci.yml", "Dockerfile", "Makefile", "ci/test.sh"])
@pytest.mark.parametrize("command", LEFT)
def test_what_is_left_to_a_person(path: str, command: str) -> None:
    files = {path: f"# pytest-asyncio==0.1\nRUN pip install {command}\n"}
    assert after(files) == files
    assert [(one.code, one.path, one.line) for one in findings(files)] == [("LS202", path, 2)]


def test_lists_in_yaml() -> None:
    text = (
        "repos:\n- hooks:\n  - id: mypy\n    additional_dependencies:\n"
        "      - pytest-asyncio<0.22  # why\n      - pytest-asyncio ~= 0.21\n"
        "      - pytest-asyncio\n  - additional_dependencies: [a, pytest-asyncio==0.21.1]\n"
    )
    assert after({".pre-commit-config.yaml": text})[".pre-commit-config.yaml"] == text.replace(
        "<0.22", ">=1.1"
    ).replace("~= 0.21", "~= 1.1").replace("==0.21.1", "==1.5.0")
    matrix = "jobs:\n  tests:\n    matrix:\n      pytest-asyncio: ['0.21', '1.2']\n"
    assert [one.line for one in findings({".github/workflows/a.yml": matrix})] == [4]


def test_recipes_of_conda() -> None:
    text = (
        '{% set version = "1" %}\nrequirements:\n  run:\n    - python >=3.10\ntest:\n'
        "  requires:\n    - pytest-asyncio >=0.20,<0.22  # [unix]\n    - pytest <8\n"
        "    - pytest-asyncio 0.21.1\n    - pytest-asyncio\n"
    )
    for path in ("recipe/meta.yaml", "recipe.yaml"):
        assert after({path: text})[path] == text.replace(">=0.20,<0.22", ">=1.1").replace(
            "<8", ">=8.4"
        ).replace("0.21.1", "1.5.0").replace("pytest-asyncio\n", "pytest-asyncio >=1.1\n")
