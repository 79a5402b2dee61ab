"""LS302: a fixture requests one of a narrower scope, which pytest refuses (ScopeMismatch).

Reported only where every test that sets it up finds the narrower fixture, and where no
fixture from outside the suite can stand in between.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.facts import FileFacts, ScopeKind
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.rules.context import Rule, RuleContext, RuleResult, action


def check(context: RuleContext) -> Iterator[RuleResult]:
    # (requester, name) -> the narrower fixture, None where a test finds another one
    found: dict[tuple[Key, str], FixtureDef | None] = {}
    for test in context.model.tests:
        for requester in context.model.closure(test).fixtures:
            for name in requester.function.parameters:
                place = (requester.key, name)
                refuted = place in found and found[place] is None
                if name != EVENT_LOOP and not refuted:
                    found[place] = _narrower(context, test, requester, name)
    if not any(found.values()):
        return
    foreign = _foreign(context)
    for (key, name), narrower in found.items():
        if narrower is None or name in foreign or "*" in foreign:
            continue
        function = context.model.index.function(key)
        assert function.fixture is not None
        wide, narrow = function.fixture.scope.word, narrower.fixture.scope.word
        yield action(
            "LS302",
            key.path,
            function.line,
            f"{function.qualname} has scope {wide} and requests {name}, which has scope "
            f"{narrow}: pytest raises ScopeMismatch. Widen {name} "
            f"({narrower.key.path}:{narrower.function.line}), or narrow {function.qualname}",
        )


def _narrower(
    context: RuleContext, test: Test, requester: FixtureDef, name: str
) -> FixtureDef | None:
    chain = context.model.closures.visible(test, name)
    if (
        not chain
        or requester.key.is_external
        or requester in chain
        or name in test.function.parametrized
    ):
        return None
    target = chain[-1]
    literal = (
        requester.fixture.scope_kind is ScopeKind.LITERAL
        and target.fixture.scope_kind is not ScopeKind.CALLABLE
        and not requester.function.conditional
        and not target.function.conditional
    )
    scopes = test.function.parameter_scopes  # what parametrize says goes before the fixture's own
    narrow = scopes.get(target.fixture.name, target.fixture.scope)
    wide = scopes.get(requester.fixture.name, requester.fixture.scope)
    return target if literal and narrow < wide else None


def _foreign(context: RuleContext) -> set[str]:
    """Names that may mean a fixture which we do not read; "*" for any name."""
    index = context.model.index
    found: set[str] = set()
    for path in {*index.conftests, *index.test_modules, *index.plugins}:
        found.update(_foreign_names(context, path, context.files[path]))
    for test in context.model.tests:
        for mark in test.marks:  # parametrize, on a class or module
            if mark.name == "parametrize":
                found.update(part.strip() for text in mark.strings for part in text.split(","))
    return found


def _foreign_names(context: RuleContext, path: str, facts: FileFacts) -> Iterator[str]:
    for bound in facts.imports:
        if bound.attribute and context.model.index.find(path, bound.module) is None:
            yield bound.name
    for function in facts.functions:
        if function.name == "pytest_generate_tests":
            yield "*"
        elif function.fixture is None and not function.known_decorators:
            yield function.name


RULE = Rule(
    "LS302",
    "narrower-fixture",
    "a fixture requests one of a narrower scope",
    "any",
    check,
)
