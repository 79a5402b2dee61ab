"""What must hold for whatever goes through a migration: invariants 1 to 4 of the contract."""

from __future__ import annotations

import ast
import builtins
import configparser
import sys
from collections.abc import Mapping, Sequence

from loopscope.config.formats import decode as decode_text
from loopscope.config.formats import parse_ini, parse_toml
from loopscope.config.pytest_config import choose_configuration
from loopscope.output.patch import diff
from loopscope.pipeline import migrate
from loopscope.python_source.source import decode
from loopscope.types import FileError, Level, Migration, Options, PytestConfig, Suite

Files = Mapping[str, bytes]
# What a file may be left alone for; everything else that is said of a valid file is a defect.
LIMITS = (
    "cannot be rewritten: a form feed or line end of an unusual kind",
    "cannot be rewritten: a statement continues a line with a backslash",
)

# Findings that leave an override, or who asks for it, to a person. These suites are mostly
# none that ever ran, and may settle with the second run only.
LEFT = ("LS101", "LS102", "LS390")


class Broken(AssertionError):
    """An invariant does not hold; ``files`` are those that show it."""

    def __init__(self, complaint: str, files: Files) -> None:
        shown = "\n".join(f"    {path}: {data!r}" for path, data in files.items())
        super().__init__(f"{complaint}\n{shown}")
        self.complaint = complaint
        self.files = dict(files)


def check(files: Files, neutral: Mapping[str, Sequence[bytes]], options: Options) -> None:
    """Migrate the files in memory, twice.

    Args:
        files: A suite: valid Python, TOML and INI.
        neutral: For each path the parts that must be in the result, in their order.
        options: Options of the migration.

    Raises:
        Broken: An invariant does not hold.
    """
    first = _migrate(files, options)
    after = {**files, **{change.path: change.after for change in first.changes}}
    if hasattr(builtins, "loopscope_ran_this"):
        del builtins.loopscope_ran_this
        raise Broken("code of the suite was run", files)
    for error in first.errors:
        if not any(limit in error.message for limit in LIMITS):
            raise Broken(f"{error.path}:{error.line}: {error.message}", files)
    for change in first.changes:
        _valid(change.path, change.after, files)
        _kept(change.before, change.after, neutral.get(change.path, ()), files)
    if first.errors:
        return  # what was left alone may ask for more the next time
    second = _migrate(after, options)
    if any(item.code in LEFT and item.level is Level.ACTION for item in first.findings):
        after = {**after, **{change.path: change.after for change in second.changes}}
        second = _migrate(after, options)
    for change in second.changes:
        edits = [(edit.code, edit.definition, edit.message) for edit in change.edits]
        patch = b"".join(diff("suite", [change])).decode("utf-8", "replace")
        raise Broken(f"the second run changes {change.path}: {edits}\n{patch}", files)


def _migrate(files: Files, options: Options) -> Migration:
    top = {path: data for path, data in files.items() if "/" not in path}
    config = choose_configuration(top)
    if isinstance(config, FileError):
        raise Broken(f"valid configuration is refused: {config}", files)
    suite = Suite("suite", config or PytestConfig(), dict(files))
    try:
        return migrate(suite, options)
    except Exception as error:
        trace = sys.exc_info()[2]
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "?"
        raise Broken(f"{type(error).__name__}: {error} at {place}", files) from error


def _valid(path: str, data: bytes, files: Files) -> None:
    try:
        if path.endswith(".py"):
            ast.parse(data)
        elif path.endswith(".toml"):
            parse_toml(decode_text(data))
        else:
            parse_ini(decode_text(data))
            if path != "pytest.ini":
                configparser.RawConfigParser(strict=False).read_string(decode_text(data))
    except (ValueError, SyntaxError, configparser.Error) as error:
        raise Broken(f"{path} is not valid any more: {error}\n{data!r}", files) from error


def _kept(before: bytes | None, after: bytes, neutral: Sequence[bytes], files: Files) -> None:
    if before is None:
        return
    position = 0
    for part in neutral:
        found = after.find(part, position)
        if found < 0:
            raise Broken(f"lost or moved: {part!r} in\n{after!r}", files)
        position = found + len(part)
    bom = b"\xef\xbb\xbf"
    if before.startswith(bom) != after.startswith(bom):
        raise Broken("the BOM went or came", files)
    if _line_ends(before) and not _line_ends(after) <= _line_ends(before):
        raise Broken(f"a new kind of line end: {after!r}", files)
    if before[-1:] in b"\r\n" and after and after[-1:] not in b"\r\n":
        raise Broken("the final newline went", files)


def _line_ends(data: bytes) -> set[str]:
    text = decode(data).text if b"coding" in data[:80] else data.decode("utf-8", "replace")
    rest = text.replace("\r\n", "")
    found = {end for end in ("\r", "\n") if end in rest}
    return found | ({"\r\n"} if "\r\n" in text else set())
