"""Find the file of a suite that an import names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from posixpath import dirname

from loopscope.types import SOURCE_ROOTS


def find_module(
    files: Collection[str], importer: str, module: str, roots: Sequence[str] = SOURCE_ROOTS
) -> str | None:
    """Find the path of ``module`` as imported from the file ``importer``, or None.

    Relative modules start with dots. Absolute ones are looked for from the directories
    that pytest and packagers put on the import path: those of the importer and above it,
    and ``roots``, which end in a slash or are empty.
    """
    for base, name in _candidates(importer, module, roots):
        stem = f"{base}{name.replace('.', '/')}" if name else base.rstrip("/")
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in files:
                return path
    return None


def _candidates(importer: str, module: str, roots: Sequence[str]) -> Iterator[tuple[str, str]]:
    name = module.lstrip(".")
    level = len(module) - len(name)
    directory = dirname(importer)
    if level:
        for _ in range(level - 1):
            directory = dirname(directory)
        yield (f"{directory}/" if directory else ""), name
        return
    while directory:
        yield f"{directory}/", name
        directory = dirname(directory)
    for root in roots:
        yield root, name
