"""Edits of what makes a function a fixture: its decorator, or the call that gets the function."""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping
from dataclasses import replace
from textwrap import dedent
from typing import Any

from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.analysis.suite.fixtures import Key
from loopscope.frozen import frozen
from loopscope.rewriting.edits import Need
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


# What a generator returns by its annotation, and what an async one does.
_ASYNC = {
    "Iterator": "AsyncIterator", "Iterable": "AsyncIterable", "Generator": "AsyncGenerator",
}  # fmt: skip
_TYPING = ("typing", "typing_extensions", "collections.abc")


@frozen
class Annotation:
    """The annotation that a generator's return has once it is async; "" where none changes."""

    code: str = ""
    needs: tuple[Need, ...] = ()


def async_annotation(facts: FileFacts, data: bytes, function: Function) -> Annotation:
    """Turn the return annotation of a generator into that of an async generator.

    ``data`` is its file. ``Generator[int, None, None]`` becomes ``AsyncGenerator[int, None]``.
    """
    if not function.is_generator:
        return Annotation()
    lines = data.decode("utf-8", "replace").splitlines()[function.line - 1 : function.end_line]
    text = dedent("\n".join(lines))
    try:
        node = ast.parse(text).body[0]
    except (IndexError, SyntaxError, ValueError):  # no line is there of another suite's file
        return Annotation()
    returns = getattr(node, "returns", None)
    written = ast.get_source_segment(text, returns) if returns is not None else None
    if written is None:
        return Annotation()
    quote = written[0] if isinstance(returns, ast.Constant) and written[0] in "\"'" else ""
    found = _in_annotation(facts, written.strip(quote) if quote else written)
    return replace(found, code=f"{quote}{found.code}{quote}") if found.code else found


def _in_annotation(facts: FileFacts, text: str) -> Annotation:
    try:
        whole = ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError):
        return Annotation()
    named = whole.value if isinstance(whole, ast.Subscript) else whole
    spelled = ast.unparse(named)
    before = spelled.rpartition(".")[0]
    known = {
        f"{module}.{name}": (module, name)
        for module in _TYPING
        for name in _ASYNC
        if facts.spelling(f"{module}.{name}") == spelled
    }
    if len(known) != 1:
        return Annotation()
    ((module, name),) = known.values()
    new = f"{before}.{_ASYNC[name]}" if before else _ASYNC[name]
    rest = text.removeprefix(spelled)
    if rest == text:
        return Annotation()
    if name == "Generator" and isinstance(whole, ast.Subscript):
        rest = _without_return(whole.slice, f"({text})", rest)
    return Annotation(new + rest, () if before else ((module, _ASYNC[name]),))


def _without_return(inside: ast.expr, text: str, rest: str) -> str:
    """Drop the third type of a Generator: an async one returns nothing."""
    if not (isinstance(inside, ast.Tuple) and len(inside.elts) == 3):
        return rest
    parts = [ast.get_source_segment(text, part) or "" for part in inside.elts[:2]]
    return f"[{', '.join(parts)}]"
