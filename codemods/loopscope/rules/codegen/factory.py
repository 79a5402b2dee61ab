"""The source of loop factories: functions, and the hook that returns them.

A factory's identity counts: pytest-asyncio rebuilds the runner for a new one, so it is never
made inside the hook.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping, Sequence

from loopscope.analysis.file.factory_hooks import FACTORIES_HOOK
from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.file.override_facts import LoopVariant
from loopscope.python_source.source import decode
from loopscope.python_source.syntax_tree import indented
from loopscope.rewriting.used_names import module_names
from loopscope.rules.codegen.bridge import Code, Writer
from loopscope.rules.context import RuleContext


def factory_code(variants: Sequence[LoopVariant], defined: Collection[str]) -> Code:
    """Write the code for the conftest that holds the override, with its own names.

    ``defined`` are the names that it has.
    """
    if any(variant.condition for variant in variants):
        return _by_item(variants, defined)
    functions, mapping = _factories(variants, {}, defined)
    hook = f"def {FACTORIES_HOOK}():\n    return {mapping}\n"
    main, *below = [*functions, hook]
    return Code(main, (), (), tuple(below))


def _by_item(variants: Sequence[LoopVariant], defined: Collection[str]) -> Code:
    """Write a hook that asks the test what the override asked the request."""
    taken: dict[str, str] = {}
    blocks: list[str] = []
    body = ""
    for variant in variants:
        functions, mapping = _factories([variant], taken, defined)
        blocks += functions
        if variant.condition:
            body += f"    if {variant.condition}:\n        return {mapping}\n"
        else:
            body += f"    return {mapping}\n"
    main, *below = [*blocks, f"def {FACTORIES_HOOK}(item):\n{body}"]
    return Code(main, (), (), tuple(below))


_CLASS = "LoopPolicy"
_DEFAULT = "asyncio.DefaultEventLoopPolicy"


def policy_code(
    facts: FileFacts,
    variants: Sequence[LoopVariant],
    defined: Collection[str],
    *,
    in_class: bool = False,
) -> Code:
    """Write an ``event_loop_policy`` fixture, which pytest-asyncio asks for loops.

    Without variants it gives the default ones.
    """
    writer = Writer(facts)
    fixture = writer.name("pytest.fixture")
    classes: list[str] = []
    if not variants:
        value = f"{writer.name(_DEFAULT)}()"
        head, argument = f'@{fixture}(scope="session")', ""
    elif len(variants) == 1:
        value = variants[0].policy
        if not value:
            name = _free(_CLASS, defined)
            classes = [_policy_class(name, variants[0], writer)]
            value = f"{name}()"
        head, argument = f'@{fixture}(scope="session")', ""
    else:
        params = ", ".join(variant.policy for variant in variants)
        ids = ", ".join(f'"{variant.key}"' for variant in variants)
        head = f'@{fixture}(scope="session", params=[{params}], ids=[{ids}])'
        argument, value = "request", "request.param"
    if in_class:
        head += "\n@classmethod"
        argument = f"cls, {argument}".rstrip(", ")
    main = f"{head}\ndef event_loop_policy({argument}):\n    return {value}\n"
    return Code(main, writer.needs, outside=tuple(classes))


def defined_in(context: RuleContext, path: str) -> Collection[str]:
    """List the names of a file that a new definition would take from others."""
    return module_names(decode(context.model.texts.get(path, b"")).text)


def _free(name: str, taken: Collection[str]) -> str:
    """Return the name, with a number where it is taken."""
    number, found = 2, name
    while found in taken:
        found, number = f"{name}{number}", number + 1
    return found


def _policy_class(name: str, variant: LoopVariant, writer: Writer) -> str:
    base = writer.name(_DEFAULT)
    body = indented("\n".join(variant.method))
    return f"class {name}({base}):\n" + indented(f"def new_event_loop(self):\n{body}") + "\n"


def hook_code(
    facts: FileFacts | None,
    cases: Sequence[tuple[str, FileFacts, Sequence[LoopVariant]]],
    defined: Collection[str],
) -> Code:
    """Write a hook for the tests of some cases; all others get the default loop.

    Args:
        facts: Of the conftest that the hook is for; None where there is none yet.
        cases: The condition that tells the tests, by ``item``, or "" for all that are left; the
            file that the variants come from; the variants.
        defined: The names that the conftest has.
    """
    writer = Writer(facts)
    blocks: list[str] = []
    body = ""
    taken: dict[str, str] = {}
    for condition, origin, variants in sorted(cases, key=lambda case: not case[0]):
        moved = [_respelled(variant, origin, writer) for variant in variants]
        functions, mapping = _factories(moved, taken, defined)
        blocks += functions
        body += f"    if {condition}:\n    " if condition else ""
        body += f"    return {mapping}\n"
    if all(condition for condition, *_ in cases):
        default = writer.name("asyncio.new_event_loop")
        body += f'    return {{"asyncio": {default}}}\n'
    argument = "item" if any(condition for condition, *_ in cases) else ""
    blocks.append(f"def {FACTORIES_HOOK}({argument}):\n{body}")
    return Code("\n\n".join(blocks), writer.needs)


def _factories(
    variants: Sequence[LoopVariant], taken: dict[str, str], defined: Collection[str]
) -> tuple[list[str], str]:
    """Write the functions that are needed, and the source of the mapping that names them.

    ``taken`` are the names of those written so far, by body; ``defined`` those of the file.
    """
    functions: list[str] = []
    entries: list[str] = []
    for variant in variants:
        value = variant.direct
        if not value:
            lines = [*variant.statements]
            lines += [f"return {variant.expression}"] if variant.expression else []
            body = indented("\n".join(lines)) + "\n"
            value = taken.get(body, "")
            if not value:
                value = taken[body] = _name(variant, len(variants), {*taken.values(), *defined})
                functions.append(f"def {value}():\n{body}")
        entries.append(f'"{variant.key}": {value}')
    return functions, f"{{{', '.join(entries)}}}"


def _name(variant: LoopVariant, count: int, taken: Collection[str]) -> str:
    word = re.sub(r"\W+", "_", variant.key).strip("_").lower()
    if count == 1 or not word:
        name = "new_event_loop"
    else:
        name = f"new_{word}" if "loop" in word else f"new_{word}_loop"
    number = 2
    while name in taken:
        name = f"{name.rstrip('0123456789_')}_{number}"
        number += 1
    return name


def _respelled(variant: LoopVariant, origin: FileFacts, writer: Writer) -> LoopVariant:
    """Return the variant with the imported names of its module as another file writes them."""
    names = {
        bound.name: writer.name(
            bound.module if bound.attribute is None else f"{bound.module}.{bound.attribute}"
        )
        for bound in origin.imports
        if bound.name in variant.names
    }
    return LoopVariant(
        variant.key,
        tuple(_renamed(text, names) for text in variant.statements),
        _renamed(variant.expression, names),
        _renamed(variant.direct, names) if variant.direct else "",
    )


def _renamed(text: str, names: Mapping[str, str]) -> str:
    lines = text.split("\n")
    found = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Name) and node.id in names
    ]
    for node in sorted(found, key=lambda item: (item.lineno, item.col_offset), reverse=True):
        line = lines[node.lineno - 1].encode()
        start, end = node.col_offset, node.end_col_offset or 0
        lines[node.lineno - 1] = (line[:start] + names[node.id].encode() + line[end:]).decode()
    return "\n".join(lines)
