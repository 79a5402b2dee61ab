"""The one list of files that may declare requirements, asked by all who look for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from loopscope.config.declaring_names import grammar_of
from loopscope.requirements.command_lines import read_commands
from loopscope.requirements.ini_and_toml import read_ini, read_toml
from loopscope.requirements.lock_files import read_lock
from loopscope.requirements.pin import Pin
from loopscope.requirements.pip_and_conda import read_conda, read_pip, read_recipe
from loopscope.requirements.python_files import read_python
from loopscope.requirements.source_text import SourceText

Reader = Callable[[SourceText], Iterator[Pin]]

_READERS: dict[str, Reader] = {
    "toml": read_toml,
    "ini": read_ini,
    "python": read_python,
    "pip": read_pip,
    "conda": read_conda,
    "recipe": read_recipe,
    "lock": read_lock,
    "commands": read_commands,
}


def reader_of(path: str) -> Reader | None:
    """Return the reader for a file of this path (relative, forward slashes), if one is known."""
    grammar = grammar_of(path)
    return None if grammar is None else _READERS[grammar]


def is_requirements_list(path: str) -> bool:
    """Whether a file of this path is one that pip installs from, or that limits what it does."""
    return grammar_of(path) == "pip"
