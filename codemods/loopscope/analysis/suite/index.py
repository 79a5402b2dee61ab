"""A suite as pytest sees it: which fixtures each holder registers, which test sees which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from loopscope.analysis.file.facts import FileFacts, Function
from loopscope.analysis.suite.collection import Collection
from loopscope.analysis.suite.fixtures import (
    Key,
    Registered,
    Test,
    conftest_holder,
    directory_holders,
)
from loopscope.types import Around, PytestConfig


class Tree(Collection):
    """The files of one suite with pytest's own lookup rules."""

    def __init__(
        self,
        files: Mapping[str, FileFacts],
        config: PytestConfig,
        around: Around | None = None,
        unread: Mapping[str, Mapping[str, Registered]] | None = None,
    ) -> None:
        super().__init__(files, config, around or Around())
        self._unread = unread or {}
        self._chains: dict[str, tuple[dict[str, Registered], ...]] = {}
        self._functions = {
            path: {function.ordinal: function for function in facts.functions}
            for path, facts in files.items()
        }

    def function(self, key: Key) -> Function:
        if key.unread:
            return next(item.function for item in self.unread if item.key == key)
        return self._functions[key.path][key.ordinal]

    @property
    def unread(self) -> Iterator[Registered]:
        """The fixtures that no file of the suite defines."""
        for fixtures in self._unread.values():
            yield from fixtures.values()

    @cached_property
    def registered(self) -> dict[str, dict[str, Registered]]:
        """Holder -> name -> fixture, for all holders of the suite."""
        found: dict[str, dict[str, Registered]] = {"": {}}
        for holder, unread in self._unread.items():
            found[holder] = dict(unread)

        def add(holder: str, fixtures: Mapping[str, tuple[Key, Function]]) -> None:
            into = found.setdefault(holder, {})
            for name, (key, function) in fixtures.items():
                into[name] = Registered(holder, key, function)

        for path in (*self.plugins, *self.conftests_above):
            add("", self.module_fixtures(path))
        for path in self.conftests:
            add(conftest_holder(path), self.module_fixtures(path))
        for path in self.test_modules:
            add(path, self.module_fixtures(path))
        classes: set[str] = set()
        for test in self.tests:
            for key, holder in zip(test.classes, test.holders[1:], strict=True):
                if holder not in classes:
                    classes.add(holder)
                    add(holder, self.class_fixtures(key))
        return found

    def chain(self, test: Test) -> tuple[dict[str, Registered], ...]:
        """The fixtures that a test sees, holder by holder, the nearest last."""
        nearest = test.id.partition("[")[0].rpartition("::")[0]
        if nearest not in self._chains:  # the same for all tests of a module or class
            holders = ["", *directory_holders(test.module), *test.holders]
            self._chains[nearest] = tuple(
                self.registered[holder] for holder in holders if holder in self.registered
            )
        return self._chains[nearest]
