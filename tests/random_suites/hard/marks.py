"""Rarer ways to set the asyncio mark in strict mode."""

from __future__ import annotations

import re

from ..draft import Draft
from ..draw import Draw
from .sites import MARK, Idiom, classes, lines, modules, name_in

_SYNC_TEST = re.compile(r"^ *def test_", re.M)
_OWN_MARK = re.compile(rf"^ *{MARK}\n", re.M)


def on_module(draw: Draw, draft: Draft) -> bool:
    """Mark a whole module: in parts, by a variable or an import."""
    found = [
        path
        for path in modules(draft)
        if draft.strict
        and not any(_SYNC_TEST.search(text) for text in draft.blocks[path])
        and not any("import" in line for line in draft.imports.get(path, ()))
        and any(MARK in text or "pytestmark" in text for text in draft.blocks[path])
    ]
    if not found:
        return False
    path = draw.pick(found)
    blocks = [_OWN_MARK.sub("", text) for text in draft.blocks[path]]
    draft.blocks[path] = [text for text in blocks if not text.startswith("pytestmark")]
    if draw.chance(0.15):
        module = f"marks{draft.number()}"
        draft.blocks[f"{module}.py"] = ["pytestmark = pytest.mark.asyncio"]
        draft.imports.setdefault(path, []).append(f"from {module} import pytestmark  # noqa: F401")
        return True
    text = draw.pick(_MODULE)
    if draw.chance(0.3):
        name = f"ASYNC_{draft.number()}"
        name = name_in(draw, draft, path, name, f"{name} = pytest.mark.asyncio", "marks")
        text = text.replace("pytest.mark.asyncio", name)
        at = 1
    else:
        at = draw.pick([0, len(draft.blocks[path])])
    draft.blocks[path].insert(at, text)
    return True


_MODULE = (
    "pytestmark = []\npytestmark.append(pytest.mark.asyncio)",
    'pytestmark = [pytest.mark.filterwarnings("default")]\npytestmark += [pytest.mark.asyncio]',
    "pytestmark = []\npytestmark.extend([pytest.mark.asyncio])",
    "pytestmark = [pytest.mark.asyncio]",
    'pytestmark = [pytest.mark.filterwarnings("default")] + [pytest.mark.asyncio]',
    "pytestmark: list = [pytest.mark.asyncio]",
)


def on_tests(draw: Draw, draft: Draft) -> bool:
    """Mark tests by a decorator of the project."""
    found = lines(draft, rf"^ *{MARK}$")
    if not found:
        return False
    path = draw.pick(found).path
    name = draw.pick(["async_test", "on_loop"]) + str(draft.number())
    text = draw.pick([
        f"{name} = pytest.mark.asyncio",
        f"def {name}(function):\n    return pytest.mark.asyncio(function)",
    ])  # fmt: skip
    blocks = draft.blocks[path]
    draft.blocks[path] = [text.replace(MARK, "@\0") for text in blocks]
    spelled = name_in(draw, draft, path, name, text, "marks")
    draft.blocks[path] = [text.replace("@\0", f"@{spelled}") for text in draft.blocks[path]]
    return True


def on_class(draw: Draw, draft: Draft) -> bool:
    """Mark a class: by its decorator, its base class or a list that grows."""
    found = [
        (path, index, text)
        for path, index, text in classes(draft)
        if draft.strict
        and not _SYNC_TEST.search(text)
        and re.match(r"class Test\d+\w:", text)
        and MARK in text
    ]
    if not found:
        return False
    path, index, text = draw.pick(found)
    text = _OWN_MARK.sub("", text)
    name = re.match(r"class (\w+)", text)
    assert name is not None
    form = draw.weighted({"grows": 3, "list": 1, "decorator": 0.5, "subclass": 0.5, "assigned": 1})
    before = ""
    if form == "grows":
        text = text.replace(
            ":\n", ":\n    pytestmark = []\n    pytestmark += [pytest.mark.asyncio]\n\n", 1
        )
    elif form == "list":
        text = text.replace(":\n", ":\n    pytestmark = [pytest.mark.asyncio]\n\n", 1)
    elif form == "decorator":
        before = (
            f"def marked{index}(cls):\n    return pytest.mark.asyncio(cls)\n\n\n@marked{index}\n"
        )
    elif form == "subclass":
        before = (
            f"class Marked{index}:\n    def __init_subclass__(cls, **kwargs):\n"
            "        super().__init_subclass__(**kwargs)\n"
            "        cls.pytestmark = [pytest.mark.asyncio]\n\n\n"
        )
        text = text.replace(":\n", f"(Marked{index}):\n", 1)
    draft.blocks[path][index] = before + text
    if form == "assigned":
        draft.blocks[path].insert(index + 1, f"{name[1]}.pytestmark = [pytest.mark.asyncio]")
    return True


def by_hook(draw: Draw, draft: Draft) -> bool:
    """Mark all async tests in a hook of the root's conftest, or in its helper."""
    if not draft.strict or not lines(draft, rf"^ *{MARK}$"):
        return False
    for path in modules(draft):
        draft.blocks[path] = [
            text
            for text in (_OWN_MARK.sub("", text) for text in draft.blocks[path])
            if not text.startswith("pytestmark")
        ]
    condition = "if asyncio.iscoroutinefunction(item.function):"
    added = "item.add_marker(pytest.mark.asyncio)"
    head = "def pytest_collection_modifyitems(items):\n    for item in items:\n"
    if draw.chance(0.5):
        draft.blocks["conftest.py"].append(f"{head}        {condition}\n            {added}")
    else:
        draft.blocks["conftest.py"] += [
            f"def mark_async(item):\n    {condition}\n        {added}",
            f"{head}        mark_async(item)",
        ]
    return True


IDIOMS: dict[str, tuple[float, Idiom]] = {
    "module mark": (3, on_module),
    "project mark": (2, on_tests),
    "class mark": (2.5, on_class),
    "mark by a hook": (0.5, by_hook),
}
