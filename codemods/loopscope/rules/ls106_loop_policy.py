"""LS106: an override of ``event_loop_policy`` becomes a loop factory.

pytest-asyncio 1.4 deprecates the fixture, as Python 3.14 does event loop policies. One that
returns the default policy says nothing and goes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from posixpath import basename

from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.factory_hooks import FACTORIES_HOOK, empty_returns
from loopscope.analysis.file.facts import Function, Position
from loopscope.analysis.file.functions import arguments, names_in
from loopscope.analysis.file.names import Names
from loopscope.analysis.file.other_loops import POLICY_SETTERS
from loopscope.analysis.file.override_facts import PolicyBody
from loopscope.analysis.suite.fixtures import (
    FixtureDef,
    Key,
    Test,
    directory_base_ids,
    enclosing_base_ids,
)
from loopscope.loop_map.model import Loop
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.override_actions import ActionKind
from loopscope.planning.policies import (
    ALWAYS,
    CALLER,
    PLATFORM,
    RESTORED,
    affected,
    is_setter,
    setters,
)
from loopscope.rules.codegen.factory import defined_in, factory_code
from loopscope.rules.context import DeleteDefinition, Rule, RuleContext, RuleResult, action, note
from loopscope.rules.ls101_event_loop_override.override_edits import (
    ReplaceOverride,
)
from loopscope.types import Scope

_STAYS = (
    "event_loop_policy stays: the sync test {} uses async fixtures, whose loops no loop factory"
    " makes. pytest-asyncio 1.4 deprecates the fixture; once these tests are async, run loopscope"
    " again"
)
_ALONE = (
    "event_loop_policy stays: {}. pytest-asyncio 1.4 deprecates the fixture, which makes the loops"
    " of its tests until a pytest_asyncio_loop_factories hook in a conftest does"
)
_EMPTY = (
    "{}: pytest-asyncio refuses that, and no async test below it is collected. Return"
    ' {{"default": asyncio.new_event_loop}} there'
)


def check(context: RuleContext) -> Iterator[RuleResult]:
    yield from _empty_hooks(context)
    yield from _set_while_tests_run(context)
    if not context.options.target.has(1, 4):
        return
    for key, function in context.functions():
        policy = function.policy
        if policy is None or function.fixture is None:
            continue
        place = ("LS106", key.path, function.line)
        if policy.default and not _hides(context, key):
            yield DeleteDefinition(
                *place,
                function.qualname,
                "deleted: it returns the default policy",
                function.ordinal,
            )
            continue
        # One that hides another stays as long as that does.
        kept = [key, *(item.key for item in _hidden(context, key))]
        sync = next(
            (
                test
                for test in _sync_tests(context)
                if any(_sees(context, test, one) for one in kept)
            ),
            None,
        )
        if sync is not None and policy.variants:
            yield note(*place, _STAYS.format(sync.function.qualname))
            continue
        reason = _unfit(context, key, function, policy)
        if reason and _does_as_it_is(context, key, function, policy):
            yield note(*place, _ALONE.format(reason))
            continue
        if reason:
            yield action(
                *place,
                f"this event_loop_policy cannot be replaced automatically: {reason}. Return the "
                "loops from a pytest_asyncio_loop_factories hook in a conftest",
            )
            continue
        code = factory_code(policy.variants, defined_in(context, key.path))
        yield ReplaceOverride(
            *place,
            function.qualname,
            "event_loop_policy replaced by a loop factory",
            function.ordinal,
            function.first_line,
            function.class_ordinal,
            code,
            needs=code.needs,
        )


def _empty_hooks(context: RuleContext) -> Iterator[RuleResult]:
    """Report hooks with a path that gives no factory, where no hook above is asked then."""
    index = context.model.index
    hooks = {
        path: base_id
        for base_id, path in (
            *((index.base_id_of(path), path) for path in index.conftests),
            *(("", path) for path in (*index.conftests_above, *index.plugins)),
        )
        if any(one.name == FACTORIES_HOOK for one in context.files[path].functions)
    }
    for path, base_id in hooks.items():
        around = set(enclosing_base_ids(base_id)) - {base_id}
        if path in context.model.cross_suite or around & set(hooks.values()):
            continue
        for hazard in context.files[path].hazards:
            if hazard.code == "LS106" and not is_setter(hazard):
                message = _EMPTY.format(hazard.detail)
                yield action("LS106", path, hazard.line, message, hazard.column)


def _set_while_tests_run(context: RuleContext) -> Iterator[RuleResult]:
    """Report code that chose the kind of loops on 0.21 and no longer does."""
    seen: set[tuple[str, int]] = set()
    for setter in setters(context.model):
        test = affected(context.model, setter)
        if test is None or (setter.path, setter.hazard.line) in seen:
            continue
        seen.add((setter.path, setter.hazard.line))
        asked = CALLER in setter.hazard.detail and context.model.is_product(setter.path)
        say, how = (note, " where the caller wants it") if asked else (action, "")
        yield say(
            "LS106",
            setter.path,
            setter.hazard.line,
            f"{setter.hazard.detail.split()[0]}() is called{how} while tests run, by "
            f"{setter.function.qualname}. On 0.21 the loops that were made after it were of that "
            "kind; pytest-asyncio 1.x takes the policy before the first fixture, and makes loops "
            f"of the default kind, as for {test.function.qualname}. Return the loops from a "
            "pytest_asyncio_loop_factories hook in a conftest (pytest-asyncio 1.4), or set the "
            "policy in pytest_configure",
            setter.hazard.column,
        )


def _unfit(context: RuleContext, key: Key, function: Function, policy: PolicyBody) -> str:
    if any(
        override_action.kind is ActionKind.FACTORY
        for override_action in context.plan.overrides.values()
    ):
        return "an override of event_loop becomes a loop factory, too"
    if any(other.name == FACTORIES_HOOK for _, other in context.functions()):
        return "the suite has a pytest_asyncio_loop_factories hook already"
    if policy.default:
        return f"it hides that of {_hides(context, key)} from its tests"
    hiding = _hidden_by(context, key)
    if hiding:
        return f"that of {hiding} hides it from some tests, which a hook would not"
    if not policy.variants:
        return policy.reason or "it does more than returning a new policy"
    for path, other in context.functions():
        if "event_loop_policy" in (*other.parameters, *other.dynamic) and other is not function:
            return f"{other.qualname} ({path.path}:{other.line}) asks for it, too"
    if basename(key.path) != "conftest.py" and key.path not in context.model.index.plugins:
        return "it stands in a test module, where the hook is ignored"
    if "/" in key.path and any(
        loop_scope > Scope.FUNCTION for loop_scope in context.plan.tests.values()
    ):
        return "it covers a part of the suite, and loops are wider than function"
    return ""


def _does_as_it_is(context: RuleContext, key: Key, function: Function, policy: PolicyBody) -> bool:
    """Whether a policy as LS101 writes it decides alone of what kind the loops of its tests are.

    It would not on a loop that a test with another policy shares, and not below a hook.
    """
    model = context.model
    assert function.fixture is not None
    as_written = function.fixture.scope is Scope.SESSION and (policy.variants or policy.default)
    if not as_written or model.suite_style is SuiteStyle.LEGACY:
        return False
    hooks = {
        model.index.base_id_of(place.path)
        for place, other in context.functions()
        if other.name == FACTORIES_HOOK
    }
    mine: set[Loop] = set()
    others: set[Loop] = set()
    for test in model.tests:
        seen = _sees(context, test, key)
        if seen and not hooks.isdisjoint({"", *directory_base_ids(test.module)}):
            return False
        if test.id in model.modern_map:
            (mine if seen else others).update(model.modern_map[test.id].all)
    return mine.isdisjoint(others)


def _policies(context: RuleContext) -> Iterator[list[FixtureDef]]:
    """List the policies that each test sees, the nearest last, where they are several."""
    for test in context.model.tests:
        seen = context.model.closures.visible(test, "event_loop_policy")
        own = [item for item in seen if not item.key.is_external]
        if len(own) > 1:
            yield own


def _is_default_policy(item: FixtureDef) -> bool:
    return item.function.policy is not None and item.function.policy.default


def _hides(context: RuleContext, key: Key) -> str:
    """Return the place of a policy of another kind that this one hides, "" without one."""
    found = _hidden(context, key)
    return next((f"{item.key.path}:{item.function.line}" for item in found), "")


def _hidden(context: RuleContext, key: Key) -> Iterator[FixtureDef]:
    """Yield the policies of another kind that a default one hides from tests."""
    function = context.model.index.function(key)
    if function.policy is not None and function.policy.default:
        for own in _policies(context):
            if own[-1].key == key and not _is_default_policy(own[-2]):
                yield own[-2]


def _hidden_by(context: RuleContext, key: Key) -> str:
    """Return the place of a default policy that hides this one from some tests."""
    found = (
        own[-1] for own in _policies(context) if own[-2].key == key and _is_default_policy(own[-1])
    )
    return next((f"{item.key.path}:{item.function.line}" for item in found), "")


def _sync_tests(context: RuleContext) -> Iterator[Test]:
    """Yield the sync tests that set up something on a loop."""
    model = context.model
    legacy = model.suite_style is SuiteStyle.LEGACY  # a bridge will serve who asks there
    loops = model.legacy_map if legacy else model.modern_map
    for test in context.model.tests:
        if test.id in loops and test.id not in context.plan.tests:
            yield test


def _sees(context: RuleContext, test: Test, key: Key) -> bool:
    policies = context.model.closures.visible(test, "event_loop_policy")
    return bool(policies) and policies[-1].key == key


# -- what stands in a file ------------------------------------------------------------------

_SETTERS = POLICY_SETTERS - {"nest_asyncio.apply"}
_DEFAULT = ("asyncio.DefaultEventLoopPolicy", "asyncio.get_event_loop_policy")


def _found(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> Iterator[Position]:
    yield from empty_returns(node, names)
    yield from policies_set(node, names)


def policies_set(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> Iterator[Position]:
    """Find where a function sets a policy of another kind, and whether it takes that back."""
    nodes = list(ast.walk(node))
    kept = {
        target.id
        for child in nodes
        if isinstance(child, ast.Assign) and _is_default(child.value, set(), names)
        for target in child.targets
        if isinstance(target, ast.Name)
    }
    calls = [
        child
        for child in nodes
        if isinstance(child, ast.Call) and names.resolve(child.func) in _SETTERS
    ]
    setting = [call for call in calls if not _is_default(_given(call), kept, names)]
    if not setting:
        return
    functions = {id(call.func) for call in setting}
    back = any(
        isinstance(child, (ast.Name, ast.Attribute))
        and names.resolve(child) in _SETTERS
        and id(child) not in functions
        and child.lineno > setting[0].lineno
        for child in nodes
    )
    always = any(isinstance(item, ast.Expr) and item.value is setting[0] for item in node.body)
    platform = any(
        isinstance(child, ast.If)
        and any(word in ast.unparse(child.test) for word in ("platform", "os.name"))
        and any(part is setting[0] for part in ast.walk(child))
        for child in nodes
    )
    caller = not platform and _is_up_to_caller(node, setting[0])
    flags = ((RESTORED, back), (ALWAYS, always), (PLATFORM, platform), (CALLER, caller))
    words = [names.resolve(setting[0].func) or "", *(word for word, holds in flags if holds)]
    yield position(setting[0], " ".join(words))


def _is_up_to_caller(node: ast.FunctionDef | ast.AsyncFunctionDef, call: ast.Call) -> bool:
    """Whether an argument that is not set by default must say that the call is made."""
    given = arguments(node) - {"self", "cls"}
    positional = [*node.args.posonlyargs, *node.args.args]
    defaults = {
        **dict(zip(positional[::-1], node.args.defaults[::-1], strict=False)),
        **dict(zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)),
    }
    given -= {
        argument.arg
        for argument, value in defaults.items()
        if isinstance(value, ast.Constant) and value.value
    }
    return any(
        isinstance(child, ast.If)
        and any(part is call for item in child.body for part in ast.walk(item))
        and not given.isdisjoint(names_in(child.test))
        for child in ast.walk(node)
    )


def _given(call: ast.Call) -> ast.expr | None:
    """Return the policy that a call sets; ``uvloop.install()`` names none."""
    return next(iter([*call.args, *(keyword.value for keyword in call.keywords)]), None)


def _is_default(value: ast.expr | None, kept: set[str], names: Names) -> bool:
    match value:
        case ast.Constant(value=None):
            return True
        case ast.Name(id=name):
            return name in kept
        case ast.Call(func=func):
            return names.resolve(func) in _DEFAULT
    return False


RULE = Rule(
    "LS106",
    "loop-policy",
    "overrides of event_loop_policy become loop factories",
    "1.4",
    check,
    file_check=FileCheck(
        _found,
        file_words=((FACTORIES_HOOK, "set_event_loop_policy", "uvloop", "winloop"),),
    ),
)
