"""The files of one suite under change: edits meet in one file, failures become values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from posixpath import basename

from loopscope.analysis.suite.index import SuiteIndex
from loopscope.analysis.suite.taken_names import TakenNames
from loopscope.config.code_style import CodeStyle
from loopscope.frozen import frozen
from loopscope.memo import once
from loopscope.pieces import each
from loopscope.python_source.source import decode
from loopscope.requirements.pin import PinsError
from loopscope.rewriting.edits import Edit, OptionEdit, RequirementEdit
from loopscope.rewriting.used_names import broken_code
from loopscope.timeouts import OutOfTime, time_limit, took_too_long
from loopscope.types import Change, EditRecord, FileError, Finding, Level, Suite


class ChangeSet:
    """Applies edits to bytes; what fails is an error of that file, which stays as it was."""

    def __init__(self, suite: Suite, errors: list[FileError], seconds: float) -> None:
        self._suite = suite
        self._errors = errors
        self._seconds = seconds
        self._after: dict[str, bytes] = {}
        self._records: dict[str, list[EditRecord]] = defaultdict(list)
        self._broken: dict[str, tuple[str, int]] = {}

    @property
    def broken(self) -> list[Finding]:
        """Report the code that the edits would break, which is a bug of a rule."""
        why = "after its edits this file would be wrong: {} (line {} of it). Please report that"
        return [
            Finding(path, 1, 1, "LS390", why.format(message, line), Level.ACTION)
            for path, (message, line) in self._broken.items()
        ]

    @property
    def changes(self) -> list[Change]:
        """Return the changes, limited to the files that may be changed."""
        editable = self._suite.editable
        return [
            Change(path, self._suite.files.get(path), after, self._records_of(path, after))
            for path, after in sorted(self._after.items())
            if after != self._suite.files.get(path) and (editable is None or path in editable)
        ]

    @property
    def left_out(self) -> list[tuple[str, EditRecord]]:
        """Return the edits, with their files, of those that may not be changed."""
        editable = self._suite.editable
        return [
            (path, record)
            for path, records in sorted(self._records.items())
            if editable is not None and path not in editable
            for record in records
        ]

    def _records_of(self, path: str, after: bytes) -> tuple[EditRecord, ...]:
        """Return the edits of a file; the last one of a conftest says that nothing is left.

        To delete the file would change what can be imported in the tests.
        """
        records = self._records[path]
        if basename(path) != "conftest.py" or after.strip():
            return tuple(records)
        message = (
            f"{records[-1].message}; the file is empty now: delete it if nothing is imported from"
            " its folder, which pytest puts on sys.path for it"
        )
        return (*records[:-1], replace(records[-1], message=message))

    def _put(
        self,
        path: str,
        change: Callable[[bytes], bytes],
        records: Iterable[EditRecord],
        failures: tuple[type[ValueError], ...],
    ) -> None:
        try:
            with time_limit(self._seconds):
                after = change(self._now(path))
        except failures as error:
            self._errors.append(FileError(path, str(error)))
        except OutOfTime:
            self._errors.append(FileError(path, took_too_long(self._seconds)))
        else:
            self._keep(path, after, records)

    def _now(self, path: str) -> bytes:
        return self._after.get(path, self._suite.files.get(path)) or b""

    def _keep(self, path: str, after: bytes, records: Iterable[EditRecord]) -> None:
        if after != self._after.get(path, self._suite.files.get(path)):
            self._after[path] = after
            self._records[path] += records

    # -- the kinds of edits -------------------------------------------------------------

    def rewrite(self, index: SuiteIndex, edits: Sequence[Edit]) -> None:
        """Apply the edits of Python files."""
        if not edits:
            return
        by_path: dict[str, list[Edit]] = defaultdict(list)
        for edit in edits:
            by_path[edit.path].append(edit)
        imported = _taken(self._suite, index, by_path)
        longest = CodeStyle.of(self._suite.files).longest
        seconds = self._seconds
        pieces = (
            (path, self._now(path), tuple(found), frozenset(imported[path]), longest, seconds)
            for path, found in by_path.items()
        )
        for edited in each(_edit, pieces):
            if isinstance(edited, FileError):
                self._errors.append(edited)
                continue
            if edited.broken is not None:
                self._broken[edited.path] = edited.broken
            records = [
                EditRecord(e.code, e.line, e.definition, _told(e), e.safety, reason=e.reason)
                for e in by_path[edited.path]
            ]
            self._keep(edited.path, edited.after, records)

    def configure(self, edits: Sequence[OptionEdit]) -> None:
        """Write the options into the file that pytest reads, or into a new one."""
        if not edits:
            return
        from loopscope.config.edit import (
            OptionsError,
            add_table,
            new_configuration,
            remove_options,
            set_options,
        )

        values = {edit.name: edit.value for edit in edits if edit.value is not None}
        gone = [edit.name for edit in edits if edit.value is None]
        records = [
            EditRecord(e.code, 0, e.name, _told(e), e.safety, _written(e.value), e.reason)
            for e in edits
        ]
        config = self._suite.config
        if config.path is not None:
            self._put(
                config.path,
                lambda data: set_options(remove_options(data, config, gone), config, values),
                records,
                (OptionsError,),
            )
        elif "pyproject.toml" in self._suite.files:
            self._put(
                "pyproject.toml", lambda data: add_table(data, values), records, (OptionsError,)
            )
        else:
            self._put("pytest.ini", lambda _: new_configuration(values), records, ())

    def require(self, edits: Sequence[RequirementEdit]) -> None:
        """Write the requirements where they are declared."""
        from loopscope.requirements import set_pins

        by_path: dict[str, list[RequirementEdit]] = defaultdict(list)
        for edit in edits:
            by_path[edit.path].append(edit)
        for path, found in by_path.items():
            wanted = {edit.ordinal: edit.new for edit in found}
            records = [EditRecord(e.code, e.line, e.package, e.message, e.safety) for e in found]

            def change(data: bytes, path: str = path, wanted: dict[int, str] = wanted) -> bytes:
                return set_pins(path, data, wanted)

            self._put(path, change, records, (PinsError,))


@frozen
class _Edited:
    """The bytes of a file after its edits, and what of the code is broken then."""

    path: str
    after: bytes
    broken: tuple[str, int] | None


def _edit(
    path: str,
    data: bytes,
    edits: tuple[Edit, ...],
    names: frozenset[str],
    longest: int,
    seconds: float,
) -> _Edited | FileError:
    """Apply the edits of one Python file, of which other files import ``names``."""
    # It brings LibCST along, whose import takes longer than most checks.
    from loopscope.rewriting.edited_source import RewriteError, rewrite

    def edited() -> _Edited:
        after = rewrite(data, edits, names, longest)
        try:
            return _Edited(path, after, broken_code(decode(data).text, decode(after).text))
        except (RecursionError, MemoryError):  # the compiler goes deeper than the parser
            return _Edited(path, after, None)

    try:
        with time_limit(seconds):
            return once("edited", path, (data, edits, names, longest), edited)
    except RewriteError as error:
        return FileError(path, str(error))
    except OutOfTime:
        return FileError(path, took_too_long(seconds))


def _taken(suite: Suite, index: SuiteIndex, edited: Collection[str]) -> dict[str, set[str]]:
    """Map files to the names that other files of the suite take from them, by whatever way."""
    taken_names = TakenNames(index, edited)
    found: dict[str, set[str]] = defaultdict(set)
    for path in index.files:
        for _, name, origin in taken_names.of(path, suite.files.get(path, b"")):
            found[origin].add(name)
    return found


def _written(value: str | bool | None) -> str:
    """Return the value of an option as it stands in a file; "" where the option goes."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else value


def _told(edit: Edit | OptionEdit) -> str:
    """Return the message of an edit, with its reason."""
    return f"{edit.message}, because {edit.reason}" if edit.reason else edit.message
