"""Options in INI text: set or removed line by line, every other character stays.

Not by ConfigUpdater: it reads by configparser's rules, not by pytest's, puts a new option
below the comment that belongs to the next section, and ends its line with LF in a CRLF file.
"""

from __future__ import annotations

from loopscope.config.formats import (
    IniOption,
    IniSection,
    append_block,
    delimiter_offset,
    insert_line,
    parse_ini,
    spaced,
)


def content(text: str) -> dict[str, dict[str, str]]:
    """Return the meaning of the text, to compare before with after."""
    return {
        name: {key: option.value for key, option in section.options.items()}
        for name, section in parse_ini(text).items()
    }


def assign(text: str, table: str, name: str, value: str) -> str:
    """Set the option ``name`` of the section ``table``, which is made where it is missing."""
    section = parse_ini(text).get(table)
    if section is None:
        return append_block(text, [f"[{table}]", f"{name} = {value}"])
    lines = text.splitlines(keepends=True)
    option = section.options.get(name)
    if option is not None:
        return _replace(lines, option, value)
    anchor = _anchor(section)
    last = section.line if anchor is None else anchor.pieces[-1][0]
    line = spaced(name, *_model(lines, section, anchor)) + value
    return insert_line(text, len("".join(lines[: last + 1])), line)


def remove(text: str, table: str, name: str) -> str:
    """Remove the option ``name`` with all lines of its value."""
    section = parse_ini(text).get(table)
    option = section.options.get(name) if section else None
    if option is None:
        return text
    lines = text.splitlines(keepends=True)
    del lines[option.pieces[0][0] : option.pieces[-1][0] + 1]
    return "".join(lines)


def _replace(lines: list[str], option: IniOption, value: str) -> str:
    """Put the value where the old one begins; further lines of the old one go."""
    (first, old), *rest = option.pieces
    if not old and rest:
        (first, old), *rest = rest
    line = lines[first]
    if old:
        start = line.rindex(old)
        lines[first] = line[:start] + value + line[start + len(old) :]
    else:
        body = line.rstrip("\r\n")
        gap = "" if body[-1].isspace() or not body[-2:-1].isspace() else " "
        lines[first] = body + gap + value + line[len(body) :]
    for index, _ in reversed(rest):
        del lines[index]
    return "".join(lines)


def _anchor(section: IniSection) -> IniOption | None:
    """Find the option below which a new one is inserted."""
    ours = [option for name, option in section.options.items() if name.startswith("asyncio_")]
    return next(reversed(ours or list(section.options.values())), None)


def _model(lines: list[str], section: IniSection, anchor: IniOption | None) -> tuple[str, str]:
    """Return a name and a delimiter with the spacing that the section uses."""
    if anchor is None:
        return "", " = "
    candidates = [anchor, *section.options.values()]
    option = next((found for found in candidates if found.pieces[0][1]), anchor)
    first, value = option.pieces[0]
    line = lines[first]
    offset = delimiter_offset(line)
    name = line[:offset].rstrip()
    if value:
        rest = line[offset + 1 :]
        return name, line[len(name) : offset + 1 + len(rest) - len(rest.lstrip())]
    gap = " " if offset > len(name) else ""  # only values that begin on the next line
    return name, f"{gap}{line[offset]}{gap}"
