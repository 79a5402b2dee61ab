"""Parameters of a function: added or removed, with what the docstring says of them.

Formatters put arguments that do not fit on a line of their own, without a comma behind the last
unless it is the only one; where they fit again, they join the head, and a check of the format
fails until it is joined.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import libcst as cst

from loopscope.python_source.source import split_lines
from loopscope.rewriting.comma_lists import CommaList

_OPENS = re.compile(r"[ \t]*(?:async[ \t]+)?def[ \t]+\w+\($")
_ALONE = re.compile(r"[ \t]+[^#\\\s](?:[^#\\]*[^#\\,\s])?$")
_CLOSES = re.compile(r"[ \t]*\)[^#\\]*:$")
_ASYNC = re.compile(r"^([ \t]*)async[ \t]+")
# A head with nothing in it that could hide a bracket.
_ONE_LINE = re.compile(
    r"(([ \t]*)async def \w+\()([^#\\'\"]+[^#\\'\",\s])(\)(?: ->[^#\\()]+)?:)\s*$"
)
_NARROWEST, _WIDEST = 79, 120


def line_length(lines: Iterable[str]) -> int:
    """Return the length that lines of code may have here, by the longest that there is.

    Comments and strings are often longer than what a formatter allows for code.
    """
    texts = (line.rstrip("\r\n") for line in lines)
    longest = max((len(text) for text in texts if not set(text) & set("#'\"")), default=0)
    return min(max(longest, _NARROWEST), _WIDEST)


def three_line_heads(lines: Sequence[str]) -> dict[tuple[str, str], str]:
    """Map the first and last line of each head that stands on three lines to its middle one."""
    heads = (lines[index : index + 3] for index in range(len(lines) - 2))
    return {_ends(head): head[1] for head in heads if _is_head(head)}


def join_heads(
    heads: Mapping[tuple[str, str], str], after: Sequence[str], limit: int
) -> list[str]:
    """Join the heads of ``after`` that stood on three lines before, with more arguments."""
    joined = list(after)
    for index in range(len(after) - 3, -1, -1):
        head = after[index : index + 3]
        if not _is_head(head) or heads.get(_ends(head), head[1]) == head[1]:
            continue
        opening, middle, closing = head
        line = opening.rstrip("\r\n") + middle.strip() + closing.lstrip(" \t")
        if len(line.rstrip("\r\n")) <= limit:
            joined[index : index + 3] = [line]
        else:
            joined[index + 1] = middle.replace(middle.strip(), _alone(middle.strip()))
    return joined


def _ends(head: Sequence[str]) -> tuple[str, str]:
    """Return the first and last line of a head, as a function has them that is not async."""
    return _ASYNC.sub(r"\1", head[0]), head[2].replace("Async", "")


def wrap_heads(before: Sequence[str], after: Sequence[str], limit: int) -> list[str]:
    """Put the arguments of heads that became too long on lines of their own, as formatters do."""
    wrapped: list[str] = []
    for line in after:
        head = _ONE_LINE.match(line) if len(line.rstrip("\r\n")) > limit else None
        if head is None or line in before:
            wrapped.append(line)
            continue
        opening, indent, arguments, closing = head.groups()
        ending = line[len(line.rstrip("\r\n")) :]
        middle = [f"{indent}    {_alone(arguments)}"]
        if len(middle[0]) > limit:
            middle = [f"{indent}    {argument}," for argument in _split(arguments)]
        wrapped += [f"{text}{ending}" for text in (opening, *middle, f"{indent}{closing}")]
    return wrapped


def _alone(arguments: str) -> str:
    """Write arguments for a line of their own."""
    single = len(_split(arguments)) == 1 and not arguments.startswith("*")
    return f"{arguments}," if single else arguments


def _split(arguments: str) -> list[str]:
    """Split at the commas that stand in no brackets."""
    parts, depth = [""], 0
    for letter in arguments:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]


def _is_head(lines: Sequence[str]) -> bool:
    opening, middle, closing = (line.rstrip("\r\n") for line in lines)
    return bool(_OPENS.match(opening) and _ALONE.match(middle) and _CLOSES.match(closing))


_TAIL = "whitespace_after_param"


def has_parameter(node: cst.FunctionDef, name: str) -> bool:
    """Whether the function takes an argument of this name."""
    return any(isinstance(item, cst.Param) and item.name.value == name for item in _items(node))


def remove_parameter(node: cst.FunctionDef, name: str) -> cst.FunctionDef:
    """Return the function without this argument, in the layout of the others."""
    if not has_parameter(node, name):
        return node
    comma_list = CommaList.of(_items(node), node.whitespace_before_params, tail=_TAIL)
    comma_list.remove(_index(comma_list, name))
    for marker, idle in ((cst.ParamSlash, _slash_is_idle), (cst.ParamStar, _star_is_idle)):
        for index, item in enumerate(comma_list.items):
            if isinstance(item, marker) and idle(comma_list.items, index):
                comma_list.remove(index)
                break
    if not any(isinstance(item, cst.Param) for item in comma_list.items):
        comma_list = CommaList.of([])
    changed = node.with_changes(
        params=_parameters(node.params, comma_list), whitespace_before_params=comma_list.opening
    )
    return edit_docstring(changed, lambda text: _without_argument(text, name))


def _items(node: cst.FunctionDef) -> list[cst.Param | cst.ParamStar | cst.ParamSlash]:
    params = node.params
    items: list[cst.Param | cst.ParamStar | cst.ParamSlash] = [*params.posonly_params]
    if isinstance(params.posonly_ind, cst.ParamSlash):
        items.append(params.posonly_ind)
    items += params.params
    if isinstance(params.star_arg, (cst.Param, cst.ParamStar)):
        items.append(params.star_arg)
    items += params.kwonly_params
    if params.star_kwarg is not None:
        items.append(params.star_kwarg)
    return items


def _index(comma_list: CommaList, name: str) -> int:
    names = [item.name.value if isinstance(item, cst.Param) else None for item in comma_list.items]
    return names.index(name)


def _slash_is_idle(items: list[object], index: int) -> bool:
    return index == 0


def _star_is_idle(items: list[object], index: int) -> bool:
    """Tell whether a bare star is followed by no keyword-only argument."""
    following = items[index + 1 : index + 2]
    return not following or getattr(following[0], "star", "") == "**"


def _parameters(old: cst.Parameters, comma_list: CommaList) -> cst.Parameters:
    """Sort the items of the list into the fields that they came from."""
    items = comma_list.printed(_TAIL)
    slash = [index for index, item in enumerate(items) if isinstance(item, cst.ParamSlash)]
    stop = slash[0] if slash else -1
    rest = items[stop + 1 :]
    star = [
        index
        for index, item in enumerate(rest)
        if isinstance(item, cst.ParamStar) or item.star == "*"
    ]
    doubled = [item for item in rest if isinstance(item, cst.Param) and item.star == "**"]
    plain = rest[: star[0]] if star else [item for item in rest if item not in doubled]
    keyword_only = [item for item in rest[star[0] + 1 :] if item not in doubled] if star else []
    return old.with_changes(
        posonly_params=items[: max(stop, 0)],
        posonly_ind=items[stop] if slash else cst.MaybeSentinel.DEFAULT,
        params=plain,
        star_arg=rest[star[0]] if star else cst.MaybeSentinel.DEFAULT,
        kwonly_params=keyword_only,
        star_kwarg=doubled[0] if doubled else None,
    )


class _Finder(cst.CSTVisitor):
    def __init__(self, name: str) -> None:
        super().__init__()
        self.found = False
        self._name = name

    def visit_Param(self, node: cst.Param) -> bool:
        self.found = self.found or node.name.value == self._name
        return False


def add_parameter(node: cst.FunctionDef, name: str) -> cst.FunctionDef:
    """``name`` as the first parameter, after ``self`` or ``cls``."""
    parameters = list(node.params.params)
    at = 1 if parameters and parameters[0].name.value in ("self", "cls") else 0
    parameters.insert(at, cst.Param(cst.Name(name)))
    if at < len(parameters) - 1 or node.params.kwonly_params or node.params.star_kwarg:
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        parameters[at] = parameters[at].with_changes(comma=comma)
    if at:
        comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
        parameters[0] = parameters[0].with_changes(comma=comma)
    return node.with_changes(params=node.params.with_changes(params=parameters))


_FIELD = r":(?:param|parameter|arg|argument|key|keyword|type)\s+(?:[^:]*\s)?\*{{0,2}}{name}\s*:"
_GOOGLE = r"\*{{0,2}}{name}\s*(?:\([^)]*\))?\s*:"
_SECTION = re.compile(r"\s*(?:Args|Arguments|Parameters|Params)\s*:\s*$")


def edit_docstring(node: cst.FunctionDef, change: Callable[[str], str]) -> cst.FunctionDef:
    """Apply ``change`` to the source of the docstring (a plain string literal), if any."""
    body = node.body.body
    first = body[0] if body else None
    small = first.body[0] if isinstance(first, cst.SimpleStatementLine) else first
    if not isinstance(small, cst.Expr) or not isinstance(small.value, cst.SimpleString):
        return node
    if "b" in small.value.prefix:
        return node
    text = change(small.value.value)
    if text == small.value.value:
        return node
    return node.with_deep_changes(small.value, value=text)


def _without_argument(text: str, name: str) -> str:
    """Drop the line that documents ``name``, where that is one whole line."""
    lines = split_lines(text)
    field = re.compile(r"\s*" + _FIELD.format(name=re.escape(name)))
    google = re.compile(r"\s*" + _GOOGLE.format(name=re.escape(name)))
    for index in range(len(lines) - 2, 0, -1):  # neither the opening nor the closing line
        if index + 1 >= len(lines) or _continues(lines, index):
            continue
        if field.match(lines[index]):
            del lines[index]
        elif google.match(lines[index]):
            section = _section(lines, index)
            if section is not None:
                del lines[index]
                _drop_empty_section(lines, section)
    return "".join(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _continues(lines: list[str], index: int) -> bool:
    following = lines[index + 1]
    return bool(following.strip()) and _indent(following) > _indent(lines[index])


def _section(lines: list[str], index: int) -> int | None:
    """Find the header of the section of arguments that contains this line."""
    for above in range(index - 1, -1, -1):
        line = lines[above]
        if line.strip() and _indent(line) < _indent(lines[index]):
            return above if _SECTION.match(line) else None
    return None


def _drop_empty_section(lines: list[str], header: int) -> None:
    """Drop a header that nothing stands under, and the blank line above it."""
    following = lines[header + 1]
    if following.strip() and _indent(following) > _indent(lines[header]):
        return
    del lines[header]
    if not lines[header - 1].strip() and header > 1:
        del lines[header - 1]
