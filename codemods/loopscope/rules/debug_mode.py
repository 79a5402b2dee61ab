"""The debug mode of loops, where it comes neither from an override nor from the configuration.

pytest-asyncio 1.2 and newer set it on each loop to what ``asyncio_debug`` says, after the loop was
made and set. So what a policy, a class of loops or the environment said before is lost.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from posixpath import basename, dirname

from loopscope.analysis.file.checks import position
from loopscope.analysis.file.facts import Function, Hazard, Position
from loopscope.analysis.file.names import Names
from loopscope.analysis.file.other_loops import POLICY_SETTERS
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.planning.override_actions import ActionKind
from loopscope.rules.context import OptionEdit, RuleContext, RuleResult, action, note
from loopscope.types import Scope

VARIABLE = "PYTHONASYNCIODEBUG"
_MAKING = ("new_event_loop", "set_event_loop", "__init__")


def debug_mode(context: RuleContext) -> Iterator[RuleResult]:
    """Keep the debug mode of loops where it came neither from an override nor from the option.

    The runner of pytest-asyncio sets it to what the option says (docs/loop-rules.md, Debug mode).
    """
    if str(context.config.options.get("asyncio_debug", "")).lower() in ("true", "1", "yes", "on"):
        return
    legacy = context.plan.suite_style is SuiteStyle.LEGACY
    for path, hazard, by, always in _debug_places(context):
        text = f"{by} puts loops into debug mode"
        if legacy and always and context.options.target.has(1, 2):
            message = f"{text} ({path}:{hazard.line}), and the runner sets it to this option"
            yield OptionEdit("LS201", "asyncio_debug", True, message)
            return
        yield (action if legacy else note)(
            "LS201",
            path,
            hazard.line,
            f"{text}, which is lost: from 1.2 on the runner of pytest-asyncio sets it to"
            " asyncio_debug. Set asyncio_debug = true in the configuration of pytest, or"
            " set_debug(True) on the running loop in an async fixture",
            hazard.column,
        )
    if not context.options.target.has(1, 2):
        return
    told: set[str] = set()
    for path, line, switch, by_pytest in _switches(context):
        if legacy and by_pytest:
            message = f"{switch} puts loops into debug mode ({path}:{line}), and the runner sets"
            yield OptionEdit("LS201", "asyncio_debug", True, f"{message} it to this option")
            return
        if path not in told:
            told.add(path)
            yield note(
                "LS201",
                path,
                line,
                f"{switch} puts the loops of tests into debug mode where they are run so, which is"
                " lost: from 1.2 on the runner of pytest-asyncio sets it to asyncio_debug. Give"
                " pytest -o asyncio_debug=true here, or set asyncio_debug = true in its"
                " configuration",
            )


# In what starts pytest, and in what sets the environment of its process: pytest-env.
_SWITCH = re.compile(
    rb"(?:\b(PYTHONASYNCIODEBUG|PYTHONDEVMODE)[\"']?[ \t]*:?[=:][ \t]*[\"']?[^\s\"'#]"
    rb"|ENV[ \t]+(PYTHONASYNCIODEBUG|PYTHONDEVMODE)[ \t]+\S|(-X ?dev)\b[^\n]*\bpytest\b)"
)
_SWITCHES = (b"PYTHONASYNCIODEBUG", b"PYTHONDEVMODE", b"-X dev", b"-Xdev")
_COMMENT = (b"#", b";", b"//", b"rem ", b"REM ")
_OF_PYTEST = frozenset(
    {b"[pytest]", b"[tool:pytest]", b"[tool.pytest.ini_options]", b"[tool.pytest]"}
)


def _switches(context: RuleContext) -> Iterator[tuple[str, int, str, bool]]:
    """Yield what sets the environment of tests: file, line, switch, whether for all runs."""
    for path, data in context.contents.items():
        if path.endswith(".py") and path != "noxfile.py":
            continue
        if not any(word in data for word in _SWITCHES) or b"asyncio_debug" in data:
            continue
        section = b""
        for number, line in enumerate(data.splitlines(), 1):
            text = line.strip()
            section = text if text.startswith(b"[") else section
            found = _SWITCH.search(line)
            if found is None or text.startswith(_COMMENT):
                continue
            own = section in _OF_PYTEST and path == context.config.path
            switch = next(filter(None, found.groups())).decode()
            by_pytest = switch == VARIABLE and (own or section == b"[tool.pytest_env]")
            yield path, number, switch, by_pytest


def _debug_places(context: RuleContext) -> Iterator[tuple[str, Hazard, str, bool]]:
    """Yield what puts loops into debug mode: file, place, in words, whether all loops, always."""
    found = [
        (path, hazard)
        for path, facts in context.files.items()
        if path not in context.model.cross_suite
        for hazard in facts.hazards
        if hazard.code == "LS201"
    ]
    if not found:
        return
    policies = [(path, hazard) for path, hazard in found if hazard.detail.startswith("policy")]
    factories = [
        key for key, one in context.plan.overrides.items() if one.kind is ActionKind.FACTORY
    ]
    chosen = policies or factories or any(one.policy for _, one in context.functions())
    graph = context.model.closures.call_graph
    makers = {called for key in factories for called in graph.of(key)}
    for path, hazard in found:
        facts = context.files[path]
        function = next((one for one in facts.functions if one.ordinal == hazard.ordinal), None)
        always = hazard.column == 1 and _is_loaded(context, path)
        if hazard.detail == VARIABLE:
            if function is None or function.name.startswith("pytest_") or _is_wide(function):
                yield path, hazard, VARIABLE, always
        elif function is None or not hazard.detail.startswith("set_debug"):
            continue
        elif Key(path, function.ordinal) in makers and not function.is_method:
            yield path, hazard, function.name, False
        elif function.name in _MAKING and chosen:
            owner = next((c for c in facts.classes if c.ordinal == function.class_ordinal), None)
            if owner is not None and any(b.endswith(("Policy", "Loop")) for b in owner.bases):
                always = hazard.detail.endswith("always") and any(
                    there == path
                    and policy.column == 1
                    and policy.detail == f"policy {owner.name}"
                    for there, policy in policies
                )
                yield path, hazard, owner.name, always and _is_loaded(context, path)


def _is_wide(function: Function) -> bool:
    """Whether it is a fixture that is set up before the loops of most tests that use it."""
    return function.fixture is not None and function.fixture.scope is not Scope.FUNCTION


def _is_loaded(context: RuleContext, path: str) -> bool:
    """Whether pytest imports the file before the first test on a loop, whichever tests are run."""
    index, loops = context.model.index, context.model.legacy_map
    if path in index.conftests or path in index.plugins:
        return True
    return basename(path) == "__init__.py" and all(
        test.module.startswith(f"{dirname(path)}/")
        for test in context.model.tests
        if test.id in loops
    )


def debug_modes(node: ast.AST, names: Names) -> Iterator[Position]:
    """Find what puts loops into debug mode as they are made, and the policies that are set."""
    for child in ast.walk(node):
        if isinstance(child, (ast.Assign, ast.Call)) and _sets_variable(child, names):
            yield position(child, VARIABLE)
        if not isinstance(child, ast.Call) or not child.args:
            continue
        value = child.args[0]
        if isinstance(child.func, ast.Attribute) and child.func.attr == "set_debug":
            if isinstance(node, ast.FunctionDef) and not _is_off(value):
                on = isinstance(value, ast.Constant) and _is_straight(node, child, child.func)
                yield position(child, "set_debug always" if on else "set_debug")
        elif names.resolve(child.func) in POLICY_SETTERS:
            name = ast.unparse(value.func if isinstance(value, ast.Call) else value)
            yield position(child, f"policy {name}")


def _is_off(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and not value.value


def _is_straight(node: ast.FunctionDef, call: ast.Call, method: ast.Attribute) -> bool:
    """Whether the call is made for each loop: at most behind a question for the loop itself."""
    loop = ast.unparse(method.value)
    bodies = [node.body]
    bodies += [
        item.body
        for item in node.body
        if isinstance(item, ast.If) and ast.unparse(item.test) in (loop, f"{loop} is not None")
    ]
    return any(
        isinstance(item, ast.Expr) and item.value is call for body in bodies for item in body
    )


def _sets_variable(node: ast.Assign | ast.Call, names: Names) -> bool:
    """Whether a statement or call puts the variable into the environment of the process."""
    match node:
        case ast.Assign(
            targets=[ast.Subscript(value=environ, slice=ast.Constant(value="PYTHONASYNCIODEBUG"))],
            value=value,
        ):
            pass
        case ast.Call(
            func=ast.Attribute(value=environ, attr="setdefault"),
            args=[ast.Constant(value="PYTHONASYNCIODEBUG"), value],
        ):
            pass
        case ast.Call(
            func=ast.Attribute(value=environ, attr="update"),
            keywords=[ast.keyword(arg="PYTHONASYNCIODEBUG", value=value)],
        ):
            pass
        case ast.Call(
            func=ast.Attribute(value=environ, attr="update"),
            args=[ast.Dict(keys=[ast.Constant(value="PYTHONASYNCIODEBUG")], values=[value])],
        ):
            pass
        case _:
            return False
    return names.resolve(environ) == "os.environ" and not _is_off(value)
