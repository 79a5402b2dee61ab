"""Set and remove pytest options in a configuration file; every other byte stays.

The edits are splices into the text, and each result is read again: it must say what was
asked for, and otherwise the same as before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from loopscope.config import edit_ini, edit_toml
from loopscope.config.formats import FormatError, append_block, decode
from loopscope.types import PytestConfig

_INI_OPTIONS = "tool.pytest.ini_options"


class OptionsError(ValueError):
    """The options cannot be written into this file without changing something else."""


def set_options(data: bytes, config: PytestConfig, values: Mapping[str, str | bool]) -> bytes:
    """Add or replace options where pytest reads them.

    Args:
        data: The file ``config.path``.
        config: What ``read_configuration`` said of it.
        values: The options in the order in which new ones shall stand. They go after the
            last ``asyncio_*`` option of the table, else at its end. A bool is written as
            TOML's own where the table is native, else as text.

    Raises:
        OptionsError: There is no file, it cannot be read, or a value cannot stand in it.
    """
    wanted = _wanted(config, values)

    def edit(text: str, module: ModuleType) -> str:
        for name, value in wanted.items():
            text = module.assign(text, config.table, name, value)
        return text

    return _edited(data, config, edit, lambda table: table.update(wanted))


def remove_options(data: bytes, config: PytestConfig, names: Iterable[str]) -> bytes:
    """Remove options where pytest reads them; those that are not set count as removed.

    Raises:
        OptionsError: There is no file, or it cannot be read.
    """
    doomed = tuple(names)

    def edit(text: str, module: ModuleType) -> str:
        for name in doomed:
            text = module.remove(text, config.table, name)
        return text

    def change(table: dict[str, Any]) -> None:
        for name in doomed:
            table.pop(name, None)

    return _edited(data, config, edit, change)


def new_configuration(values: Mapping[str, str | bool]) -> bytes:
    """Write a new pytest.ini with these options.

    Raises:
        OptionsError: A value cannot stand in an INI file (it has line breaks, say).
    """
    return set_options(b"", PytestConfig("pytest.ini", "pytest"), values)


def add_table(data: bytes, values: Mapping[str, str | bool]) -> bytes:
    """Append ``[tool.pytest.ini_options]`` with these options to a pyproject.toml.

    Raises:
        OptionsError: The file has such a table, cannot be read, or cannot take a table.
    """
    config = PytestConfig("pyproject.toml", _INI_OPTIONS)
    wanted = _wanted(config, values)

    def edit(text: str, module: ModuleType) -> str:
        if module.content(text).get("tool", {}).get("pytest"):
            raise OptionsError("pyproject.toml has a table for pytest already")
        text = append_block(text, [f"[{_INI_OPTIONS}]"])
        for name, value in wanted.items():
            text = module.assign(text, _INI_OPTIONS, name, value)
        return text

    return _edited(data, config, edit, lambda table: table.update(wanted))


def _wanted(config: PytestConfig, values: Mapping[str, str | bool]) -> dict[str, str | bool]:
    """Return the options that are missing or differ, in the types of the file's format."""
    wanted: dict[str, str | bool] = {}
    for name, value in values.items():
        as_text = ("true" if value else "false") if isinstance(value, bool) else value
        if config.options.get(name) not in (value, as_text):
            wanted[name] = value if config.native else as_text
    return wanted


def _edited(
    data: bytes,
    config: PytestConfig,
    edit: Callable[[str, ModuleType], str],
    change: Callable[[dict[str, Any]], None],
) -> bytes:
    """Edit the text, and hold the result to what ``change`` makes of the old content."""
    if config.path is None:
        raise OptionsError("there is no configuration file")
    toml = config.path.endswith(".toml")
    module = edit_toml if toml else edit_ini
    keys = config.table.split(".") if toml else [config.table]
    try:
        before = decode(data)
        expected = module.content(before)
        after = edit(before, module)
        table: Any = expected
        for key in keys:
            table = table.setdefault(key, {})
        change(table)
        if _pruned(module.content(after)) != _pruned(expected):
            raise OptionsError(f"{config.path}: these options cannot be written there")
    except FormatError as error:
        raise OptionsError(f"{config.path}:{error.line}: {error}") from error
    return after.encode("utf-8")


def _pruned(value: Any) -> Any:
    """Without empty tables: one that is only written as dotted keys goes with its last key."""
    if not isinstance(value, dict):
        return value
    pruned = {key: _pruned(child) for key, child in value.items()}
    return {key: child for key, child in pruned.items() if child != {}}
