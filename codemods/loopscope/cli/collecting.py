"""``--collect``: what pytest itself says of a suite, as the plan takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from loopscope.types import Suite

_IMPORTS = "This imports the tests of the project, in a copy: do it only with code that you trust."


class CollectOption:
    """Whether suites are collected, and by which Python.

    Raises:
        click.UsageError: The options contradict each other.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.wanted = bool(values.get("collect"))
        self._python: Path | None = values.get("collect_python")
        if self._python is not None and not self.wanted:
            raise click.UsageError("--collect-python is for --collect: give that, too")
        if self.wanted and values.get("trace") is not None:
            raise click.UsageError(
                "--collect and --trace both say what the source does not: give one of them"
            )

    def attach(self, suite: Suite, say: Callable[[str], None]) -> Suite:
        """Add what pytest says to a suite; where it cannot be asked, say why."""
        if not self.wanted or not suite.files:
            return suite
        from loopscope.verify.collect_suite import collect

        say(f"{suite.label}: {_IMPORTS}")
        found = collect(suite, self._python, lambda text: say(f"{suite.label}: {text}"))
        for text in found.notes:
            say(f"{suite.label}: {text}")
        if found.problem:
            details = f"\n{found.details}" if found.details else ""
            say(f"{suite.label}: {found.problem}. Its source alone is read.{details}")
        return found.suite
