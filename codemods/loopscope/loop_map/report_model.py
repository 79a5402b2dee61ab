"""The loops of a suite for people to look at: who shares which, before and after, and why.

Plain, immutable, picklable values, from which the text, JSON and HTML reports are drawn. Paths
are relative to the suite's root, with forward slashes; lines are 1-based, 0 where the whole
file or nothing in particular is meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from loopscope.frozen import frozen


@frozen(order=True)
class Reason:
    """What gives a test or a fixture its loop, such as a mark, and where that stands.

    ``kind`` is one of ``override``, ``mark``, ``fixture`` (its own ``loop_scope`` or scope),
    ``option`` and ``default`` (of pytest-asyncio; it has no place). ``path`` and ``line`` belong
    to the suite as it was (before) or as it would be (after).
    """

    kind: str
    text: str
    path: str = ""
    line: int = 0

    def __str__(self) -> str:
        if not self.path:
            return self.text
        return (
            f"{self.text} ({self.path}:{self.line})" if self.line else f"{self.text} ({self.path})"
        )


@frozen(order=True)
class LoopTest:
    """A test on a loop; ``reason`` says why a sync test has one, or an async test this one."""

    id: str  # pytest's node id without parameters: "tests/test_a.py::TestA::test_b"
    path: str  # of the definition: not that of the id where it is inherited
    line: int
    is_async: bool
    reason: Reason

    @property
    def group(self) -> str:
        """The class or module that it is collected in."""
        return self.id.rpartition("::")[0]


@frozen(order=True)
class LoopFixture:
    """An async fixture, or one that holds the loop, as it lives on a loop."""

    name: str
    path: str
    line: int
    scope: str
    reason: Reason


@frozen
class SharedLoop:
    """One loop with all tests and fixtures that meet on it."""

    scope: str  # "function", "class", "module", "package" or "session"
    region: str  # the test, class, module or package ("pkg/*": those below) it is for; "": all
    tests: tuple[LoopTest, ...]
    fixtures: tuple[LoopFixture, ...] = ()
    kinds: tuple[str, ...] = ()  # such as ("uvloop",): none, the default; several: by params

    @property
    def kind(self) -> str:
        """The kinds in words, "" for the default alone."""
        return " or ".join(kind or "default" for kind in self.kinds)

    @property
    def shape(self) -> object:
        """What makes it the same loop, whoever says so: its scope and tests."""
        return self.scope, frozenset(test.id for test in self.tests)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Why the tests are on it, the commonest reason first, each once."""
        return tuple(reason for reason, _ in Counter(t.reason for t in self.tests).most_common())


@frozen
class LoopPicture:
    """All loops of a suite under one set of rules, the widest first.

    ``rules`` is ``legacy`` (pytest-asyncio up to 0.21, where the ``event_loop`` fixture decides)
    or ``modern`` (1.x, where loop scopes decide).
    """

    rules: str
    loops: tuple[SharedLoop, ...]

    @property
    def torn(self) -> tuple[str, ...]:
        """The ids of the tests that meet more than one loop: a test and its fixtures differ."""
        counts = Counter(test.id for loop in self.loops for test in loop.tests)
        return tuple(sorted(test for test, number in counts.items() if number > 1))

    def of_tests(self, wanted: Callable[[str], bool]) -> LoopPicture:
        """Return the loops that certain tests meet, see ``LoopMaps.of_tests``."""
        found = []
        for loop in self.loops:
            tests = tuple(test for test in loop.tests if wanted(test.id.partition("::")[0]))
            if tests:
                found.append(replace(loop, tests=tests))
        return replace(self, loops=tuple(found))

    def but(self, other: LoopPicture) -> LoopPicture:
        """Return the picture without the loops that are the same in another one.

        These have the same scope, tests and kinds; a kind that could not be read may be any.
        """
        known = {loop.shape: loop.kinds for loop in other.loops}
        loops = [
            loop
            for loop in self.loops
            if loop.shape not in known
            or (known[loop.shape] != loop.kinds and "?" not in (*known[loop.shape], *loop.kinds))
        ]
        return replace(self, loops=tuple(loops))


@frozen
class LoopMaps:
    """The loops of a suite before and after its migration.

    ``after`` is None for a suite that has loop scopes already and keeps its loops: one picture
    says it all.
    """

    before: LoopPicture
    after: LoopPicture | None = None

    def of_tests(self, wanted: Callable[[str], bool]) -> LoopMaps:
        """Return the loops that certain tests meet, with these tests alone.

        ``wanted`` is asked for the module of each.
        """
        return self._mapped(lambda picture: picture.of_tests(wanted))

    def changes(self) -> LoopMaps:
        """Return the loops that are others before than after: in scope, kind or tests."""
        if self.after is None:
            return replace(self, before=replace(self.before, loops=()))
        return LoopMaps(self.before.but(self.after), self.after.but(self.before))

    def _mapped(self, change: Callable[[LoopPicture], LoopPicture]) -> LoopMaps:
        return LoopMaps(change(self.before), change(self.after) if self.after else None)
