"""What an import of a suite's file names: another file of it, and marks that come from there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from posixpath import dirname

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.file.mark_facts import Mark
from loopscope.types import SOURCE_ROOTS

Find = Callable[[str, str], "str | None"]


def find_module(
    files: Collection[str],
    importer: str,
    module: str,
    roots: Sequence[str] = SOURCE_ROOTS,
    own_names: Sequence[str] = (),
) -> str | None:
    """Find the path of ``module`` as imported from the file ``importer``, or None.

    Relative modules start with dots. Absolute ones are looked for from the directories
    that pytest and packagers put on the import path: those of the importer and above it,
    and ``roots``, which end in a slash or are empty; then below ``own_names``, by which the
    suite's root itself is imported.
    """
    for base, name in _candidates(importer, module, roots, own_names):
        stem = f"{base}{name.replace('.', '/')}" if name else base.rstrip("/")
        for path in (f"{stem}.py", f"{stem}/__init__.py"):
            if path in files:
                return path
    return None


def _candidates(
    importer: str, module: str, roots: Sequence[str], own_names: Sequence[str]
) -> Iterator[tuple[str, str]]:
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
    for own in own_names:
        if module.startswith(f"{own}."):
            yield "", module.removeprefix(f"{own}.")


class Marks:
    """Follows names of marks through imports.

    ``find(importer, module)`` gives the file of the suite that an import names, or None.
    """

    def __init__(self, files: Mapping[str, FileFacts], find: Find) -> None:
        self._files = files
        self._find = find

    def expanded(self, marks: Collection[Mark], seen: frozenset[str] = frozenset()) -> list[Mark]:
        """Put the marks of other files in the place of the names that refer to them."""
        found: list[Mark] = []
        for mark in marks:
            if not mark.reference:
                found.append(mark)
                continue
            found += self._referred(mark, seen)
        return found

    def _referred(self, mark: Mark, seen: frozenset[str]) -> Iterator[Mark]:
        """Find the marks behind ``marks.aio``, ``marks.Marks.aio`` or a name of a star import."""
        module, _, name = mark.reference.rpartition(".")
        if not module.strip("."):
            yield from self._from_stars(mark.path, name, seen)
            return
        path = self._find(mark.path, module)
        if path is None:  # a class of the module
            module, _, cls = module.rpartition(".")
            path = self._find(mark.path, module) if module.strip(".") else None
            name = f"{cls}.{name}"
        if path is not None:
            yield from self._named(path, name, seen)

    def of_module(self, path: str) -> tuple[Mark, ...]:
        """Return the marks of a module's ``pytestmark``, which may be an imported one."""
        return tuple(self._named(path, "pytestmark", frozenset()))

    def _named(self, path: str, name: str, seen: frozenset[str]) -> Iterator[Mark]:
        """Return the marks that a name holds in a file."""
        place = f"{path}::{name}"
        if place in seen:
            return
        seen |= {place}
        facts = self._files[path]
        if name == "pytestmark" and facts.pytestmark is not None:
            yield from self.expanded(facts.marks, seen)
            return
        if name in facts.mark_variables:
            yield from self.expanded(facts.mark_variables[name], seen)
            return
        first, _, rest = name.partition(".")
        for bound in facts.imports:
            if bound.name == first and bound.attribute not in (None, "*"):
                origin = self._find(path, bound.module)
                if origin is not None:
                    there = f"{bound.attribute}.{rest}" if rest else f"{bound.attribute}"
                    yield from self._named(origin, there, seen)
                    return
        yield from self._from_stars(path, name, seen)

    def _from_stars(self, path: str, name: str, seen: frozenset[str]) -> Iterator[Mark]:
        for bound in self._files[path].imports:
            if bound.attribute == "*":
                origin = self._find(path, bound.module)
                if origin is not None:
                    yield from self._named(origin, name, seen)
