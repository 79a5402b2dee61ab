"""The configuration file of a suite, of each of the kinds that pytest reads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from .draw import Draw

_PROJECT = '[project]\nname = "shop"\nversion = "1.0"\n\n'
_NONE: Mapping[str, str] = MappingProxyType({})
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


def draw_configuration(
    draw: Draw,
    *,
    strict: bool,
    options: Mapping[str, str] = _NONE,
    new: bool = True,
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Draw the files, and the arguments for an old pytest that cannot read them.

    ``options`` are written beside the mode. ``new``: of a kind that only pytest 9 reads, too.
    """
    mode = "strict" if strict else "auto"
    kinds = [*_INI, *_TOML, *(["none"] if strict and not options else [])]
    kind = draw.pick(kinds if new else [*_INI, "pyproject.toml"])
    said = strict and draw.chance(0.5)  # strict mode is the default
    written = {**({} if said else {"asyncio_mode": mode}), **options}
    if kind in _INI:
        lines = "".join(f"{name} = {value}\n" for name, value in written.items())
        return {kind: f"{_INI[kind]}# how we test\nconsole_output_style = classic\n{lines}"}, ()
    if kind in _TOML:
        lines = "".join(f'{name} = "{value}"\n' for name, value in written.items())
        text = f'{_TOML[kind]}# how we test\nconsole_output_style = "classic"\n{lines}'
        path = "pyproject.toml" if kind == "native" else kind
        unread = kind != "pyproject.toml"
        return {path: text}, ("-o", f"asyncio_mode={mode}") if unread else ()
    return {}, ()
