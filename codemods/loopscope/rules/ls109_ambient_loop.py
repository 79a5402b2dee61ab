"""LS109: sync tests whose code asks for the current loop find one, as 0.21 left them one.

From pytest-asyncio 1.4 on no loop is current in a sync test. The fixture acts only where none
is: it must not take a wider runner's loop away from the tests that come after.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Collection, Iterator
from posixpath import dirname, join

from loopscope.analysis.file.calls import CONSTRUCTORS, CURRENT_LOOP
from loopscope.analysis.file.checks import FileCheck, position
from loopscope.analysis.file.facts import FileFacts, Hazard, Position
from loopscope.analysis.file.functions import arguments
from loopscope.analysis.file.names import Names, last_name
from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import AMBIENT, Test
from loopscope.config.collected_files import with_parents
from loopscope.planning.ambient import Ambient
from loopscope.python_source.syntax_tree import own_nodes
from loopscope.rules.codegen.bridge import Writer
from loopscope.rules.context import AppendEdit, Need, Rule, RuleContext, RuleResult, action
from loopscope.types import Safety, Scope


def check(context: RuleContext) -> Iterator[RuleResult]:
    for ambient in context.plan.ambients:
        source, needs = _source(context.files.get(ambient.path), ambient)
        yield AppendEdit(
            "LS109",
            ambient.path,
            0,
            AMBIENT,
            f"fixture added: {ambient.reason}",
            source,
            safety=Safety.ASSUMPTION,
            needs=needs,
        )
    yield from _brought_along(context)


# -- what one test keeps and another takes --------------------------------------------------


def _brought_along(context: RuleContext) -> Iterator[RuleResult]:
    """Report what a sync test keeps of its loop for another: 0.21 left both the same one."""
    for path, facts in context.files.items():
        kept: dict[str, list[Hazard]] = defaultdict(list)
        for hazard in facts.hazards:
            if hazard.code == "LS109":
                kept[hazard.detail].append(hazard)
        tests = [test for test in context.model.tests if test.module == path] if kept else []
        tests = [test for test in tests if _has_own_loop(context, test)]
        for name, places in kept.items():
            pair = _keeper_and_taker(context, name, places, tests)
            if pair is not None:
                keeper, taker = (test.function.qualname for test in pair)
                yield action(
                    "LS109",
                    path,
                    places[0].line,
                    f"{name} brings what belongs to the current loop from {keeper} to {taker}:"
                    f" 0.21 left them one loop, and {AMBIENT} gives each sync test its own. Do"
                    " both in one test, or make them async tests of one loop scope",
                    places[0].column,
                )


def _has_own_loop(context: RuleContext, test: Test) -> bool:
    """Whether the fixture of this rule, planned or there, makes a loop for a sync test alone."""
    model = context.model
    if model.is_async_test(test) or model.legacy.loop_scope(test) is not Scope.FUNCTION:
        return False
    for fixtures in model.index.chain(test):
        if AMBIENT in fixtures:
            return EVENT_LOOP not in fixtures[AMBIENT].function.dynamic
    conftests = [join(folder, "conftest.py") for folder in with_parents(dirname(test.module))]
    places = {ambient.path for ambient in context.plan.ambients if not ambient.shared}
    return not places.isdisjoint((test.module, *conftests))


def _keeper_and_taker(
    context: RuleContext, name: str, places: list[Hazard], tests: list[Test]
) -> tuple[Test, Test] | None:
    """Find a test that sets a variable, and one that uses it and does not set it."""
    model, ordinals = context.model, {place.ordinal for place in places}
    keepers, takers = [], []
    for test in tests:
        run = [test.key, *model.closures.call_graph.of(test.key)]
        if any(key.path == test.module and key.ordinal in ordinals for key in run):
            keepers.append(test)
        elif any(
            f"{mention}.".startswith(f"{name}.") or name in mention.split(".")[1:2]
            for key in run
            for mention in model.index.function(key).refers
        ):
            takers.append(test)
    return (keepers[0], takers[0]) if keepers and takers else None


_KEEPING = ("append", "appendleft", "add", "insert", "setdefault", "put", "put_nowait")
_OF_LOOP = ("create_future", "create_task", "call_soon", "call_later", "call_at")


def kept_of_loops(node: ast.AST, names: Names) -> Iterator[Position]:
    """Find where a function puts what belongs to a loop into a variable of its module or class."""
    if not isinstance(node, ast.FunctionDef):
        return
    nodes = list(own_nodes(node))
    declared = {name for item in nodes if isinstance(item, ast.Global) for name in item.names}
    stored = {
        item.id for item in nodes if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)
    }
    local = (arguments(node) | stored) - declared - {"cls"}
    bound: set[str] = set()  # local variables with what belongs to a loop
    for item in nodes:
        match item:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in local:
                if _belongs_to_loop(value, bound, names):
                    bound.add(name)
                continue
            case ast.Assign(targets=[target], value=value):
                values = [value]
            case ast.Call(func=ast.Attribute(value=target, attr=method), args=values) if (
                method in _KEEPING
            ):
                pass
            case _:
                continue
        name = _variable(target, local)
        if name and any(_belongs_to_loop(value, bound, names) for value in values):
            yield position(item, name)


def _variable(node: ast.expr, local: Collection[str]) -> str:
    """Name the variable of the module or class in which something is kept, "" for others.

    That of a class is its last name alone, for it may be mentioned as ``self.name``.
    """
    attribute = ""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        attribute = node.attr if isinstance(node, ast.Attribute) else attribute
        node = node.value
        if isinstance(node, ast.Attribute) and node.attr == "__class__":
            return attribute
    if isinstance(node, ast.Call):
        return attribute if last_name(node.func) == "type" else ""
    if not isinstance(node, ast.Name) or node.id in local:
        return ""
    if attribute and (node.id == "cls" or node.id[:1].isupper()):
        return attribute
    return f"{node.id}.{attribute}" if attribute else node.id


def _belongs_to_loop(node: ast.expr, bound: Collection[str], names: Names) -> bool:
    if isinstance(node, ast.Name):
        return node.id in bound
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return any(_belongs_to_loop(item, bound, names) for item in node.elts)
    if isinstance(node, ast.Dict):
        return any(_belongs_to_loop(item, bound, names) for item in node.values)
    if not isinstance(node, ast.Call):
        return False
    name = last_name(node.func)
    if names.resolve(node.func) in CURRENT_LOOP | CONSTRUCTORS or name in _OF_LOOP:
        return True
    values = [*node.args, *(item.value for item in node.keywords)]
    return name[:1].isupper() and any(_belongs_to_loop(item, bound, names) for item in values)


def _source(facts: FileFacts | None, ambient: Ambient) -> tuple[str, tuple[Need, ...]]:
    writer = Writer(facts)
    name = writer.name
    has_loop = (
        "def _has_event_loop():\n"
        f"    with {name('warnings.catch_warnings')}():\n"
        f'        {name("warnings.simplefilter")}("ignore", DeprecationWarning)\n'
        "        try:\n"
        f"            {name('asyncio.get_event_loop')}()\n"
        "        except RuntimeError:\n"
        "            return False\n"
        "    return True\n\n\n"
    )
    head = (
        f"@{name('pytest.fixture')}(autouse=True)\n"
        f"def {AMBIENT}(request):\n"
        '    """Sync tests find a current event loop, as pytest-asyncio 0.21 left them one."""\n'
    )
    test = f"{name('pytest_asyncio.is_async_test')}(request.node)"
    setter = name("asyncio.set_event_loop")
    if ambient.shared:
        body = (
            f"    if not {test} and not _has_event_loop():\n"
            f'        {setter}(request.getfixturevalue("event_loop"))\n'
        )
    else:
        body = (
            f"    if {test} or _has_event_loop():\n"
            "        yield\n"
            "        return\n"
            f"    loop = {name('asyncio.new_event_loop')}()\n"
            f"    {setter}(loop)\n"
            "    yield\n"
            f"    {setter}(None)\n"
            "    loop.close()\n"
        )
    return has_loop + head + body, writer.needs


RULE = Rule(
    "LS109",
    "ambient-loop",
    "sync tests whose code asks for the current loop get one",
    "1.4",
    check,
    file_check=FileCheck(
        kept_of_loops, words=(("get_event_loop", "Future(", "ensure_future", *_OF_LOOP),)
    ),
)
