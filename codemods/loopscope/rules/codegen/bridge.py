"""The source of replacements of an override: bridges, working bridges, loop factories."""

from __future__ import annotations

import re
from collections.abc import Sequence

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.file.override_facts import OverrideBody
from loopscope.analysis.suite.fixtures import CURRENT
from loopscope.frozen import frozen
from loopscope.planning.shared_bridges import Bridge
from loopscope.python_source.syntax_tree import body_of, indented
from loopscope.rules.context import Need, spell
from loopscope.types import Scope


@frozen
class Code:
    """Definitions for one place: ``main`` takes the override's, the others stand around it.

    ``outside`` stand above the class, where it is in one.
    """

    main: str
    needs: tuple[Need, ...]
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()


class Writer:
    """Writes code as one file spells its names, and remembers what must be imported."""

    def __init__(self, facts: FileFacts | None) -> None:
        self._facts = facts
        self._needs: dict[Need, None] = {}

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(self._needs)

    def name(self, dotted: str) -> str:
        """``asyncio.get_running_loop`` as the file spells it."""
        known, needs = spell(self._facts, dotted)
        self._needs.update(dict.fromkeys(needs))
        return known

    def decorator(
        self,
        scope: Scope,
        loop_scope: Scope,
        default: Scope | None,
        *,
        autouse: bool = False,
        name: str = "",
    ) -> str:
        """Write the decorator of an async fixture; defaults are left out."""
        keywords = ["autouse=True"] if autouse else []
        if name:
            keywords.append(f'name="{name}"')
        if scope > Scope.FUNCTION:
            keywords.append(f'scope="{scope.word}"')
        if scope > Scope.FUNCTION or loop_scope is not (default or scope):
            keywords.append(f'loop_scope="{loop_scope.word}"')
        arguments = f"({', '.join(keywords)})" if keywords else ""
        return f"@{self.name('pytest_asyncio.fixture')}{arguments}\n"


def bridge_code(
    facts: FileFacts | None,
    bridge: Bridge,
    default: Scope | None,
    *,
    in_class: bool = False,
    function: str = "",
) -> Code:
    """Write the plain bridge; an autouse one makes its loop the current one, as 0.21 did.

    ``function`` is the name of its function, where other files import that.
    """
    writer = Writer(facts)
    name = bridge.name if function else ""
    head = writer.decorator(
        bridge.scope, bridge.loop_scope, default, autouse=bridge.autouse, name=name
    )
    if in_class and bridge.scope >= Scope.CLASS:
        head += f"@classmethod\nasync def {bridge.name}(cls):\n"
    else:
        head += f"async def {function or bridge.name}({'self' if in_class else ''}):\n"
    running = writer.name("asyncio.get_running_loop")
    if bridge.autouse:
        setter = writer.name("asyncio.set_event_loop")
        body = f"    loop = {running}()\n    {setter}(loop)\n    return loop\n"
    else:
        body = f"    return {running}()\n"
    return Code(head + body, writer.needs)


def working_bridge_code(
    facts: FileFacts,
    body: OverrideBody,
    bridge: Bridge,
    default: Scope | None,
    *,
    in_class: bool = False,
    function: str = "",
) -> Code:
    """Write the bridge that keeps the work of an override, in the order that 0.21 had.

    The loop and its work come first, before every other fixture, for async tests only; work that
    came after the close is last (docs/loop-rules.md, The loop is set up first). ``function`` is
    the name of its function, where other files import that.
    """
    writer = Writer(facts)
    running = f"{writer.name('asyncio.get_running_loop')}()"
    variable = body.variable
    before, after = _awaited(body.before, variable), _awaited(body.after, variable)
    named = bool(variable) and any(_mentions(text, variable) for text in (*before, *after))
    lines = [f"{variable} = {running}"] if named else []
    lines = [*filter(None, [body.docstring]), *lines, *before]
    keyword = "yield" if after else "return"
    lines.append(f"{keyword} {variable if named else running}")
    lines += after
    around = (*body.around, *body.closed)
    theirs = [name for name in body.parameters if any(_mentions(text, name) for text in around)]
    arguments = [
        name
        for name in body.parameters
        if name not in theirs or any(_mentions(text, name) for text in (*before, *after))
    ]
    above: tuple[str, ...] = ()
    if body.closed:
        arguments.insert(0, _name_of(body))
        above = (_around(writer, body, bridge, theirs, in_class=in_class),)
    receiver = _receiver(bridge.scope) if in_class else []
    main = (
        writer.decorator(
            bridge.scope, bridge.loop_scope, default, name=bridge.name if function else ""
        )
        + ("@classmethod\n" if receiver == ["cls"] else "")
        + f"async def {function or bridge.name}({', '.join([*receiver, *arguments])}):\n"
        + indented("\n".join(lines))
        + "\n"
    )
    first = _first(writer, in_class=in_class)
    return Code(main, writer.needs, above, (first,))


def working_bridge_first(facts: FileFacts | None) -> Code:
    """Write the code that sets a working bridge up first, for another file."""
    writer = Writer(facts)
    return Code(_first(writer, in_class=False), writer.needs)


def _first(writer: Writer, *, in_class: bool) -> str:
    return (
        f"@{writer.name('pytest.fixture')}(autouse=True)\n"
        f"def _event_loop_first({'self, ' if in_class else ''}request):\n"
        f"    if {writer.name('pytest_asyncio.is_async_test')}(request.node):\n"
        '        request.getfixturevalue("event_loop")\n'
    )


def current_loop_code(facts: FileFacts | None, loop_scope: Scope, default: Scope | None) -> Code:
    """Write an autouse fixture that makes the tests' loop current before xunit methods run."""
    writer = Writer(facts)
    head = writer.decorator(Scope.FUNCTION, loop_scope, default, autouse=True)
    setter = writer.name("asyncio.set_event_loop")
    running = writer.name("asyncio.get_running_loop")
    main = f"{head}async def {CURRENT}():\n    {setter}({running}())\n"
    return Code(main, writer.needs)


def _receiver(scope: Scope) -> list[str]:
    """Name the first argument of a fixture in a class: pytest 9.2 wants ``cls`` in wide ones.

    See docs/loop-rules.md, Wide fixtures in a class.
    """
    return ["cls"] if scope >= Scope.CLASS else ["self"]


def _name_of(body: OverrideBody) -> str:
    """Name the fixture of what comes after the close, and of what belongs to that."""
    return "_around_event_loop" if body.around else "_after_event_loop"


def _around(
    writer: Writer,
    body: OverrideBody,
    bridge: Bridge,
    arguments: Sequence[str],
    *,
    in_class: bool,
) -> str:
    scope = f'(scope="{bridge.scope.word}")' if bridge.scope > Scope.FUNCTION else ""
    receiver = _receiver(bridge.scope) if in_class else []
    return (
        f"@{writer.name('pytest.fixture')}{scope}\n"
        + ("@classmethod\n" if receiver == ["cls"] else "")
        + f"def {_name_of(body)}({', '.join([*receiver, *arguments])}):\n"
        + indented("\n".join([*body.around, "yield", *body.closed]))
        + "\n"
    )


def _awaited(texts: tuple[str, ...], variable: str) -> list[str]:
    """Statements with ``loop.run_until_complete(x)`` as ``await x``."""
    if not texts or not variable:
        return list(texts)
    import libcst as cst

    from loopscope.rewriting.bodies import await_calls

    source = "async def work():\n" + indented("\n".join(texts)) + "\n"
    node = cst.parse_module(source).body[0]
    assert isinstance(node, cst.FunctionDef)
    done = await_calls(node, variable)
    return [body_of(cst.Module([done]).code)]


def _mentions(text: str, variable: str) -> bool:
    code = re.sub(r"(?m)^[^\S\n]*#.*$", "", text)
    return re.search(rf"\b{re.escape(variable)}\b", code) is not None
