"""``[tool.loopscope]`` of pyproject.toml: the options of the command line, kept in a file.

The table of the nearest pyproject.toml that has one counts, and the command line wins over it.
Options of the migration (target, style, rules) belong to a suite and are looked up from its root,
so that each suite of a monorepo keeps its own. Options of the run (format, exit code, writing or
printing the changes) are looked up from the given paths.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from loopscope.config.formats import FormatError, decode, parse_toml
from loopscope.escape import visible
from loopscope.frozen import frozen
from loopscope.observed import cannot_be_recorded, is_folder, is_vcs_root, read, real_path

_FILE = "pyproject.toml"
_HEADER = re.compile(r"""\s*\[\s*["']?tool["']?\s*\.\s*["']?loopscope["']?\s*\]""")
# What a repository has no say in: what is written where, and who is asked.
_FILE_NAMED = "say where something is written, not a repository"
_TYPED_ONLY = {
    "html": _FILE_NAMED, "patch": _FILE_NAMED, "patch_dir": _FILE_NAMED,
    "dask": "name a scheduler, not a repository",  # its answers are pickles, which run anything
}  # fmt: skip
_MOST_SECONDS = 600
# What migrate does with the changes: who names one of these means none of the others.
_WAYS = frozenset({"diff", "review", "patch", "patch_dir"})


class SettingsError(Exception):
    """A table that cannot be used; ``path`` is the file, ``line`` is 1-based, 0 if unknown."""

    def __init__(self, path: str, line: int, message: str) -> None:
        super().__init__(message)
        self.path, self.line, self.message = path, line, message

    def __str__(self) -> str:
        line = f":{self.line}" if self.line else ""
        return visible(f"{os.path.relpath(self.path)}{line}: {self.message}")


@frozen
class Settings:
    """One table: values by the names of click's parameters, and the directory it holds for.

    ``path`` is its file, "" where there is no table.
    """

    directory: str
    values: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""


@frozen
class CliValues:
    """The values of a command's parameters, and which of them were typed."""

    values: Mapping[str, Any]
    typed: frozenset[str]

    @classmethod
    def from_click(cls, context: click.Context) -> CliValues:
        """Collect the values of the command line."""
        typed = {
            name
            for name in context.params
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        }
        return cls(context.params, frozenset(typed | _WAYS if typed & _WAYS else typed))

    def merged_with(self, settings: Settings) -> dict[str, Any]:
        """Choose for each option: typed, else from the table, else the default."""
        kept = {
            name: value
            for name, value in settings.values.items()
            if name in self.values and name not in self.typed
        }
        return {**self.values, **kept}


def common_directory(paths: Sequence[Path]) -> str:
    """Return the deepest directory that holds all of the given paths."""
    places = [os.path.abspath(path) for path in paths]
    folders = [place if is_folder(place) else os.path.dirname(place) for place in places]
    try:
        return os.path.commonpath(folders)
    except ValueError:  # several drives
        return folders[0]


@frozen
class SettingsLookup:
    """Where tables are looked for: in one file, nowhere, or near the paths."""

    file: Path | None = None
    isolated: bool = False

    def near(self, directory: str, known: Mapping[str, click.Option]) -> Settings:
        """Return the table that holds for ``directory``, see ``nearest_settings``.

        Raises:
            SettingsError: A table cannot be used, or the file has none.
        """
        if self.isolated:
            return Settings(directory)
        if self.file is None:
            return nearest_settings(directory, known)
        path = os.path.abspath(self.file)
        try:
            found = _settings_of(path, read(path), known)
        except OSError as error:
            raise SettingsError(path, 0, f"cannot be read: {error.strerror or error}") from None
        if found is None:
            raise SettingsError(
                path, 0, "has no table [tool.loopscope]: write one, or give another"
            )
        return found


def nearest_settings(directory: str, known: Mapping[str, click.Option]) -> Settings:
    """Return the table that holds for ``directory``, empty where there is none.

    It is looked for upwards, to the top of the working copy.

    Args:
        directory: Where to begin.
        known: The options that a table may hold, by their long names without dashes.

    Raises:
        SettingsError: The file is no TOML, or the table has a key or value that is none.
    """
    place = os.path.abspath(directory)
    while True:
        found = _settings_in(place, known)
        if found is not None:
            return found
        parent = os.path.dirname(place)
        if parent == place or is_vcs_root(place):
            return Settings(place)
        place = parent


def _settings_in(directory: str, known: Mapping[str, click.Option]) -> Settings | None:
    path = os.path.join(directory, _FILE)
    try:
        data = read(path)
    except OSError:
        return None  # reading it as a configuration file says why
    return _settings_of(path, data, known)


def _settings_of(path: str, data: bytes, known: Mapping[str, click.Option]) -> Settings | None:
    if b"loopscope" not in data:
        return None
    try:
        text = decode(data)
        tool = parse_toml(text.removeprefix("\N{BYTE ORDER MARK}")).get("tool")
    except FormatError as error:
        raise SettingsError(path, error.line, str(error)) from None
    table = tool.get("loopscope") if isinstance(tool, dict) else None
    if table is None:
        return None
    if not isinstance(table, dict):
        raise SettingsError(path, 0, f"tool.loopscope must be a table, not {table!r}")
    return Settings(os.path.dirname(path), _values(path, text, table, known), path)


def _values(
    path: str, text: str, table: Mapping[str, Any], known: Mapping[str, click.Option]
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in table.items():
        option = known.get(key.replace("_", "-"))
        line = _line(text, key)
        if option is None or option.name is None:
            import difflib

            [near] = difflib.get_close_matches(key, known, n=1, cutoff=0)
            message = f"[tool.loopscope] has no key {key!r}; the nearest is {near!r}"
            raise SettingsError(path, line, message)
        if option.name in values:
            raise SettingsError(path, line, f"[tool.loopscope] has {key!r} in two spellings")
        try:
            values[option.name] = _value(option, value, os.path.dirname(path))
        except click.BadParameter as error:
            message = f"[tool.loopscope] {key}: {error.message}"
            raise SettingsError(path, line, message) from None
        except (RecursionError, ValueError):  # no message can show it
            message = f"[tool.loopscope] {key}: too deeply nested, or too long a number"
            raise SettingsError(path, line, message) from None
    return values


def _value(option: click.Option, value: object, directory: str) -> Any:
    """Convert a TOML value to the type in which click would pass it.

    Raises:
        click.BadParameter: It has the wrong type, or the option refuses it.
    """
    if option.name in _TYPED_ONLY:
        raise click.BadParameter(f"only the command line may {_TYPED_ONLY[option.name]}")
    if option.is_flag:
        if not isinstance(value, bool):
            raise click.BadParameter(f"must be true or false, not {value!r}")
        if value and option.name == "allow_dirty":
            raise click.BadParameter("only the command line may switch this on, not a repository")
        return value
    if option.multiple:
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise click.BadParameter(f"must be a string or a list of strings, not {value!r}")
        value = texts
    elif isinstance(option.type, click.types.IntParamType):
        if not isinstance(value, int) or isinstance(value, bool):
            raise click.BadParameter(f"must be a whole number, not {value!r}")
        if option.name == "time_limit" and not 0 < value <= _MOST_SECONDS:
            message = f"a repository may set 1 to {_MOST_SECONDS}, the command line also others"
            raise click.BadParameter(message)
        if option.name == "jobs":  # the machine is not the repository's
            value = min(value, os.cpu_count() or 1)
    elif not isinstance(value, str):
        raise click.BadParameter(f"must be a string in quotes, not {value!r}")
    elif isinstance(option.type, click.Path):
        cannot_be_recorded()  # click looks at what lies there
        value = _inside(directory, value)
    return option.process_value(click.Context(click.Command("loopscope")), value)


def _inside(directory: str, value: str) -> str:
    """Resolve a path that is relative to the directory of the table.

    Raises:
        click.BadParameter: A repository would have a file read outside of it.
    """
    path = os.path.join(directory, value)
    top = os.path.join(real_path(directory), "")
    if not real_path(path).startswith(top):
        raise click.BadParameter(
            f"{value!r} leads out of the directory of this file: only the command line may do that"
        )
    return path


def _line(text: str, key: str) -> int:
    """Find the line of a key; the table's own line, or 0, where it is spelled otherwise."""
    start = 0
    own = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
    for number, line in enumerate(text.split("\n"), 1):
        if _HEADER.match(line):
            start = number
        elif start and own.match(line):
            return number
    return start
