"""Which tests share the loop of a package: see docs/loop-rules.md, Packages share one loop."""

from __future__ import annotations

from collections.abc import Collection
from posixpath import dirname

from loopscope.analysis.suite.fixtures import FixtureDef, Test
from loopscope.types import Scope


class Packages:
    """The package loops of one suite on a release with loop scopes.

    Args:
        release: The series of pytest-asyncio; all packages share one loop from 1.0 on.
        files: The paths of the suite's files.
    """

    def __init__(self, release: tuple[int, int], files: Collection[str]) -> None:
        self._shared = release >= (1, 0)
        self._files = files
        self._made: dict[FixtureDef, str] = {}  # where package-scoped fixtures were set up

    def region_of(self, test: Test) -> str:
        """Return the nearest package around a test, "" where all share one loop."""
        folder = "" if self._shared else dirname(test.module)
        while folder and f"{folder}/__init__.py" not in self._files:
            folder = dirname(folder)
        return folder

    def region_of_fixture(self, fixture: FixtureDef, test: Test) -> str:
        """Return the package on whose loop a fixture of ``test`` was set up."""
        region = self.region_of(test)
        if fixture.fixture.scope is Scope.PACKAGE:
            return self._made.setdefault(fixture, region)
        return region
