"""A baseline: what a suite has today is known, so that CI fails only for what is new.

The file counts, by path, what was found. Numbers in messages are left out, and lines are not kept,
so that nothing becomes new by moving. Paths are relative to the file.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import click

from loopscope.disk import read_regular, write_out
from loopscope.reports import path_from
from loopscope.types import Change, Migration, Status

_HEAD = "loopscope-baseline"
_VERSION = 1
_NUMBER = re.compile(r"\b\d+\b")
Key = tuple[str, str]  # a path and what is found there


class Baseline:
    """What is known; ``rest`` takes it out of a migration, or makes it known.

    Raises:
        click.UsageError: The file is none of ours, or is not there.
    """

    def __init__(self, file: Path, *, write: bool) -> None:
        self._file, self._write = file, write
        self._folder = str(file.absolute().parent)
        self._known: Counter[Key] = Counter() if write and not file.exists() else _read(file)
        self._left = Counter(self._known)
        self._found: Counter[Key] = Counter()

    def rest(self, migration: Migration) -> tuple[Migration, int]:
        """Return the migration without what is known, and the number of what was left out."""
        left_out = 0
        changes, findings = [], []
        for change in migration.changes:
            new = tuple(
                edit
                for edit in change.edits
                if not self._knows(migration, change.path, f"{edit.code} {edit.definition}")
            )
            left_out += len(change.edits) - len(new)
            if new:
                changes.append(Change(change.path, change.before, change.after, new))
        for finding in migration.findings:
            if self._knows(migration, finding.path, f"{finding.code} {finding.message}"):
                left_out += 1
            else:
                findings.append(finding)
        status = Status.of(changes, findings, errors=migration.errors)
        rest = replace(migration, status=status, changes=tuple(changes), findings=tuple(findings))
        return rest, left_out

    def finish(self) -> None:
        """Write the file, or say what of it is no longer found."""
        if self._write:
            paths: dict[str, dict[str, int]] = {}
            for (path, text), count in sorted(self._found.items()):
                paths.setdefault(path, {})[text] = count
            text = json.dumps({_HEAD: _VERSION, "known": paths}, indent=1, ensure_ascii=True)
            write_out(self._file, text.encode() + b"\n")
            return
        gone = sum((self._known - self._found).values())
        if gone:
            click.echo(
                f"loopscope: {gone} of what {self._file} knows is no longer found:"
                " --write-baseline takes it out",
                err=True,
            )

    def _knows(self, migration: Migration, path: str, text: str) -> bool:
        key = path_from(self._folder, migration.label, path), _NUMBER.sub("#", text)
        self._found[key] += 1
        if self._write:
            return True
        self._left[key] -= 1
        return self._left[key] >= 0


def _read(file: Path) -> Counter[Key]:
    try:
        content = json.loads(read_regular(str(file)))
        if content[_HEAD] != _VERSION:
            raise ValueError("it is of another release of loopscope")
        return Counter(
            {
                (path, text): int(count)
                for path, texts in content["known"].items()
                for text, count in texts.items()
            }
        )
    except FileNotFoundError:
        raise click.UsageError(
            f"the baseline {str(file)!r} is not there: --write-baseline makes it"
        ) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise click.UsageError(
            f"{str(file)!r} is no baseline of loopscope ({error}): give another file name"
        ) from None
