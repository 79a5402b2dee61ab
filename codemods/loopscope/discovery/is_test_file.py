"""Recognize the modules from which pytest collects: conftests, and ``python_files``."""

from __future__ import annotations

import functools
import re
from fnmatch import translate
from posixpath import basename

from loopscope.types import PytestConfig

_DEFAULT = ("test_*.py", "*_test.py")


def is_test_file(path: str, config: PytestConfig | None) -> bool:
    """Whether the module at ``path`` (relative, forward slashes) is a conftest or holds tests."""
    name = basename(path)
    if name == "conftest.py":
        return True
    found = config.options.get("python_files", _DEFAULT) if config is not None else _DEFAULT
    patterns = tuple(found.split()) if isinstance(found, str) else found
    by_name, by_path = _compiled(patterns if isinstance(patterns, tuple) else _DEFAULT)
    return bool(by_name.match(name)) or bool(by_path and by_path.match("/" + path))


@functools.lru_cache(maxsize=64)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], re.Pattern[str] | None]:
    """Compile the patterns for names, and those with a slash, which match against the path."""
    names = [translate(pattern) for pattern in patterns if "/" not in pattern]
    paths = [translate("*/" + pattern) for pattern in patterns if "/" in pattern]
    never = r"(?!)"
    return (
        re.compile("|".join(names) or never),
        re.compile("|".join(paths)) if paths else None,
    )
