"""The parts of a suite: definitions, registered fixtures, collected tests.

A base id names the place that registers a fixture: "" for plugins, ``tests/`` for a conftest,
``tests/test_a.py`` for a module, ``tests/test_a.py::TestA`` for a class. Fixtures are
visible to the tests whose id starts with the base id.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import field
from posixpath import basename, dirname
from typing import NamedTuple

from loopscope.analysis.file.facts import Fixture, Function
from loopscope.analysis.file.mark_facts import Mark
from loopscope.frozen import frozen

# Rule LS109's fixture: it asks for the bridge in sync tests only.
AMBIENT = "_ambient_event_loop"
# Rule LS102's fixture: it makes the loop of async tests the current one for xunit methods.
CURRENT = "_current_event_loop"


class Key(NamedTuple):
    """A definition: its file and its ordinal there.

    Of a fixture that no file of the suite defines only the module is known, as ``<module>``.
    """

    path: str
    ordinal: int

    @classmethod
    def of_module(cls, module: str, number: int) -> Key:
        """Make the key of a fixture that cannot be edited; the number tells them apart."""
        return cls(f"<{module}>", number)

    @property
    def is_external(self) -> bool:
        """Whether the definition is not in a file of the suite."""
        return self.path.startswith("<")


@frozen
class FixtureDef:
    """A fixture as it is registered under one base id; one imported by name has two of them."""

    base_id: str
    key: Key
    function: Function = field(compare=False)

    @property
    def fixture(self) -> Fixture:
        assert self.function.fixture is not None
        return self.function.fixture

    @property
    def in_module(self) -> bool:
        """Registered by a test module (or a class in it): seen by this module's tests only."""
        return bool(self.base_id) and not self.base_id.endswith("/")

    @property
    def in_class(self) -> bool:
        return "::" in self.base_id

    @property
    def file(self) -> str:
        """The file whose namespace registers it: not its own where it is imported by name.

        Of a plugin's fixture only ``SuiteIndex.registrar`` knows it.
        """
        if not self.base_id:
            return self.key.path
        if self.base_id.endswith("/"):
            return f"{self.base_id}conftest.py".removeprefix("./")
        return self.base_id.partition("::")[0]


@frozen
class Test:
    """One test function as collected in one class or module."""

    id: str
    module: str
    classes: tuple[Key, ...]  # outer to inner, as collected
    key: Key  # of the function
    function: Function
    marks: tuple[Mark, ...]  # the closest first
    unittest: bool = False

    def mark(self, name: str) -> Mark | None:
        """Find the closest mark of that name."""
        for mark in self.marks:  # a generator takes three times as long, and this is asked often
            if mark.name == name:
                return mark
        return None

    @property
    def base_ids(self) -> tuple[str, ...]:
        """The class and module base ids of the test, outer to inner."""
        # A folder may have the signs of an id in its name, too: ``tests/[id]/test_x.py``.
        inside = self.id.removeprefix(self.module).split("[")[0].split("::")[1:-1]
        return tuple("::".join((self.module, *inside[:n])) for n in range(len(inside) + 1))


def conftest_base_id(path: str) -> str:
    """Return the base id of a conftest: its directory with a slash, "./" for the root's.

    The root's is not "", which is the plugins' base id and comes before it.
    """
    return f"{dirname(path) or '.'}/"


def directory_base_ids(path: str) -> tuple[str, ...]:
    """List the base ids of all conftests above a file, the root's first."""
    found = []
    directory = dirname(path)
    while directory:
        found.append(f"{directory}/")
        directory = dirname(directory)
    return ("./", *reversed(found))


def own_base_id(path: str) -> str:
    """Return the base id that registers the fixtures of a conftest or test module."""
    return conftest_base_id(path) if basename(path) == "conftest.py" else path


def registering_base_id(path: str, plugins: Collection[str]) -> str:
    """Return the base id that registers the fixtures of a conftest, test module or plugin."""
    return "" if path in plugins else own_base_id(path)


def enclosing_base_ids(base_id: str) -> tuple[str, ...]:
    """List a base id and all around it, the nearest first: classes, module, conftests, plugins."""
    if not base_id:
        return ("",)
    if base_id.endswith("/"):
        return (*reversed(directory_base_ids(base_id.removeprefix("./"))), "")
    parts = base_id.split("::")
    own = ["::".join(parts[: n + 1]) for n in reversed(range(len(parts)))]
    return (*own, *reversed(directory_base_ids(parts[0])), "")


def visible_base_ids(path: str) -> frozenset[str]:
    """List the base ids whose fixtures the code of a file sees, classes left out."""
    return frozenset({"", *directory_base_ids(path), own_base_id(path)})
