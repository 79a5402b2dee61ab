"""The pytest configuration of a directory, chosen and read: pure functions of bytes.

See docs/loop-rules.md, Where pytest reads its configuration.
"""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from fnmatch import translate
from posixpath import basename
from typing import Any

from loopscope.config.formats import FormatError, decode, parse_ini, parse_toml
from loopscope.types import FileError, PytestConfig, Scope

# In pytest's order: the first of a directory that holds pytest configuration counts.
CONFIGURATION_FILES: tuple[str, ...] = (
    "pytest.toml",
    ".pytest.toml",
    "pytest.ini",
    ".pytest.ini",
    "pyproject.toml",
    "tox.ini",
    "setup.cfg",
)
_ALWAYS = frozenset(CONFIGURATION_FILES[:4])  # these count even when they are empty

_SPLIT_BY_WORD = frozenset({
    "python_files", "python_classes", "python_functions", "testpaths", "norecursedirs",
    "usefixtures",
})  # fmt: skip
_SPLIT_BY_LINE = frozenset({"filterwarnings", "pytest_plugins", "markers"})

_Option = str | bool | tuple[str, ...]


def choose_configuration(
    directory: Mapping[str, bytes], prefix: str = ""
) -> PytestConfig | FileError | None:
    """Choose the configuration that pytest takes from one directory.

    Args:
        directory: File names and their contents; other files may be among them.
        prefix: Put before the name to make ``PytestConfig.path``, such as ``"packages/a/"``.

    Returns:
        None where no file holds pytest configuration; the error of a file that pytest
        would stop at before it found any.
    """
    for name in CONFIGURATION_FILES:
        if name in directory:
            found = read_configuration(name, directory[name], prefix + name)
            if found is not None:
                return found
    return None


def read_configuration(name: str, data: bytes, path: str) -> PytestConfig | FileError | None:
    """Read one file the way pytest reads a file of that name.

    Args:
        name: One of ``CONFIGURATION_FILES``; it decides the format and the table.
        data: The contents.
        path: Goes into ``PytestConfig.path`` and ``FileError.path``.

    Returns:
        None where the file holds no pytest configuration (or has a name that pytest does
        not look for); an error where pytest would stop with one.
    """
    if name not in CONFIGURATION_FILES:
        return None
    try:
        text = decode(data)
        if name == "pyproject.toml":
            return _read_pyproject(parse_toml(text), path)
        if name.endswith(".toml"):
            return _read_pytest_toml(parse_toml(text), path)
        return _read_ini(name, text, path)
    except FormatError as error:
        return FileError(path, str(error), error.line)
    except (RecursionError, ValueError):  # of ``str()``, which pytest calls, too
        return FileError(path, "a value is too deeply nested, or a number too long, to be read")


def asyncio_mode(config: PytestConfig) -> str:
    """Return the asyncio mode: ``"strict"`` (also where none is set), ``"auto"`` or ``"legacy"``.

    ``addopts`` wins over the option, as in pytest. A value that is no mode comes back as
    it is.
    """
    flags = [value for name, value in _arguments(config) if name == "--asyncio-mode"]
    if flags:
        return flags[-1]
    return _setting(config, "asyncio_mode") or "strict"


def mode_is_added(config: PytestConfig) -> bool:
    """Whether ``addopts`` sets the asyncio mode, so that the option cannot change it."""
    return any(
        name == "--asyncio-mode" or value.partition("=")[0].strip() == "asyncio_mode"
        for name, value in _arguments(config)
    )


def turns_plugin_off(config: PytestConfig) -> bool:
    """Whether ``addopts`` keeps pytest from loading pytest-asyncio: ``-p no:asyncio``.

    The last that names its entry point counts, and its module is loaded all the same (pytest 8).
    """
    given = added_options(config, "-p")
    of_entry_point = [name for name in given if name in ("asyncio", "no:asyncio")]
    return of_entry_point[-1:] == ["no:asyncio"] and "pytest_asyncio.plugin" not in given


def loop_scope_option(config: PytestConfig, name: str) -> Scope | str | None:
    """Return the scope that the option ``name`` sets.

    Args:
        config: The suite's configuration; ``-o name=value`` in its ``addopts`` wins.
        name: ``asyncio_default_fixture_loop_scope`` or ``asyncio_default_test_loop_scope``.

    Returns:
        None where it is not set; the raw text where it is no scope (``fixture-scope`` is
        such a text too).
    """
    value = _setting(config, name)
    scope = Scope.parse(value)
    return value if scope is None else scope


_DEPRECATIONS = frozenset(
    {"", "Warning", "DeprecationWarning", "PytestWarning", "PytestDeprecationWarning"}
)


def deprecations_are_errors(config: PytestConfig) -> bool:
    """Whether a ``PytestDeprecationWarning`` fails a test, by ``filterwarnings`` or ``-W``.

    The last filter that fits decides; one for some messages or modules is taken for one that does
    not.
    """
    listed = config.options.get("filterwarnings", ())
    filters = [*(listed if isinstance(listed, tuple) else ()), *added_options(config, "-W")]
    for text in reversed(filters):
        action, message, category, *rest = [part.strip() for part in f"{text}::".split(":")][:4]
        if not message and category.rpartition(".")[2] in _DEPRECATIONS and not any(rest):
            return action == "error"
    return False


def added_options(config: PytestConfig, flag: str) -> list[str]:
    """List the values that ``addopts`` gives to an option, such as ``--confcutdir`` or ``-p``."""
    addopts = config.options.get("addopts", "")
    words = list(addopts if isinstance(addopts, tuple) else _words(str(addopts)))
    if "--" in words:
        words = words[: words.index("--")]
    short = not flag.startswith("--")
    found = []
    for word, after in zip(words, [*words, ""][1:], strict=True):
        if word == flag:
            found.append(after)
        elif word.startswith(f"{flag}=" if not short else flag):
            found.append(word.removeprefix(flag).removeprefix("="))
    return found


def _read_pytest_toml(document: Mapping[str, Any], path: str) -> PytestConfig | FileError:
    if "pytest" not in document:
        stray = [key for key, value in document.items() if not isinstance(value, dict)]
        if stray:
            names = ", ".join(stray)
            return FileError(path, f"pytest options must be in a [pytest] table (found: {names})")
    table = document.get("pytest", {})
    if not isinstance(table, dict):
        return FileError(path, "pytest must be a table")
    return _config(path, "pytest", table, native=True)


def _read_pyproject(document: Mapping[str, Any], path: str) -> PytestConfig | FileError | None:
    table: Any = document
    for key in ("tool", "pytest"):
        table = table.get(key, {})
        if not isinstance(table, dict):
            return FileError(path, "tool.pytest must be a table")
    native = {key: value for key, value in table.items() if key != "ini_options"}
    ini = table.get("ini_options")
    if native and not ini:
        return _config(path, "tool.pytest", native, native=True)
    if ini is None:
        return None
    if not isinstance(ini, dict):
        return FileError(path, "tool.pytest.ini_options must be a table")
    found = _config(path, "tool.pytest.ini_options", ini)
    return replace(found, passed_over=tuple(native))


def _read_ini(name: str, text: str, path: str) -> PytestConfig | FileError | None:
    sections = parse_ini(text)
    table = "tool:pytest" if name == "setup.cfg" else "pytest"
    if table in sections:
        options = sections[table].options
        return _config(path, table, {key: option.value for key, option in options.items()})
    if name == "setup.cfg" and "pytest" in sections:
        message = "pytest reads [tool:pytest] in setup.cfg, and stops at [pytest]"
        return FileError(path, message, sections["pytest"].line + 1)
    return PytestConfig(path, table) if name in _ALWAYS else None


def _config(
    path: str, table: str, values: Mapping[str, Any], *, native: bool = False
) -> PytestConfig:
    options = {name: _option(name, value) for name, value in values.items()}
    return PytestConfig(path, table, native, options)


def _option(name: str, value: object) -> _Option:
    if isinstance(value, bool):
        return value
    if isinstance(value, list):
        return tuple(str(item) for item in value)
    text = str(value)
    if name in _SPLIT_BY_WORD:
        return _words(text)
    if name in _SPLIT_BY_LINE:
        return tuple(stripped for line in text.split("\n") if (stripped := line.strip()))
    return text


@functools.lru_cache(maxsize=64)
def _words(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError:  # an open quote: pytest stops at it, if it ever asks for the option
        return tuple(text.split())


def _setting(config: PytestConfig, name: str) -> str | None:
    """Return the option as text; ``-o name=value`` in ``addopts`` wins over the file's own."""
    for flag, value in reversed(_arguments(config)):
        key, _, override = value.partition("=")
        if flag == "-o" and key == name:
            return override
    found = config.options.get(name)
    if isinstance(found, tuple):
        return " ".join(found)
    return found if found is None else str(found)


def _arguments(config: PytestConfig) -> list[tuple[str, str]]:
    """Parse the two flags in ``addopts`` that can set asyncio options, with their values."""
    addopts = config.options.get("addopts", "")
    words = iter(addopts if isinstance(addopts, tuple) else _words(str(addopts)))
    found: list[tuple[str, str]] = []
    for word in words:
        flag, equals, value = word.partition("=")
        if word == "--":
            break
        if flag in ("--asyncio-mode", "--override-ini", "-o"):
            found.append((flag, value if equals else next(words, "")))
        elif word.startswith("-o"):
            found.append(("-o", word[2:]))
    return [("-o" if flag == "--override-ini" else flag, value) for flag, value in found]


_TEST_FILES = ("test_*.py", "*_test.py")


def source_roots(config: PytestConfig) -> tuple[str, ...]:
    """Return the directories of the ``pythonpath`` option, each with a slash."""
    value = config.options.get("pythonpath", ())
    words = value.split() if isinstance(value, str) else value
    paths = (word.strip("./") for word in words) if not isinstance(words, bool) else ()
    return tuple(f"{path}/" for path in paths if path)


def is_test_file(path: str, config: PytestConfig | None) -> bool:
    """Whether the module at ``path`` (relative, forward slashes) is a conftest or holds tests."""
    name = basename(path)
    if name == "conftest.py":
        return True
    found = config.options.get("python_files", _TEST_FILES) if config is not None else _TEST_FILES
    patterns = tuple(found.split()) if isinstance(found, str) else found
    by_name, by_path = _compiled_patterns(patterns if isinstance(patterns, tuple) else _TEST_FILES)
    return bool(by_name.match(name)) or bool(by_path and by_path.match("/" + path))


@functools.lru_cache(maxsize=64)
def _compiled_patterns(
    patterns: tuple[str, ...],
) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    """Compile the patterns for names, and those for paths, which have a slash."""
    names = [translate(pattern) for pattern in patterns if "/" not in pattern]
    paths = [translate("*/" + pattern) for pattern in patterns if "/" in pattern]
    never = r"(?!)"
    return (
        re.compile("|".join(names) or never),
        re.compile("|".join(paths)) if paths else None,
    )
