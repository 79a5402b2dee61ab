"""What a project asks of its code."""

from __future__ import annotations

import pytest

from loopscope.config.code_style import CodeStyle

LENGTHS = {
    "nothing": ({}, 0, ""),
    "ruff": ({"pyproject.toml": "[tool.ruff]\nline-length = 100\n"}, 100, "ruff"),
    "ruff by default": ({"pyproject.toml": "[tool.ruff.lint]\nselect = ['E']\n"}, 88, "ruff"),
    "ruff.toml": ({"ruff.toml": "line-length = 120\n"}, 120, "ruff"),
    ".ruff.toml": ({".ruff.toml": "line-length = 120\n"}, 120, "ruff"),
    "black": ({"pyproject.toml": "[tool.black]\nline_length = 79\n"}, 79, "black"),
    "black by default": ({"pyproject.toml": "[tool.black]\n"}, 88, "black"),
    "ruff and black": (
        {"pyproject.toml": "[tool.ruff]\nline-length = 120\n[tool.black]\nline-length = 99\n"},
        99, "black",
    ),
    "flake8": ({"setup.cfg": "[flake8]\nmax-line-length = 110\n"}, 110, "flake8"),
    ".flake8": ({".flake8": "[flake8]\nmax_line_length = 110\n"}, 110, "flake8"),
    "flake8 by default": ({"tox.ini": "[flake8]\nexclude = docs\n"}, 79, "flake8"),
    "pycodestyle": ({"setup.cfg": "[pycodestyle]\nmax-line-length = 90\n"}, 90, "pycodestyle"),
    "flake8 beside black": (
        {"pyproject.toml": "[tool.black]\n", ".flake8": "[flake8]\nmax-line-length = 79\n"},
        88, "black",
    ),
    "a hook": (
        {".pre-commit-config.yaml": "repos:\n- repo: https://github.com/psf/black\n"}, 88, "black"
    ),
    "not readable": ({"pyproject.toml": "[tool.black\n"}, 0, ""),
}  # fmt: skip


@pytest.mark.parametrize(("files", "longest", "tool"), LENGTHS.values(), ids=LENGTHS.keys())
def test_longest_line(files: dict[str, str], longest: int, tool: str) -> None:
    style = CodeStyle.of({path: text.encode() for path, text in files.items()})
    assert (style.longest, style.tool) == (longest, tool)


@pytest.mark.parametrize(
    ("path", "text", "typed"),
    [
        ("pyproject.toml", "[tool.mypy]\nstrict = true\n", True),
        ("pyproject.toml", "[tool.mypy]\nstrict = false\n", False),
        ("setup.cfg", "[mypy]\ndisallow_untyped_defs = True\n", True),
        ("mypy.ini", "[mypy]\ndisallow_incomplete_defs = true\n", True),
        (".mypy.ini", "[mypy]\nwarn_unused_ignores = True\n", False),
    ],
)
def test_typed(path: str, text: str, typed: bool) -> None:
    assert CodeStyle.of({path: text.encode()}).typed is typed
