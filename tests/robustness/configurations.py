"""TOML and INI configuration as people write it, drawn by hypothesis."""

from __future__ import annotations

import configparser
from collections.abc import Callable

import tomli
from hypothesis import strategies as st

TOML_NEUTRAL = (
    '[project]\nname = "x"   # the name\nversion="1"\n',
    "[tool.ruff]\nline-length=100\n[tool.ruff.lint]\nselect = [\n  'E',\n    'F', # two\n]\n",
    '[[tool.mypy.overrides]]\nmodule = "a.*"\n[[tool.mypy.overrides]]\nmodule = "b"\n',
    'a.b . c = 1\n"quoted key" = """\n[tool.pytest.ini_options]\n"""\n',
    "[tool.black]\n\tline-length = 1_000\n\tinclude = '''\n[x]\n'''\n",
    "[x]\ninline = { a = 1, b = [ 1,2 , 3 ] }\nwhen = 1979-05-27T07:32:00Z\n",
)
TOML_OPTIONS = (
    'asyncio_mode = "auto"', "asyncio_mode='strict'  # mode", 'addopts = "-q -ra"',
    'addopts = [\n    "-q",  # quiet\n    "--strict-markers",\n]', 'testpaths = ["."]',
    'markers = [\n  "slow: takes long",\n  "x = y",\n]', "xfail_strict = true", "# a comment",
    'filterwarnings = [\n"error",\n]', '"minversion" = "7.0"', "\n", "log_cli=false",
    'asyncio_default_fixture_loop_scope = "function"', '  asyncio_debug = "true"',
    "python_files = '''\ntest_*.py\n*_test.py'''",
)  # fmt: skip
TOML_TABLES = (
    "[tool.pytest.ini_options]", "[ tool . pytest . ini_options ]  # pytest", "[tool.pytest]",
    '[tool."pytest".ini_options]',
)  # fmt: skip
INI_NEUTRAL = (
    "[metadata]\nname = x\nversion: 1.0\n",
    "[flake8]\nmax-line-length=99\n; note\nignore =\n  E1\n\n  E2\n",
    "[mypy]\n[mypy-a.*]\nignore_errors = True\n",
    "[testenv]\ndeps =\n    pytest\n    # why\n    x[y]\n",
    "[isort]\nknown_first_party = a,b  \n# end\n", "[options.extras_require]\ntest =\n\tpytest\n",
)  # fmt: skip
INI_OPTIONS = (
    "asyncio_mode = auto", "asyncio_mode: strict", "asyncio_mode=auto  ", "addopts = -q -ra",
    "addopts =\n    -q\n    --strict-markers", "testpaths = .",
    "markers =\n    slow: takes long\n\n    b",
    "# a comment", "; another", "", "xfail_strict = true", "log_cli = 0",
    "filterwarnings =\n    error\n    ; no\n    ignore::X",
    "asyncio_default_fixture_loop_scope = function",
    "python_files = test_*.py\n  *_test.py", "  ", "minversion=7",
)  # fmt: skip


def _is_toml(text: str) -> bool:
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return False
    return True


def _is_ini(text: str) -> bool:
    parser = configparser.RawConfigParser()
    try:
        parser.read_string(text)
    except configparser.Error:
        return False
    return True


@st.composite
def _files(
    draw: st.DrawFn,
    names: tuple[str, ...],
    tables: Callable[[str], tuple[str, ...]],
    options: tuple[str, ...],
    neutral: tuple[str, ...],
    is_valid: Callable[[str], bool],
) -> tuple[str, bytes, list[bytes]]:
    """Draw the name, the contents, and the parts that must stay as they are."""
    name = draw(st.sampled_from(names))
    head = draw(st.sampled_from(tables(name)))
    lines = draw(st.lists(st.sampled_from(options), max_size=5, unique=True))
    table = "\n".join([head, *lines]) + "\n"
    others = draw(st.lists(st.sampled_from(neutral), max_size=4, unique=True))
    middle = draw(st.integers(0, len(others)))
    before, after = others[:middle], others[middle:]
    gap = draw(st.sampled_from(["", "\n", "\n\n\n", "# apart\n"]))
    text = gap.join([*before, table, *after])
    if draw(st.booleans()):
        text = text.rstrip("\n")
    kept = [part.rstrip("\n") for part in others]
    if not is_valid(text):
        text, kept = f"{head}\n", []
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))

    def encoded(part: str) -> bytes:
        return part.replace("\n", newline).encode()

    return name, encoded(text), [encoded(part) for part in kept]


def toml_files() -> st.SearchStrategy[tuple[str, bytes, list[bytes]]]:
    return _files(
        ("pyproject.toml", "pyproject.toml", "pytest.toml"),
        lambda name: ("[pytest]", "[ pytest ] # x") if name == "pytest.toml" else TOML_TABLES,
        TOML_OPTIONS, TOML_NEUTRAL, _is_toml,
    )  # fmt: skip


def ini_files() -> st.SearchStrategy[tuple[str, bytes, list[bytes]]]:
    return _files(
        ("pytest.ini", "tox.ini", "setup.cfg"),
        lambda name: ("[tool:pytest]",) if name == "setup.cfg" else ("[pytest]", "[pytest]  "),
        INI_OPTIONS, INI_NEUTRAL, _is_ini,
    )  # fmt: skip
