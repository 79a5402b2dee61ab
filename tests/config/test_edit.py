"""Options are written where pytest reads them, and every other byte stays."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from loopscope.config.edit import OptionsError, set_options
from loopscope.config.pytest_config import read_configuration
from loopscope.types import PytestConfig

BOTH = {
    "asyncio_default_fixture_loop_scope": "session",
    "asyncio_default_test_loop_scope": "session",
}
INI = "asyncio_default_fixture_loop_scope = session\nasyncio_default_test_loop_scope = session\n"
TOML = INI.replace("session", '"session"')


def config_of(name: str, text: str) -> PytestConfig:
    config = read_configuration(name, text.encode(), f"a/{name}")
    assert isinstance(config, PytestConfig)
    return config


def put(name: str, before: str, values: Mapping[str, str | bool] = BOTH) -> str:
    return set_options(before.encode(), config_of(name, before), values).decode()


def mode(name: str, before: str) -> str:
    return put(name, before, {"asyncio_mode": "auto"})


@pytest.mark.parametrize(
    ("name", "header", "line"),
    [
        ("pytest.toml", "[pytest]", TOML),
        (".pytest.toml", "[pytest]", TOML),
        ("pytest.ini", "[pytest]", INI),
        (".pytest.ini", "[pytest]", INI),
        ("pyproject.toml", "[tool.pytest.ini_options]", TOML),
        ("tox.ini", "[pytest]", INI),
        ("setup.cfg", "[tool:pytest]", INI),
    ],
)
def test_each_kind_of_file(name: str, header: str, line: str) -> None:
    assert put(name, f"{header}\n\n[x]\n") == f"{header}\n{line}\n[x]\n"


def test_options_go_after_the_last_asyncio_option() -> None:
    before = '[tool.pytest.ini_options]\nasyncio_mode = "auto"\nmarkers = []\n'
    after = f'[tool.pytest.ini_options]\nasyncio_mode = "auto"\n{TOML}markers = []\n'
    assert put("pyproject.toml", before) == after
    assert put("tox.ini", "[pytest]\nasyncio_mode = auto\na = 1\n") == (
        f"[pytest]\nasyncio_mode = auto\n{INI}a = 1\n"
    )


def test_options_go_before_the_comment_of_the_next_table() -> None:
    before = "[tool.pytest.ini_options]\na = 1\n\n# about x\n[tool.x]\nb = 1\n"
    after = f"[tool.pytest.ini_options]\na = 1\n{TOML}\n# about x\n[tool.x]\nb = 1\n"
    assert put("pyproject.toml", before) == after
    before = "[tool:pytest]\na = 1\n\n# about x\n[flake8]\nb = 1\n"
    after = f"[tool:pytest]\na = 1\n{INI}\n# about x\n[flake8]\nb = 1\n"
    assert put("setup.cfg", before) == after


def test_options_go_after_all_lines_of_a_value() -> None:
    before = "[pytest]\naddopts =\n    -v\n\n    # why\n    -x\n\n[x]\n"
    after = f"[pytest]\naddopts =\n    -v\n\n    # why\n    -x\n{INI}\n[x]\n"
    assert put("tox.ini", before) == after
    before = '[tool.pytest.ini_options]\naddopts = [\n  "]", # ]\n  "-x",\n]  # c\n[x]\n'
    after = f'[tool.pytest.ini_options]\naddopts = [\n  "]", # ]\n  "-x",\n]  # c\n{TOML}[x]\n'
    assert put("pyproject.toml", before) == after


def test_strings_that_look_like_toml_are_no_headers() -> None:
    text = 'x = """\n[tool.pytest.ini_options]\n\\"""a = 1"""""\ny = \'\'\'\n[pytest]\n\'\'\'\n'
    before = f"{text}[tool.pytest.ini_options]\na = 1\n"
    assert put("pyproject.toml", before) == f"{text}[tool.pytest.ini_options]\na = 1\n{TOML}"


def test_table_comes_before_and_after_its_siblings() -> None:
    before = "[tool.a]\n[tool.pytest.ini_options]\na = 1\n[[tool.b]]\nc = 1\n[[tool.b]]\nc = 2\n"
    after = (
        f"[tool.a]\n[tool.pytest.ini_options]\na = 1\n{TOML}[[tool.b]]\nc = 1\n[[tool.b]]\nc = 2\n"
    )
    assert put("pyproject.toml", before) == after


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends_and_missing_final_newline(end: str, last: bool) -> None:
    for name, header, value in [
        ("tox.ini", "[pytest]", "auto"),
        ("pyproject.toml", "[tool.pytest.ini_options]", '"auto"'),
    ]:
        before = end.join([header, "a = 1", *([""] if last else [])])
        after = end.join([header, "a = 1", f"asyncio_mode = {value}", *([""] if last else [])])
        assert mode(name, before) == after


def test_mixed_line_ends_stay() -> None:
    assert mode("tox.ini", "[x]\n[pytest]\r\na=1\nb=2\r\n[y]\n") == (
        "[x]\n[pytest]\r\na=1\nb=2\r\nasyncio_mode=auto\r\n[y]\n"
    )


def test_byte_order_mark_and_non_ascii_stay() -> None:
    before = "\ufeff# Ärger\n[pytest]\naddopts = -k é\n"
    assert mode("pytest.ini", before) == f"{before}asyncio_mode = auto\n"


@pytest.mark.parametrize(
    ("model", "line"),
    [
        ("a=1", "asyncio_mode=auto"),
        ("a = 1", "asyncio_mode = auto"),
        ("a: 1", "asyncio_mode: auto"),
        ("a:\t1", "asyncio_mode:\tauto"),
        ("a =\n  1", "asyncio_mode = auto"),
        ("a=\n  1", "asyncio_mode=auto"),
        ("a               = 1", "asyncio_mode    = auto"),
        ("b=1\na =\n  1", "asyncio_mode=auto"),
    ],
)
def test_spacing_of_an_ini_section(model: str, line: str) -> None:
    assert mode("tox.ini", f"[pytest]\n{model}\n") == f"[pytest]\n{model}\n{line}\n"


@pytest.mark.parametrize(
    ("model", "line"),
    [
        ('a="1"', 'asyncio_mode="auto"'),
        ('  a = "1"', '  asyncio_mode = "auto"'),
        ("\ta = '1'", "\tasyncio_mode = 'auto'"),
        ("a = ['1']", "asyncio_mode = 'auto'"),
        ("a = '''\n1'''", "asyncio_mode = 'auto'"),
        ("a = 1", 'asyncio_mode = "auto"'),
        ('a               = "1"  # c', 'asyncio_mode    = "auto"'),
        ('markers.a = "1"', 'asyncio_mode = "auto"'),
    ],
)
def test_style_of_a_toml_table(model: str, line: str) -> None:
    before = f"[tool.pytest.ini_options]\n{model}\n"
    assert mode("pyproject.toml", before) == f"{before}{line}\n"


def test_indentation_of_an_empty_toml_table() -> None:
    before = "[tool]\n  [tool.pytest.ini_options]\n"
    assert mode("pyproject.toml", before) == f'{before}  asyncio_mode = "auto"\n'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("asyncio_mode=legacy", "asyncio_mode=auto"),
        ("asyncio_mode :  legacy  ", "asyncio_mode :  auto  "),
        ("asyncio_mode =\n    legacy", "asyncio_mode =\n    auto"),
        ("asyncio_mode = legacy\n  # c\n  more", "asyncio_mode = auto\n  # c"),
        ("asyncio_mode = legacy # c", "asyncio_mode = auto"),
        ("asyncio_mode = mode", "asyncio_mode = auto"),
        ("asyncio_mode =", "asyncio_mode = auto"),
        ("asyncio_mode=", "asyncio_mode=auto"),
        ("asyncio_mode = ", "asyncio_mode = auto"),
    ],
)
def test_replaced_in_ini(old: str, new: str) -> None:
    assert mode("tox.ini", f"[pytest]\n{old}\nb = 1\n") == f"[pytest]\n{new}\nb = 1\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("asyncio_mode='legacy' # c", "asyncio_mode='auto' # c"),
        ('asyncio_mode  =  "legacy"', 'asyncio_mode  =  "auto"'),
        ('"asyncio_mode" = "legacy"', '"asyncio_mode" = "auto"'),
        ("asyncio_mode = '''\nlegacy'''", "asyncio_mode = 'auto'"),
        ("asyncio_mode = true", 'asyncio_mode = "auto"'),
    ],
)
def test_replaced_in_toml(old: str, new: str) -> None:
    before = "[tool.pytest.ini_options]\n{}\nb = 1\n"
    assert mode("pyproject.toml", before.format(old)) == before.format(new)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tox.ini", "[pytest]\nasyncio_mode   =  auto\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\nasyncio_mode = '''auto'''\n"),
    ],
)
def test_value_that_is_there_stays_as_it_is_written(name: str, text: str) -> None:
    assert mode(name, text) == text


def test_some_replaced_and_some_added() -> None:
    before = "[pytest]\nasyncio_default_test_loop_scope = function\nasyncio_mode = auto\n"
    assert put("pytest.ini", before) == (
        "[pytest]\nasyncio_default_test_loop_scope = session\nasyncio_mode = auto\n"
        "asyncio_default_fixture_loop_scope = session\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'tool.pytest.ini_options.a = "1" # c\nb = 1\n[x]\n',
            'tool.pytest.ini_options.a = "1" # c\n'
            'tool.pytest.ini_options.asyncio_mode = "auto"\nb = 1\n[x]\n',
        ),
        (
            "[tool]\npytest . 'ini_options'.a = \"1\"\n",
            "[tool]\npytest . 'ini_options'.a = \"1\"\n"
            "pytest . 'ini_options'.asyncio_mode = \"auto\"\n",
        ),
        (
            "[tool.pytest]\nini_options = { a = '1' } # c\n[x]\n",
            "[tool.pytest]\nini_options = { a = '1', asyncio_mode = 'auto' } # c\n[x]\n",
        ),
        (
            "[tool]\npytest = {ini_options={asyncio_x=[{b=1}], a.b={c=1}}}\n",
            '[tool]\npytest = {ini_options={asyncio_x=[{b=1}], asyncio_mode="auto", a.b={c=1}}}\n',
        ),
        (
            "[tool.pytest]\nini_options = {}\n",
            '[tool.pytest]\nini_options = { asyncio_mode = "auto" }\n',
        ),
        (
            'tool = { pytest.ini_options.a = "1" }\n',
            'tool = { pytest.ini_options.a = "1", pytest.ini_options.asyncio_mode = "auto" }\n',
        ),
    ],
)
def test_dotted_keys_and_inline_tables(before: str, after: str) -> None:
    assert mode("pyproject.toml", before) == after


def test_tables_below_the_options_are_left_behind_them() -> None:
    before = "[tool.pytest.ini_options]\na = 1\n[tool.pytest.ini_options.sub]\nb = 1\n"
    assert mode("pyproject.toml", before) == (
        '[tool.pytest.ini_options]\na = 1\nasyncio_mode = "auto"\n'
        "[tool.pytest.ini_options.sub]\nb = 1\n"
    )


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("pyproject.toml", "[tool.pytest]\na = 1\n", "asyncio_debug = true"),
        ("pytest.toml", "[pytest]\na = 1\n", "asyncio_debug = true"),
        ("pyproject.toml", "[tool.pytest.ini_options]\na = 1\n", 'asyncio_debug = "true"'),
        ("setup.cfg", "[tool:pytest]\na = 1\n", "asyncio_debug = true"),
    ],
)
def test_bools(name: str, text: str, line: str) -> None:
    assert put(name, text, {"asyncio_debug": True}) == f"{text}{line}\n"
    assert put(name, text, {"asyncio_debug": False}) == f"{text}{line}\n".replace("true", "false")


def test_quotes_that_a_value_needs() -> None:
    before = "[pytest]\na = 'b'\n"
    assert put("pytest.toml", before, {"x": "it's \\"}) == before + 'x = "it\'s \\\\"\n'


def test_option_that_is_a_table_is_not_overwritten() -> None:
    before = "[tool.pytest.ini_options.asyncio_mode]\nb = 1\n"
    with pytest.raises(OptionsError):
        mode("pyproject.toml", before)
