"""The texts that name ``event_loop``, each claimed by what holds it or what it is handed to."""

from __future__ import annotations

import ast
import re

from loopscope.analysis.file.dynamic_requests import is_fixture_names
from loopscope.analysis.file.fixture_calls import FIXTURES
from loopscope.analysis.file.mentions import EVENT_LOOP, Mention
from loopscope.analysis.file.names import Names, dotted, is_call, last_name
from loopscope.python_source.syntax_tree import FUNCTIONS

PLUGIN = "pytest_asyncio"
_SOURCES = ("makepyfile", "makeconftest", "makefile", "maketxtfile", "inline_runsource")
# Calls whose text names an attribute, a log line, an option: no fixture.
_LOOKERS = frozenset(
    {
        "getattr", "hasattr", "setattr", "delattr", "attrgetter", "print", "debug", "info",
        "warning", "error", "exception", "critical", "log", "fail", "skip", "warn", "format",
        "join", "startswith", "endswith", "index", "patch", "object",
    }
)  # fmt: skip
_OF_A_TABLE = ("get", "pop", "setdefault")
_LIST = re.compile(r"\w+(\s*,\s*\w+)*")


def unread_text(mention: Mention, names: Names) -> str:
    """Claim a text by what holds it, or say what stands there."""
    node, parent = mention.node, mention.parent
    text = str(node.value) if isinstance(node, ast.Constant) else EVENT_LOOP
    if not _LIST.fullmatch(text):
        return _source(mention, text)
    statement = next(one for one in reversed(mention.around) if isinstance(one, ast.stmt))
    if isinstance(statement, ast.Raise):
        return ""
    holders = (ast.List, ast.Tuple, ast.Set, ast.keyword, ast.Starred)
    holder = next(one for one in reversed(mention.around) if not isinstance(one, holders))
    match holder:
        case ast.Call():
            return _handed(mention, holder, names)
        case ast.Compare():
            sides = [holder.left, *holder.comparators]
            known = any(is_fixture_names(side) for side in sides)
            return "" if known else f'a comparison with "{EVENT_LOOP}"'
        case ast.Subscript(value=value):
            asked = _holds_fixtures(value) or _is_of_wrapper(mention, value)
            return f'{ast.unparse(value)}["{EVENT_LOOP}"]' if asked else ""
        case ast.Expr() | ast.JoinedStr() | ast.FormattedValue() | ast.Dict() | ast.Assert():
            return ""  # a docstring, a message, a table
        case ast.Assign() | ast.AnnAssign():
            return ""  # each use of a constant is a mention of its own
        case ast.For() | ast.comprehension() | ast.Return() | ast.BinOp():
            return ""  # getfixturevalue of the variable counts as a request for the loop
    return f'"{EVENT_LOOP}" in {type(parent).__name__.lower()}'


def _handed(mention: Mention, call: ast.Call, names: Names) -> str:
    """Claim the texts that are handed to a function, by what the function does with them."""
    func = call.func
    name = last_name(func)
    if name == "parametrize":
        asked = _asks_by_parameter(mention, call)
        return "" if asked else f"parameters for {EVENT_LOOP}"
    if name in _SOURCES:
        return f"{EVENT_LOOP} in the source of a suite in a string"
    owner = names.resolve(call.args[0]) if call.args else None
    if name in ("setattr", "object") and (owner or "").startswith(PLUGIN):
        return "" if call.lineno in names.read else f"{EVENT_LOOP} of {owner} is replaced"
    if isinstance(func, ast.Attribute):
        looked_up = name in _OF_A_TABLE and _holds_fixtures(func.value)
        if looked_up or _is_of_wrapper(mention, func.value):
            return f'{ast.unparse(func)}("{EVENT_LOOP}")'
    inside = mention.function is not None
    known = name in ("usefixtures", "getfixturevalue", "param") or name in _LOOKERS
    keyword = any(
        isinstance(one, ast.keyword) and one.arg in ("name", "ids", "id") for one in mention.around
    )
    makes = isinstance(func, (ast.Name, ast.Attribute)) and names.resolve(func) in FIXTURES
    # A function that gets the name is followed by the closures of tests.
    return "" if known or keyword or makes or inside else f'{name}("{EVENT_LOOP}")'


def _holds_fixtures(node: ast.expr) -> bool:
    """Whether a table has the names of fixtures as keys: ``item.funcargs``, ``globals()``."""
    return bool(re.search(r"funcargs|fixture|arg2|globals|vars|__dict__", ast.unparse(node)))


def _is_of_wrapper(mention: Mention, node: ast.expr) -> bool:
    """Whether a name holds the keyword arguments of a function in a function.

    Such a wrapper in a decorator gets what pytest hands to its test: by the test's own arguments.
    """
    outer = False
    for one in mention.around:
        if isinstance(one, FUNCTIONS):
            keywords = one.args.kwarg
            if outer and keywords and isinstance(node, ast.Name) and keywords.arg == node.id:
                return True
            outer = True
    return False


def _source(mention: Mention, text: str) -> str:
    """Report the source of a suite that a test hands to pytester; all else is prose."""
    for one in mention.around:
        func = one.func if isinstance(one, ast.Call) else None
        if isinstance(func, ast.Attribute) and func.attr in _SOURCES:
            return f"{EVENT_LOOP} in the source of a suite in a string"
    prose = f"({EVENT_LOOP}" not in text and f"{EVENT_LOOP})" not in text
    if prose or isinstance(mention.parent, ast.Expr):
        return ""
    try:
        tree = ast.parse(text.strip("\n"))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""
    asks = any(isinstance(child, ast.arg) and child.arg == EVENT_LOOP for child in ast.walk(tree))
    return f"{EVENT_LOOP} in the source of a suite in a string" if asks else ""


def _asks_by_parameter(mention: Mention, call: ast.Call) -> bool:
    """Whether a text is a value that a sync function hands to ``getfixturevalue``."""
    function = next((one for one in reversed(mention.around) if isinstance(one, FUNCTIONS)), None)
    if not isinstance(function, ast.FunctionDef) or call not in function.decorator_list:
        return False
    if len(call.args) < 2 or call.args[0] in (*mention.around, mention.node):
        return False
    named = call.args[0].value if isinstance(call.args[0], ast.Constant) else ""
    return any(
        is_call(item, "getfixturevalue")
        and isinstance(item, ast.Call)
        and bool(item.args)
        and dotted(item.args[0]) == named
        for statement in function.body
        for item in ast.walk(statement)
    )
