"""Edits of what makes a function a fixture: its decorator, or the call that gets the function."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from loopscope.analysis.file.facts import Function
from loopscope.analysis.suite.fixtures import Key
from loopscope.frozen import frozen
from loopscope.rules.context import (
    DefinitionEdit,
    Edit,
    RuleContext,
    StatementEdit,
    action,
    fixture_names,
    spell,
)
from loopscope.types import Finding, Safety


@frozen
class FixtureChange:
    """The name and keywords for what makes a fixture, where that is written as ``spelled``.

    ``written`` are those that ``project``, a decorator of the project, gave, when a plain one
    takes its place.
    """

    spelled: Collection[str]
    name: str
    keywords: Mapping[str, str]
    project: str
    written: Mapping[str, str]

    @property
    def plain(self) -> str:
        """The call that takes the place of the project's decorator."""
        return _call(self.name, {**self.written, **self.keywords})


@frozen
class SetFixtureDecorator(DefinitionEdit):
    """Changes the fixture decorator of a function, and puts a comment above it."""

    change: FixtureChange
    comment: str = ""

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.decorator_lists import add_comment, put_decorator, set_decorator

        change = self.change
        if self.comment:
            node = add_comment(node, self.comment)
        if change.project:
            node = put_decorator(node, change.project, change.plain)
        return set_decorator(
            node, tuple(change.spelled), name=change.name, keywords=change.keywords
        )


@frozen
class SetFixtureCall(StatementEdit):
    """Changes the call that makes a fixture: ``db = pytest.fixture(make_db)``."""

    change: FixtureChange

    def apply(self, node: Any) -> Any:
        from loopscope.rewriting.statements import put_maker, set_fixture_call

        change = self.change
        if change.project:
            node = put_maker(node, change.project, change.plain)
        return set_fixture_call(node, change.spelled, change.keywords, change.name)


@frozen
class DeleteStatement(StatementEdit):
    """Deletes the statement that makes a fixture of a function."""

    def apply(self, node: Any) -> Any:
        return None


def _call(name: str | None, keywords: Mapping[str, str]) -> str:
    arguments = ", ".join(f"{key}={value}" for key, value in keywords.items())
    return f"{name}({arguments})" if arguments else f"{name}"


def place_of(key: Key, function: Function) -> tuple[str, int]:
    """Return the file and line of what makes a function a fixture."""
    fixture = function.fixture
    if fixture is None or not fixture.line:
        return key.path, function.line
    return fixture.path or key.path, fixture.line


def fixture_edit(
    context: RuleContext,
    code: str,
    key: Key,
    message: str,
    *,
    plugin: bool = True,
    keywords: Mapping[str, str] | None = None,
    safety: Safety = Safety.SAFE,
    comment: str = "",
) -> Edit | Finding:
    """Make the edit that gives a fixture pytest-asyncio's (or pytest's) ``fixture``, and keywords.

    An action says what a person must do where a function of the project makes the fixture, and
    what it gives it is not known.
    """
    function = context.model.index.function(key)
    fixture = function.fixture
    assert fixture is not None
    path, line = place_of(key, function)
    facts = context.files[path]
    wanted = "pytest_asyncio.fixture" if plugin else "pytest.fixture"
    name, needs = spell(facts, wanted)
    spelled: Collection[str] = fixture_names(facts, function)
    project, written = "", {}
    if fixture.by_project:
        if fixture.written is None:
            return action(
                code, path, line,
                f"{message}. But {fixture.spelled} makes this fixture, with arguments that are"
                f" no literals: put @{_call(name, keywords or {})} in its place, with the same"
                " arguments",
            )  # fmt: skip
        project, written, spelled = fixture.spelled, dict(fixture.written), (name,)
    elif fixture.origin == wanted:
        name, needs = fixture.spelled, ()
    change = FixtureChange(spelled, name, dict(keywords or {}), project, written)
    if fixture.line:
        return SetFixtureCall(
            code, path, line, function.bound_name, message, line, change,
            safety=safety, needs=needs,
        )  # fmt: skip
    return SetFixtureDecorator(
        code, path, line, function.qualname, message, key.ordinal, change,
        comment, safety=safety, needs=needs,
    )  # fmt: skip
