"""Code that is added looks like its file: typed, documented and quoted as its functions are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from loopscope.analysis.file.factory_hooks import FACTORIES_HOOK
from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.suite.fixtures import AMBIENT, CURRENT
from loopscope.config.code_style import CodeStyle
from loopscope.rules.codegen.bridge import Code
from loopscope.rules.context import AppendEdit, Edit, Need, RuleContext, spell
from loopscope.rules.ls101_event_loop_override.override_edits import ReplaceOverride

_DEF = re.compile(r"([ \t]*)((?:async )?def) (\w+)\(([\w, ]*)\):")
_HEADS = re.compile(r"^[ \t]*(?:async )?def \w+\((?:[^()]|\([^()]*\))*\)(\s*->)?", re.MULTILINE)
_STRINGS = re.compile(
    r"#.*|\"{3}[\s\S]*?\"{3}|'{3}[\s\S]*?'{3}"  # what is said in words stays as it is
    r"|(?<!['\"\w])(['\"])(?!\1)[^'\"\\\n]*\1"
)
_LOOP = "asyncio.AbstractEventLoop"
_RETURNS = {
    "_event_loop_first": "None",
    "_around_event_loop": "None",
    "_after_event_loop": "None",
    "_has_event_loop": "bool",
    AMBIENT: "None",
    CURRENT: "None",
    "event_loop_policy": "asyncio.AbstractEventLoopPolicy",
    FACTORIES_HOOK: f"dict[str, Callable[[], {_LOOP}]]",
}
_ARGUMENTS = {
    "request": "pytest.FixtureRequest",
    "item": "pytest.Item",
    "event_loop": _LOOP,
    "_around_event_loop": "None",
    "_after_event_loop": "None",
}
# Functions at the margin, each with what its docstring would begin with.
_DOCUMENTED = re.compile(
    r"^(?:async )?def \w+\((?:[^()]|\([^()]*\))*\)[^:\n]*:\n([ \t]+[rR]?[\"']{3})?", re.MULTILINE
)
_FEW = 3  # functions: fewer are no habit
_DOCSTRINGS = {
    "event_loop": "Return the running loop.",
    "running_loop": "Return the running loop.",
    "event_loop_policy": "Return the policy that makes the loops.",
    "new_event_loop": "Make a loop.",
    FACTORIES_HOOK: "Return what makes the loops.",
    "_event_loop_first": "Set the loop up first.",
}
_NAME = re.compile(r"\b(?:asyncio|pytest)\.\w+|\b(?:Callable|Iterator|AsyncIterator)\b")


def in_the_style_of_files(context: RuleContext, edits: Sequence[Edit]) -> list[Edit]:
    """Return the edits, with new functions as the files have theirs."""
    styled: list[Edit] = []
    style: CodeStyle | None = None
    for edit in edits:
        if isinstance(edit, (AppendEdit, ReplaceOverride)):
            style = style or CodeStyle.of(context.contents)
            edit = _styled(edit, _FileStyle(context, edit.path, style))
        styled.append(edit)
    return styled


def _styled(edit: AppendEdit | ReplaceOverride, style: _FileStyle) -> Edit:
    if isinstance(edit, AppendEdit):
        source = style.apply(edit.source)
        return replace(edit, source=source, needs=(*edit.needs, *style.needs))
    code = edit.replacement
    main = style.apply(code.main)
    parts = (code.above, code.below, code.outside)
    above, below, outside = (tuple(map(style.apply, part)) for part in parts)
    needs = (*edit.needs, *style.needs)
    return replace(edit, replacement=Code(main, needs, above, below, outside), needs=needs)


class _FileStyle:
    """How one file writes functions and strings."""

    def __init__(self, context: RuleContext, path: str, style: CodeStyle) -> None:
        self._facts: FileFacts | None = context.files.get(path)
        text = context.contents.get(path, b"").decode(errors="replace")
        heads = _HEADS.findall(text)
        typed = sum(1 for returns in heads if returns)
        # Who asks for types everywhere may leave tests out: the file itself says so.
        self._typed = typed * 2 > len(heads) if heads else style.typed
        documented = _DOCUMENTED.findall(text)
        self._documented = len(documented) >= _FEW and all(documented)
        quotes = [found[1] for found in _STRINGS.finditer(text)]
        self._single = quotes.count("'") > quotes.count('"')
        self._needs: dict[Need, None] = {}

    @property
    def needs(self) -> tuple[Need, ...]:
        return tuple(self._needs)

    def apply(self, source: str) -> str:
        """Write new code in the style of the file."""
        if self._single:
            source = _STRINGS.sub(_single_quoted, source)
        lines = source.split("\n")
        if self._documented:
            lines = [*_with_docstrings(lines)]
        if not self._typed:
            return "\n".join(lines)
        for index, line in enumerate(lines):
            head = _DEF.fullmatch(line)
            if head is not None:
                lines[index] = self._typed_head(head, _body(lines, index, head[1]))
        return "\n".join(lines)

    def _typed_head(self, head: re.Match[str], body: list[str]) -> str:
        indent, keyword, name, arguments = head.groups()
        parts = [part.strip() for part in arguments.split(",") if part.strip()]
        known = [part in _ARGUMENTS or part in ("self", "cls") for part in parts]
        if not all(known):
            return head[0]  # what the override took has the types that it had there
        typed = [
            f"{part}: {self._spelled(_ARGUMENTS[part])}" if part in _ARGUMENTS else part
            for part in parts
        ]
        returns = _RETURNS.get(name, _LOOP)
        if any(re.match(r"\s*yield\b", line) for line in body):
            returns = f"{'Async' if 'async' in keyword else ''}Iterator[{returns}]"
        return f"{indent}{keyword} {name}({', '.join(typed)}) -> {self._spelled(returns)}:"

    def _spelled(self, annotation: str) -> str:
        return _NAME.sub(lambda found: self._name(found[0]), annotation)

    def _name(self, name: str) -> str:
        if "." in name:
            spelled, needs = spell(self._facts, name)
            self._needs.update(dict.fromkeys(needs))
            return spelled
        for bound in self._facts.imports if self._facts is not None else ():
            if bound.attribute == name and bound.module in ("collections.abc", "typing"):
                return bound.name
        self._needs["collections.abc", name] = None
        return name


def _with_docstrings(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines with a docstring below the heads of functions that are known by name."""
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        yield line
        head = _DEF.fullmatch(line)
        if head is not None and head[3] in _DOCSTRINGS and not after.strip().startswith('"""'):
            yield f'{head[1]}    """{_DOCSTRINGS[head[3]]}"""'


def _body(lines: list[str], index: int, indent: str) -> list[str]:
    """Return the lines of the function whose head stands at ``index``."""
    body: list[str] = []
    for line in lines[index + 1 :]:
        if line.strip() and not line.startswith(f"{indent} "):
            break
        body.append(line)
    return body


def _single_quoted(found: re.Match[str]) -> str:
    return found[0].replace('"', "'") if found[1] else found[0]
