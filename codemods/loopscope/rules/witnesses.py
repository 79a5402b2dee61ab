"""The test because of which an edit is made, for its reason."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from posixpath import basename, dirname

from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.rules.context import (
    AppendEdit,
    DefinitionEdit,
    Edit,
    OptionEdit,
    RuleContext,
    StatementEdit,
)
from loopscope.rules.fixture_edits import SetFixtureCall, SetFixtureDecorator
from loopscope.rules.ls102_event_loop_request.request_edits import MakeAsync
from loopscope.types import Scope

_SCOPES = ("LS104", "LS105")
_OF_TESTS = (AppendEdit, MakeAsync, SetFixtureCall, SetFixtureDecorator)
# What these rules say where no test is known for it.
_WITHOUT = (", the loop of the tests that use it", ", the loop that its tests share")
_DEFAULTS = ("asyncio_default_fixture_loop_scope", "asyncio_default_test_loop_scope")


def with_reasons(context: RuleContext, edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits, those for the sake of a test with its name as their reason."""
    witnesses = _Witnesses(context)
    return [
        _because(edit, witnesses.reason(edit))
        if edit.code in _SCOPES or isinstance(edit, _OF_TESTS)
        else edit
        for edit in edits
    ]


def options_with_reasons(context: RuleContext, edits: Sequence[OptionEdit]) -> list[OptionEdit]:
    """Return the edits of options; a wide default names a test that needs it."""
    done: list[OptionEdit] = []
    for edit in edits:
        scope = Scope.parse(edit.value) if edit.name in _DEFAULTS else None
        if scope is not None and scope > Scope.FUNCTION:
            reason = _Witnesses(context).of_tests(context.model.tests, scope)
            done.append(replace(edit, reason=reason))
        else:
            done.append(edit)
    return done


def _because(edit: Edit, reason: str) -> Edit:
    if not reason:
        return edit
    message = edit.message
    if edit.code in _SCOPES:
        for words in _WITHOUT:
            message = message.replace(words, "", 1)
    return replace(edit, message=message, reason=reason)


class _Witnesses:
    """Finds the tests behind definitions, each time the first of the suite."""

    def __init__(self, context: RuleContext) -> None:
        self._context = context
        self._model = context.model
        self._plan = context.plan

    def reason(self, edit: Edit) -> str:
        """Say which test needs the edit, and through what; "" for a test's own edit."""
        if isinstance(edit, AppendEdit):
            return self._asks(edit.path) if edit.definition == EVENT_LOOP else ""
        if isinstance(edit, StatementEdit) or edit.definition == "pytestmark":
            tests = [test for test in self._model.tests if test.module == edit.path]
            return self._of_marks(tests) if edit.code == "LS105" else ""
        if not isinstance(edit, DefinitionEdit):
            return ""
        key = Key(edit.path, edit.ordinal)
        users = self._users.get(key, [])
        if users:
            loop_scope = self._plan.fixtures.get(key)
            on_it = [test for test in users if self._plan.tests.get(test.id) is loop_scope]
            return f"{(on_it or users)[0].id} uses it"
        if edit.code != "LS105":
            return ""
        return self._of_marks(self._defined.get(key, []))

    def _asks(self, path: str) -> str:
        """Say who asks for ``event_loop`` in the module, or below the conftest."""
        folder = f"{dirname(path)}/".lstrip("/")
        for test in self._model.tests:
            if test.module != path and not (
                basename(path) == "conftest.py" and test.module.startswith(folder)
            ):
                continue
            for request in self._model.closure(test).requests:
                asker = request.requester or test
                if asker.function.is_async or asker.key in self._plan.converted:
                    continue
                if request.requester is None:
                    return f"{test.id} asks for it"
                return f"{request.requester.fixture.name} of {test.id} asks for it"
        return ""

    def _of_marks(self, tests: Sequence[Test]) -> str:
        """Say what puts the tests below a mark on their loop."""
        loop_scopes = [self._plan.tests[test.id] for test in tests if test.id in self._plan.tests]
        if not loop_scopes:
            return ""
        ((main, _),) = Counter(loop_scopes).most_common(1)
        return self.of_tests(tests, main) if main > Scope.FUNCTION else ""

    def of_tests(self, tests: Iterable[Test], loop_scope: Scope) -> str:
        """Say by which fixture one of the tests is on a loop of this scope."""
        tests = [test for test in tests if self._plan.tests.get(test.id) is loop_scope]
        for test in tests:
            for item in self._on_loop(test, loop_scope):
                if item.fixture.scope is loop_scope:
                    return f"{test.id} uses {item.fixture.name}"
        for test in tests:
            override = self._model.override_of(test)
            if override is not None and self._model.legacy.loop_scope(test) is loop_scope:
                line = override.function.line
                return f"{test.id} had the loop of {override.file}:{line}"
        for test in tests:
            for item in self._on_loop(test, loop_scope):
                return f"{test.id} uses {item.fixture.name}"
        return ""

    def _on_loop(self, test: Test, loop_scope: Scope) -> Iterator[FixtureDef]:
        for item in self._model.closure(test).fixtures:
            if self._plan.fixtures.get(item.key) is loop_scope:
                yield item

    @cached_property
    def _defined(self) -> dict[Key, list[Test]]:
        """The tests of each test function and class."""
        found: dict[Key, list[Test]] = defaultdict(list)
        for test in self._model.tests:
            for key in dict.fromkeys((test.key, *test.classes)):
                found[key].append(test)
        return found

    @cached_property
    def _users(self) -> dict[Key, list[Test]]:
        found: dict[Key, list[Test]] = defaultdict(list)
        for test in self._model.tests:
            for item in self._model.closure(test).fixtures:
                found[item.key].append(test)
        return found
