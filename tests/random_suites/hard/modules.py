"""Fixtures of other modules: imported, of plugins, or set by code; and the mode in addopts."""

from __future__ import annotations

import re

from ..draft import Draft
from ..draw import Draw
from .sites import Definition, Idiom, fixtures, replace


def imported(draw: Draw, draft: Draft) -> bool:
    """Import a fixture by name, by star, by assignment or through another module."""
    found = [one for one in fixtures(draft) if _may_move(draft, one)]
    if not found:
        return False
    one = draw.pick(found)
    module = f"shared{draft.number()}"
    draft.blocks[f"{module}.py"] = [draft.blocks[one.path].pop(one.index)]
    form = draw.weighted({"from": 3, "star": 3, "assigned": 0.4, "through": 0.4})
    if form == "through":
        through = f"common{draft.number()}"
        draft.blocks[f"{through}.py"] = []
        draft.imports[f"{through}.py"] = [f"from {module} import *  # noqa: F403"]
        module, form = through, "star"
    known = draft.imports.setdefault(one.path, [])
    if form == "assigned":
        known.append(f"import {module}")
        draft.blocks[one.path].insert(0, f"{one.name} = {module}.{one.name}")
    else:
        names = one.name if form == "from" else "*"
        known.append(f"from {module} import {names}  # noqa: F401, F403")
    return True


def _may_move(draft: Draft, one: Definition) -> bool:
    """Whether its file imports nothing that it may be made of, and it is no helper's already."""
    place = one.path.rpartition("/")[2]
    own = place == "conftest.py" or place.startswith("test_")
    return own and "our" not in one.decorators[0] and not re.search(r"[A-Z]{4}", one.decorators[0])


def plugin(draw: Draw, draft: Draft) -> bool:
    """Move a fixture of the root's conftest to a plugin."""
    found = [
        one
        for one in fixtures(draft)
        if one.path == "conftest.py"
        and _may_move(draft, one)
        and not any("plugin" in block for block in draft.blocks["conftest.py"])
    ]
    if not found:
        return False
    one = draw.pick(found)
    module = f"plugin{draft.number()}"
    draft.blocks[f"{module}.py"] = [draft.blocks["conftest.py"].pop(one.index)]
    draft.blocks["conftest.py"].append(f'pytest_plugins = ["{module}"]')
    _respell_plugins(draw, draft)
    return True


def plugins_otherwise(draw: Draw, draft: Draft) -> bool:
    """Let ``pytest_plugins`` grow, comprehend it, or name the plugin in addopts."""
    return _respell_plugins(draw, draft)


def _respell_plugins(draw: Draw, draft: Draft) -> bool:
    for index, block in enumerate(draft.blocks["conftest.py"]):
        found = re.fullmatch(r'pytest_plugins = \["(\w+)"\]', block)
        if found is None:
            continue
        name = found[1]
        stem, number = re.fullmatch(r"(\D+)(\d+)", name).groups()  # type: ignore[union-attr]
        if draw.chance(0.2) and _add_options(draft, f"-p {name}"):
            del draft.blocks["conftest.py"][index]
            return True
        draft.blocks["conftest.py"][index] = draw.pick([
            f'pytest_plugins = []\npytest_plugins += ["{name}"]',
            f'pytest_plugins = []\npytest_plugins.append("{name}")',
            f'pytest_plugins = [f"{stem}{{number}}" for number in ({number},)]',
            f'pytest_plugins = [name for name in ("{name}",)]',
            f'pytest_plugins = "{name}"',
            f'pytest_plugins = [*("{name}",)]',
            f'OURS = ("{name}",)\npytest_plugins = list(OURS)',
        ])  # fmt: skip
        return True
    return False


def _add_options(draft: Draft, options: str) -> bool:
    """Add to the addopts of the configuration; False where old pytest does not read it."""
    if draft.legacy_options or not draft.configuration:
        return False
    ((path, text),) = draft.configuration.items()
    quote = '"' if path.endswith(".toml") else ""
    known = re.search(rf"^addopts = {quote}(.*?){quote}$", text, re.M)
    if known is not None:
        text = text.replace(known[0], f"addopts = {quote}{known[1]} {options}{quote}")
    else:
        text = text.replace(
            "# how we test\n", f"# how we test\naddopts = {quote}{options}{quote}\n"
        )
    draft.configuration[path] = text
    return True


def mode_in_options(draw: Draw, draft: Draft) -> bool:
    """Set the mode in addopts."""
    line = re.compile(r'^asyncio_mode = "?(\w+)"?\n', re.M)
    for path, text in draft.configuration.items():
        mode = line.search(text)
        if mode is None or draft.legacy_options:
            return False
        draft.configuration[path] = line.sub("", text)
        word = draw.pick([f"--asyncio-mode={mode[1]}", f"--asyncio-mode {mode[1]}"])
        return _add_options(draft, word)
    return False


def plugins_own(draw: Draw, draft: Draft) -> bool:
    """Write ``pytest_asyncio.plugin.event_loop = ...`` for the root's override."""
    found = [
        one
        for one in fixtures(draft)
        if one.path == "conftest.py"
        and one.name == "event_loop"
        and "name=" not in one.decorators[0]
    ]
    if not found:
        return False
    replace(
        draft,
        found[0],
        found[0].text(name="our_loop") + "\n\n\npytest_asyncio.plugin.event_loop = our_loop",
    )
    return True


IDIOMS: dict[str, tuple[float, Idiom]] = {
    "imported fixture": (5, imported),
    "plugin": (2, plugin),
    "pytest_plugins": (4, plugins_otherwise),
    "mode in addopts": (2, mode_in_options),
    "plugin.event_loop": (0.3, plugins_own),
}
