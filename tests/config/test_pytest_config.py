"""Which configuration pytest reads, and what it says."""

from __future__ import annotations

import pytest

from loopscope.config.pytest_config import (
    CONFIGURATION_FILES,
    asyncio_mode,
    choose_configuration,
    loop_scope_option,
    read_configuration,
    turns_plugin_off,
)
from loopscope.types import FileError, PytestConfig, Scope

FIXTURE_SCOPE = "asyncio_default_fixture_loop_scope"
TEST_SCOPE = "asyncio_default_test_loop_scope"


def read(name: str, text: str | bytes) -> PytestConfig:
    data = text if isinstance(text, bytes) else text.encode()
    config = read_configuration(name, data, f"sub/{name}")
    assert isinstance(config, PytestConfig)
    return config


def error(name: str, text: str | bytes) -> FileError:
    data = text if isinstance(text, bytes) else text.encode()
    found = read_configuration(name, data, f"sub/{name}")
    assert isinstance(found, FileError)
    assert found.path == f"sub/{name}"
    return found


@pytest.mark.parametrize(
    ("name", "text", "table", "native"),
    [
        ("pytest.toml", '[pytest]\nasyncio_mode = "auto"\n', "pytest", True),
        (".pytest.toml", '[pytest]\nasyncio_mode = "auto"\n', "pytest", True),
        ("pytest.ini", "[pytest]\nasyncio_mode = auto\n", "pytest", False),
        (".pytest.ini", "[pytest]\nasyncio_mode = auto\n", "pytest", False),
        ("pyproject.toml", '[tool.pytest]\nasyncio_mode = "auto"\n', "tool.pytest", True),
        (
            "pyproject.toml",
            '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n',
            "tool.pytest.ini_options",
            False,
        ),
        ("tox.ini", "[tox]\n[pytest]\nasyncio_mode = auto\n", "pytest", False),
        ("setup.cfg", "[tool:pytest]\nasyncio_mode = auto\n", "tool:pytest", False),
    ],
)
def test_each_kind_of_file(name: str, text: str, table: str, native: bool) -> None:
    assert read(name, text) == PytestConfig(f"sub/{name}", table, native, {"asyncio_mode": "auto"})


@pytest.mark.parametrize("name", CONFIGURATION_FILES[:4])
def test_dedicated_files_count_when_empty(name: str) -> None:
    config = read(name, "")
    assert (config.table, config.options) == ("pytest", {})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject.toml", '[project]\nname = "x"\n'),
        ("pyproject.toml", "[tool.pytest]\n"),
        ("tox.ini", "[tox]\nenvlist = py\n"),
        ("setup.cfg", "[metadata]\nname = x\n"),
        ("setup.py", "from setuptools import setup\n"),
    ],
)
def test_files_without_pytest_configuration(name: str, text: str) -> None:
    assert read_configuration(name, text.encode(), name) is None


def test_section_of_setup_cfg_in_pytest_ini_is_ignored() -> None:
    assert read("pytest.ini", "[tool:pytest]\nasyncio_mode = auto\n").options == {}


def test_empty_ini_options_table_counts() -> None:
    assert read("pyproject.toml", "[tool.pytest.ini_options]\n").options == {}


def test_first_file_in_pytests_order_wins() -> None:
    directory = {
        "setup.cfg": b"[tool:pytest]\nasyncio_mode = auto\n",
        "pyproject.toml": b"[tool.pytest.ini_options]\nasyncio_mode = 'strict'\n",
        "README.md": b"# x\n",
    }
    config = choose_configuration(directory, "packages/a/")
    assert isinstance(config, PytestConfig)
    assert config.path == "packages/a/pyproject.toml"
    assert config.options == {"asyncio_mode": "strict"}


def test_files_without_configuration_are_passed_over() -> None:
    directory = {"pyproject.toml": b"[project]\n", "tox.ini": b"[pytest]\n"}
    config = choose_configuration(directory)
    assert isinstance(config, PytestConfig)
    assert config.path == "tox.ini"


def test_directory_without_configuration() -> None:
    assert choose_configuration({"pyproject.toml": b"", "a.py": b""}) is None


def test_broken_file_on_the_way_is_the_answer() -> None:
    directory = {"pyproject.toml": b"[project\n", "tox.ini": b"[pytest]\n"}
    found = choose_configuration(directory, "a/")
    assert isinstance(found, FileError)
    assert (found.path, found.line) == ("a/pyproject.toml", 1)


def test_values_in_ini() -> None:
    text = (
        "[pytest]\n"
        "asyncio_mode = auto ; not a comment\n"
        "# a comment\n"
        "addopts: -v = x\n"
        "testpaths =\n"
        "    tests\n"
        "\n"
        "    # a comment\n"
        '    "more tests"\n'
        "markers =\n"
        "    slow: takes long\n"
        "    net\n"
        "empty =\n"
        "Case = KEPT\n"
    )
    assert read("pytest.ini", text).options == {
        "asyncio_mode": "auto ; not a comment",
        "addopts": "-v = x",
        "testpaths": ("tests", "more tests"),
        "markers": ("slow: takes long", "net"),
        "empty": "",
        "Case": "KEPT",
    }


def test_values_in_toml() -> None:
    text = (
        "[tool.pytest.ini_options]\n"
        'addopts = ["-v", "-x"]\n'
        "asyncio_debug = true\n"
        'python_files = "test_*.py check_*.py"\n'
        "minversion = 7.0\n"
    )
    assert read("pyproject.toml", text).options == {
        "addopts": ("-v", "-x"),
        "asyncio_debug": True,
        "python_files": ("test_*.py", "check_*.py"),
        "minversion": "7.0",
    }


def test_unbalanced_quote_in_a_list_is_split_all_the_same() -> None:
    assert read("tox.ini", "[pytest]\ntestpaths = a 'b\n").options == {"testpaths": ("a", "'b")}


@pytest.mark.parametrize(
    "text", ["[pytest]\r\na = 1\r\nb =\r\n  2\r\n", "\ufeff[pytest]\na=1\nb=2"]
)
def test_line_ends_and_byte_order_mark_in_ini(text: str) -> None:
    assert read("pytest.ini", text).options == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\n", 1, "no section header"),
        ("[pytest]\na = 1\nwhat\n", 3, "unexpected line: 'what'"),
        ("[pytest]\n  a = 1\n", 2, "continuation"),
        ("[pytest]\na = 1\n\na = 2\n", 4, "duplicate name 'a'"),
        ("[pytest]\n[tox]\n[pytest]\n", 3, "duplicate section 'pytest'"),
        ("[]\n", 1, "empty section name"),
        ("[pytest\n", 1, "continuation"),
    ],
)
def test_broken_ini_names_the_line(text: str, line: int, message: str) -> None:
    found = error("tox.ini", text)
    assert found.line == line
    assert message in found.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[tool.pytest.ini_options]\na = \n", 2),
        ("a = 1\na = 2\n", 2),
        ("[x]\na = '''\n\n", 2),
        ("\ufeff[x]\n", 1),
    ],
)
def test_broken_toml_names_the_line(text: str, line: int) -> None:
    assert error("pyproject.toml", text).line == line


def test_bytes_that_are_not_utf_8_name_the_line() -> None:
    found = error("setup.cfg", b"[metadata]\nauthor = Ren\xe9\n[tool:pytest]\n")
    assert found.line == 2
    assert "not UTF-8" in found.message


def test_pytest_section_in_setup_cfg_is_an_error() -> None:
    assert error("setup.cfg", "[metadata]\n\n[pytest]\n").line == 3


def test_pytest_section_in_setup_cfg_beside_the_right_one() -> None:
    assert read("setup.cfg", "[pytest]\n[tool:pytest]\na = 1\n").options == {"a": "1"}


def test_of_both_tables_of_pyproject_the_old_one_counts_as_before_pytest_9() -> None:
    config = read("pyproject.toml", "[tool.pytest]\na = 1\n[tool.pytest.ini_options]\nb = 1\n")
    assert (config.table, config.options) == ("tool.pytest.ini_options", {"b": "1"})
    assert config.passed_over == ("a",)
    assert read("pyproject.toml", "[tool.pytest.ini_options]\nb = 1\n").passed_over == ()


def test_native_table_beside_empty_ini_options() -> None:
    text = "[tool.pytest]\na = 1\n[tool.pytest.ini_options]\n"
    assert read("pyproject.toml", text).table == "tool.pytest"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pytest.toml", 'asyncio_mode = "auto"\n'),
        ("pytest.toml", 'pytest = "auto"\n'),
        ("pyproject.toml", "tool.pytest = 1\n"),
        ("pyproject.toml", "tool = 1\n"),
        ("pyproject.toml", "tool.pytest.ini_options = 1\n"),
    ],
)
def test_tables_that_are_none(name: str, text: str) -> None:
    assert "table" in error(name, text).message


@pytest.mark.parametrize(
    ("options", "mode"),
    [
        ("", "strict"),
        ("asyncio_mode = legacy\n", "legacy"),
        ("asyncio_mode =\n    auto\n", "auto"),
        ("addopts = -v --asyncio-mode=auto\n", "auto"),
        ("addopts = --asyncio-mode auto -v\n", "auto"),
        ("addopts = --asyncio-mode=auto\nasyncio_mode = strict\n", "auto"),
        ("addopts = --asyncio-mode=auto --asyncio-mode=strict\n", "strict"),
        ("addopts = -o asyncio_mode=auto\nasyncio_mode = strict\n", "auto"),
        ("addopts = -oasyncio_mode=auto\n", "auto"),
        ("addopts = --override-ini=asyncio_mode=auto\n", "auto"),
        ("addopts = --override-ini asyncio_mode=auto\n", "auto"),
        ("addopts = --asyncio-mode=strict -o asyncio_mode=auto\n", "strict"),
        ("addopts = -v -- --asyncio-mode=auto\n", "strict"),
        ("asyncio_mode = 'auto'\n", "'auto'"),
    ],
)
def test_asyncio_mode(options: str, mode: str) -> None:
    assert asyncio_mode(read("pytest.ini", f"[pytest]\n{options}")) == mode


@pytest.mark.parametrize(
    ("addopts", "off"),
    [
        ("-p no:asyncio", True),
        ("-pno:asyncio -v", True),
        ("-p asyncio -p no:asyncio", True),
        ("-p no:asyncio -p asyncio", False),
        ("-p no:asyncio -p pytest_asyncio.plugin", False),
        ("-p pytest_asyncio.plugin -p no:asyncio", False),
        ("-p no:pytest_asyncio", False),
        ("-p no:cacheprovider", False),
        ("-- -p no:asyncio", False),
    ],
)
def test_whether_the_plugin_is_turned_off(addopts: str, off: bool) -> None:
    """As pytest 8.1 and pytest-asyncio 0.21 were seen to run."""
    assert turns_plugin_off(read("pytest.ini", f"[pytest]\naddopts = {addopts}\n")) is off


def test_asyncio_mode_from_a_list_of_addopts() -> None:
    assert (
        asyncio_mode(read("pytest.toml", '[pytest]\naddopts = ["--asyncio-mode=auto"]\n'))
        == "auto"
    )


def test_asyncio_mode_without_configuration() -> None:
    assert asyncio_mode(PytestConfig()) == "strict"


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ("", None),
        (f"{FIXTURE_SCOPE} = session\n", Scope.SESSION),
        (f"{FIXTURE_SCOPE} = fixture-scope\n", "fixture-scope"),
        (f'{FIXTURE_SCOPE} = "session"\n', '"session"'),
        (f"{FIXTURE_SCOPE} =\n", ""),
        (f"{TEST_SCOPE} = session\n", None),
        (f"addopts = -o {FIXTURE_SCOPE}=module\n{FIXTURE_SCOPE} = class\n", Scope.MODULE),
        (f"addopts = -o {FIXTURE_SCOPE}=module -o {FIXTURE_SCOPE}=class\n", Scope.CLASS),
    ],
)
def test_loop_scope_option(options: str, found: object) -> None:
    assert loop_scope_option(read("pytest.ini", f"[pytest]\n{options}"), FIXTURE_SCOPE) == found
