"""The marks of tests, those that stand in other files of the suite included."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from loopscope.facts.model import FileFacts, Mark

Find = Callable[[str, str], "str | None"]


class Marks:
    """Follows names of marks through imports.

    ``find(importer, module)`` gives the file of the suite that an import names, or None.
    """

    def __init__(self, files: Mapping[str, FileFacts], find: Find) -> None:
        self._files = files
        self._find = find

    def expanded(self, marks: Collection[Mark], seen: frozenset[str] = frozenset()) -> list[Mark]:
        """The marks, with those of other files in the place of what refers to them."""
        found: list[Mark] = []
        for mark in marks:
            if not mark.reference:
                found.append(mark)
                continue
            module, _, name = mark.reference.rpartition(".")
            if module.strip("."):
                path = self._find(mark.path, module)
                found += self._named(path, name, seen) if path is not None else ()
            else:
                found += self._from_stars(mark.path, name, seen)
        return found

    def of_module(self, path: str) -> tuple[Mark, ...]:
        """The marks of a module's ``pytestmark``, which may be an imported one."""
        return tuple(self._named(path, "pytestmark", frozenset()))

    def _named(self, path: str, name: str, seen: frozenset[str]) -> Iterator[Mark]:
        """The marks that a name holds in a file."""
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
        for bound in facts.imports:
            if bound.name == name and bound.attribute not in (None, "*"):
                origin = self._find(path, bound.module)
                if origin is not None:
                    yield from self._named(origin, bound.attribute or "", seen)
                    return
        yield from self._from_stars(path, name, seen)

    def _from_stars(self, path: str, name: str, seen: frozenset[str]) -> Iterator[Mark]:
        for bound in self._files[path].imports:
            if bound.attribute == "*":
                origin = self._find(path, bound.module)
                if origin is not None:
                    yield from self._named(origin, name, seen)
