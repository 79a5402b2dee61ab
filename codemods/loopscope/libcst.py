"""Single rules as LibCST codemods, for those who have a LibCST pipeline.

Run one with ``python -m libcst.tool codemod -x loopscope.libcst.RunningLoop PATH``. Each drives
the rule of the same name on one file after the other; a file is all that it sees. Loop scopes
are a matter of a whole suite: for these, ``loopscope migrate`` is the tool.
"""

from __future__ import annotations

from posixpath import basename
from typing import ClassVar

import libcst as cst
from libcst.codemod import CodemodCommand, SkipFile

from loopscope.analysis.file.override_facts import BodyKind
from loopscope.analysis.file.reader import read_file
from loopscope.pipeline import migrate
from loopscope.types import Migration, Options, PytestConfig, Suite


class RuleError(Exception):
    """A file that the rule could not rewrite; it stays as it was."""


class RuleCommand(CodemodCommand):
    """What the commands have in common: ``codes`` are the rules that one of them drives."""

    codes: ClassVar[tuple[str, ...]] = ()

    def transform_module_impl(self, tree: cst.Module) -> cst.Module:
        """Rewrite one module; findings become warnings.

        Raises:
            SkipFile: Only the whole suite can tell what the file needs.
            RuleError: The file could not be read or rewritten; the message says why.
        """
        name = basename((self.context.filename or "test_module.py").replace("\\", "/"))
        self.check(tree.code)
        migration = self._migrate(name, tree.bytes)
        if migration.errors:
            raise RuleError(migration.errors[0].message)
        for finding in migration.findings:
            if finding.code.startswith(self.codes):
                self.warn(f"line {finding.line}: {finding.code} {finding.message}")
        after = {change.path: change.after for change in migration.changes}
        return cst.parse_module(after[name], tree.config_for_parsing) if name in after else tree

    def check(self, code: str) -> None:
        """Refuse what one file cannot decide; nothing by default."""

    def _migrate(self, name: str, data: bytes) -> Migration:
        options = Options(select=self.codes, style="explicit", safe_only=True, requirements=False)
        suite = Suite(".", PytestConfig(), {name: data}, editable=frozenset({name}))
        return migrate(suite, options)


class RunningLoop(RuleCommand):
    """LS107: ``get_event_loop()`` in async code becomes ``get_running_loop()``."""

    DESCRIPTION = "get_event_loop() in async code becomes get_running_loop() (loopscope LS107)."
    codes = ("LS107", "LS303")


class AsyncFixtureDecorator(RuleCommand):
    """LS103: async fixtures use ``pytest_asyncio.fixture``, as strict mode wants it."""

    DESCRIPTION = "Async fixtures use pytest_asyncio.fixture (loopscope LS103)."
    codes = ("LS103",)


class MarkScope(RuleCommand):
    """LS105: ``scope=`` on the asyncio mark becomes ``loop_scope=``."""

    DESCRIPTION = "scope= on the asyncio mark becomes loop_scope= (loopscope LS105)."
    codes = ("LS105",)

    def check(self, code: str) -> None:
        """Refuse a file that overrides ``event_loop``: its tests get their scope from there.

        Raises:
            SkipFile: It does.
        """
        for function in read_file("", code).functions:
            body = function.override
            if body is not None and body.kind is not BodyKind.BRIDGE:
                raise SkipFile(
                    f"line {function.line}: overrides event_loop, so its loop scopes are a matter"
                    " of the whole suite; run loopscope migrate"
                )
