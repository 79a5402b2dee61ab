"""The configuration file of a suite, of each of the kinds that pytest reads."""

from __future__ import annotations

from .draw import Draw

_PROJECT = '[project]\nname = "shop"\nversion = "1.0"\n\n'
_INI = {
    "pytest.ini": "[pytest]\n",
    ".pytest.ini": "[pytest]\n",
    "tox.ini": "[tox]\nenvlist = py311\n\n[pytest]\n",
    "setup.cfg": "[metadata]\nname = shop\n\n[tool:pytest]\n",
}
_TOML = {
    "pyproject.toml": _PROJECT + "[tool.pytest.ini_options]\n",
    "pytest.toml": "[pytest]\n",
    ".pytest.toml": "[pytest]\n",
    "native": _PROJECT + "[tool.pytest]\n",
}


def draw_configuration(draw: Draw, *, strict: bool) -> tuple[dict[str, str], tuple[str, ...]]:
    """Draw the files, and the arguments for an old pytest that cannot read them."""
    mode = "strict" if strict else "auto"
    kind = draw.pick([*_INI, *_TOML, *(["none"] if strict else [])])
    said = strict and draw.chance(0.5)  # strict mode is the default
    if kind in _INI:
        line = "" if said else f"asyncio_mode = {mode}\n"
        return {kind: f"{_INI[kind]}# how we test\nconsole_output_style = classic\n{line}"}, ()
    if kind in _TOML:
        line = "" if said else f'asyncio_mode = "{mode}"\n'
        text = f'{_TOML[kind]}# how we test\nconsole_output_style = "classic"\n{line}'
        path = "pyproject.toml" if kind == "native" else kind
        unread = kind != "pyproject.toml"
        return {path: text}, ("-o", f"asyncio_mode={mode}") if unread else ()
    return {}, ()
