"""Draw the loop maps of a suite as values for reports, with the reason behind each loop."""

from __future__ import annotations

from collections import defaultdict

from loopscope.analysis.file.loop_kinds import DEFAULT
from loopscope.analysis.file.mark_facts import Mark
from loopscope.analysis.suite.fixtures import FixtureDef, Key, Test
from loopscope.loop_map.model import Loop, LoopMap
from loopscope.loop_map.report_model import (
    LoopFixture,
    LoopMaps,
    LoopPicture,
    LoopTest,
    Reason,
    SharedLoop,
)
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle

_TEST_OPTION = "asyncio_default_test_loop_scope"
_FIXTURE_OPTION = "asyncio_default_fixture_loop_scope"


def loop_maps(before: SuiteModel, after: SuiteModel) -> LoopMaps:
    """Draw the loops of a suite and, where they were migrated, of its migration.

    ``after`` is the same model where nothing changes.
    """
    if before.suite_style is SuiteStyle.LEGACY:
        return LoopMaps(_Legacy(before).picture(), _Modern(after).picture())
    old, new = _Modern(before).picture(), _Modern(after).picture()
    return LoopMaps(old, None if _shape(old) == _shape(new) else new)


def _shape(picture: LoopPicture) -> set[tuple[frozenset[str], frozenset[str]]]:
    """Reduce a picture to which tests share a loop, without scopes and reasons."""
    return {
        (frozenset(test.id for test in loop.tests), frozenset(f.name for f in loop.fixtures))
        for loop in picture.loops
    }


class _View:
    """What both pictures have in common; subclasses know the rules."""

    rules: SuiteStyle

    def __init__(self, model: SuiteModel) -> None:
        self._model = model

    @property
    def map(self) -> LoopMap:
        raise NotImplementedError

    def reason(self, test: Test) -> Reason:
        """Why an async test is on its loop."""
        raise NotImplementedError

    def sync_reason(self, test: Test) -> Reason:
        """Why a sync test meets a loop."""
        raise NotImplementedError

    def fixture_reason(self, fixture_def: FixtureDef, test: Test) -> Reason:
        """Why a fixture is on the loop that it has in this test."""
        raise NotImplementedError

    def picture(self) -> LoopPicture:
        """Draw every loop, the widest first, then in the order of their regions."""
        tests: dict[Loop, list[LoopTest]] = defaultdict(list)
        fixtures: dict[Loop, dict[Key, LoopFixture]] = defaultdict(dict)
        kinds: dict[Loop, set[str]] = defaultdict(set)
        found = self.map
        for test in self._model.tests:
            loops = found.get(test.id)
            if loops is None:
                continue
            member = self._test(test, is_async=loops.own is not None)
            for loop in loops.all:
                tests[loop].append(member)
                kinds[loop] |= loops.kinds
            for fixture_def in self._model.closure(test).fixtures:
                name, key = fixture_def.fixture.name, fixture_def.key
                if name in loops.fixtures and key not in fixtures[loops.fixtures[name]]:
                    fixtures[loops.fixtures[name]][key] = self._fixture(fixture_def, test)
        return LoopPicture(
            self.rules.value,
            tuple(
                SharedLoop(
                    loop.scope.word,
                    loop.region,
                    tuple(tests[loop]),
                    tuple(sorted(fixtures[loop].values())),
                    tuple(sorted(kinds[loop])) if kinds[loop] != {DEFAULT} else (),
                )
                for loop in sorted(tests, key=_order)
            ),
        )

    def _test(self, test: Test, *, is_async: bool) -> LoopTest:
        reason = self.reason(test) if is_async else self.sync_reason(test)
        return LoopTest(test.id, test.key.path, test.function.line, is_async, reason)

    def _fixture(self, fixture_def: FixtureDef, test: Test) -> LoopFixture:
        reason = self.fixture_reason(fixture_def, test)
        line, scope = fixture_def.function.line, fixture_def.fixture.scope.word
        return LoopFixture(fixture_def.fixture.name, fixture_def.key.path, line, scope, reason)

    def _option(self, name: str, value: str) -> Reason:
        return Reason("option", f"{name} = {value}", self._model.index.config.path or "")

    def _test_default(self) -> Reason:
        value = self._model.settings.test_default
        if value is not None:
            return self._option(_TEST_OPTION, value.word)
        return Reason("default", "pytest-asyncio's default")

    def _by_mark(self, mark: Mark) -> Reason:
        """Name the mark, and the hook that adds it."""
        assert mark.loop_scope is not None
        keyword = "loop_scope" if mark.keywords.get("loop_scope") else "scope"
        text = f"mark asyncio({keyword}={mark.loop_scope.word})"
        facts = self._model.files.get(mark.path)
        for hook in facts.hooks if facts is not None else ():
            if any(one.mark == mark for one in hook.added):
                return Reason("mark", f"hook {hook.name}, {text}", mark.path, hook.line)
        return Reason("mark", text, mark.path, mark.line)


class _Legacy(_View):
    """The rules up to 0.21: a test with all its fixtures has the loop that it sees."""

    rules = SuiteStyle.LEGACY

    @property
    def map(self) -> LoopMap:
        return self._model.legacy_map

    def reason(self, test: Test) -> Reason:
        mark = test.mark("asyncio")
        if mark is not None and mark.loop_scope is not None:
            return self._by_mark(mark)
        override, legacy_loop = self._model.override_of(test), self._model.legacy.loop(test)
        if override is None or legacy_loop.base_id is None:
            return self._test_default()
        scope = override.fixture.scope
        seen = (
            "" if legacy_loop.scope is scope else f", seen in this {legacy_loop.scope.word} only"
        )
        text = f"override of event_loop, scope {scope.word}{seen}"
        return Reason("override", text, override.key.path, override.function.line)

    def sync_reason(self, test: Test) -> Reason:
        return self.reason(test)

    def fixture_reason(self, fixture_def: FixtureDef, test: Test) -> Reason:
        return self.reason(test)


class _Modern(_View):
    """The rules of 1.x: every test and every fixture has a loop scope of its own."""

    rules = SuiteStyle.MODERN

    @property
    def map(self) -> LoopMap:
        return self._model.modern_map

    def reason(self, test: Test) -> Reason:
        mark = test.mark("asyncio")
        if mark is not None and mark.loop_scope is not None:
            return self._by_mark(mark)
        return self._test_default()

    def sync_reason(self, test: Test) -> Reason:
        return Reason("fixture", "a sync test with async fixtures")

    def fixture_reason(self, fixture_def: FixtureDef, test: Test) -> Reason:
        fixture, settings = fixture_def.fixture, self._model.settings
        if fixture.loop_scope is not None:
            text = f"loop_scope={fixture.loop_scope.word}"
            return Reason("fixture", text, fixture_def.key.path, fixture_def.function.first_line)
        if settings.fixture_default is not None:
            return self._option(_FIXTURE_OPTION, settings.fixture_default.word)
        if settings.fixture_scope:
            return self._option(_FIXTURE_OPTION, "fixture-scope")
        return Reason("default", "pytest-asyncio's default, its own scope")


def _order(loop: Loop) -> tuple[int, str, str]:
    return -loop.scope, loop.region, loop.base_id or ""
