"""The loops of a suite as a tree of text: short for large suites, whole where asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence

from loopscope.frozen import frozen
from loopscope.loop_map.report_model import (
    LoopFixture,
    LoopMaps,
    LoopPicture,
    LoopTest,
    Reason,
    SharedLoop,
)
from loopscope.reports import Line, ReportOptions, RunDocument
from loopscope.reports.summary import Summary, counted
from loopscope.types import Migration

_SHOWN = 12  # branches of one node, unless all are wanted
_NAMES = 8
_REASONS = 2
_RULES = {
    "legacy": "by the rules of pytest-asyncio up to 0.21",
    "modern": "by the rules of pytest-asyncio 1.x",
}


@frozen
class Node:
    """A line with the branches below it."""

    line: Line
    children: tuple[Node, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[Line]:
        """Draw the tree as indented lines."""
        yield (("  " * depth, ""), *self.line)
        for child in self.children:
            yield from child.lines(depth + 1)


class TextMap(RunDocument):
    """A tree for people, suite by suite."""

    errors_first = True

    def __init__(self, options: ReportOptions) -> None:
        super().__init__(options)
        self._shown = False
        self._changes = options.changes

    def add(self, migration: Migration) -> None:
        """Nothing where no test of the suite runs on a loop."""
        maps, options = migration.maps, self.options
        if maps is not None and (maps.before.loops or (maps.after and maps.after.loops)):
            self._shown = True
            label, config = migration.label, migration.config
            options.out.tree(suite_tree(label, config, maps, verbose=options.verbose))

    def finish(self, summary: Summary, commands: Sequence[str]) -> None:
        """Say so where there was nothing to show."""
        if not summary.suites and not summary.errors:
            self.options.out.text("No pytest suite found.")
        elif not self._shown and not summary.errors and self._changes:
            self.options.out.text("No loop changes: each is for the same tests before and after.")
        elif not self._shown and not summary.errors:
            self.options.out.text("No test here runs on an event loop of pytest-asyncio.")


def suite_tree(label: str, config: str | None, maps: LoopMaps, *, verbose: bool = False) -> Node:
    """Draw the tree of one suite: before and after, or once where its loops stay.

    Args:
        label: The suite as the user would type it.
        config: The path of its pytest configuration; None: it has none.
        maps: What to draw.
        verbose: Name every test and every fixture with its place and reason.
    """
    heading = ((label, "bold"), (f" ({config or 'no pytest configuration'})", ""))
    if maps.after is None:
        title = "now and later: the suite has loop scopes already and keeps its loops"
        return Node(heading, (_picture(title, maps.before, verbose),))
    pictures = (("before", maps.before), ("after", maps.after))
    return Node(heading, tuple(_picture(title, found, verbose) for title, found in pictures))


def _picture(title: str, picture: LoopPicture, verbose: bool) -> Node:
    number = counted(len(picture.loops), "loop")
    nodes = [_loop(loop, verbose) for loop in picture.loops if not _for_one_test(loop)]
    single = [loop for loop in picture.loops if _for_one_test(loop)]
    children = _limited(nodes, "loops", verbose)
    for scope in ("class", "function"):
        loops = [loop for loop in single if loop.scope == scope]
        if loops:
            children += (_single_loops(scope, loops, verbose),)
    if picture.torn:
        text = f"{counted(len(picture.torn), 'test')} on more than one loop, see loopscope check: "
        children += (Node(((text, "yellow"), (_names(picture.torn, verbose), ""))),)
    return Node(((f"{title}: ", "bold"), (f"{number}, {_RULES[picture.rules]}", "")), children)


def _for_one_test(loop: SharedLoop) -> bool:
    return len(loop.tests) == 1 and loop.region == loop.tests[0].id


def _loop(loop: SharedLoop, verbose: bool) -> Node:
    """Draw a loop for several tests; on one line where its region says which."""
    text = f"{loop.scope} loop" + (f" ({loop.kind})" if loop.kind else "")
    line: Line = ((text, "cyan"), (f" of {loop.region}" if loop.region else "", ""))
    reasons = (f", {_reasons(loop.reasons)}", "")
    groups = Counter(test.group for test in loop.tests)
    if not verbose and set(groups) == {loop.region}:
        tests = f": {counted(len(loop.tests), 'test')}{_fixture_names(loop.fixtures)}"
        return Node((*line, (tests, ""), reasons))
    return Node((*line, reasons), _members([loop], verbose))


def _single_loops(scope: str, loops: Sequence[SharedLoop], verbose: bool) -> Node:
    kinds = ", ".join(sorted({loop.kind or "default" for loop in loops}))
    text = counted(len(loops), f"{scope} loop") + (f" ({kinds})" if kinds != "default" else "")
    text += ", one for each test" if len(loops) > 1 else ""
    reasons = Counter(reason for loop in loops for reason in loop.reasons)
    why = _reasons([reason for reason, _ in reasons.most_common()])
    return Node(((text, "cyan"), (f": {why}", "")), _members(loops, verbose))


def _members(loops: Sequence[SharedLoop], verbose: bool) -> tuple[Node, ...]:
    """Draw the fixtures and tests of loops that are shown as one."""
    fixtures = tuple(dict.fromkeys(fixture for loop in loops for fixture in loop.fixtures))
    tests = [test for loop in loops for test in loop.tests]
    if not verbose:
        names = _fixture_names(fixtures).removeprefix(", ")
        groups = Counter(test.group for test in tests)
        nodes = [Node(((f"{name}: {counted(n, 'test')}", ""),)) for name, n in groups.items()]
        found = (Node(((names, "green"),)),) if fixtures else ()
        return (*found, *_limited(nodes, "modules and classes", verbose))
    said = {test.reason for test in tests}
    said = said if len(said) == 1 else set()  # the loop's own line says it
    return (
        *(_fixture(fixture, said) for fixture in sorted(fixtures)),
        *(_test(test, said) for test in tests),
    )


def _fixture(fixture: LoopFixture, said: Collection[Reason]) -> Node:
    why = "" if fixture.reason in said else f", {fixture.reason}"
    place = f", scope {fixture.scope}, {fixture.path}:{fixture.line}{why}"
    return Node(((f"fixture {fixture.name}", "green"), (place, "dim")))


def _test(test: LoopTest, said: Collection[Reason]) -> Node:
    why = "" if test.reason in said else f", {test.reason}"
    place = "" if test.path == test.id.partition("::")[0] else f" of {test.path}"
    return Node(((test.id, ""), (f", line {test.line}{place}{why}", "dim")))


def _fixture_names(fixtures: Iterable[LoopFixture]) -> str:
    names = tuple(dict.fromkeys(fixture.name for fixture in fixtures))
    word = "fixture" if len(names) == 1 else "fixtures"
    return f", {word} {_names(names, False)}" if names else ""


def _reasons(reasons: Iterable[Reason]) -> str:
    """Say why in one line: what is said of several places once, with their number."""
    found: dict[str, list[Reason]] = {}
    for reason in dict.fromkeys(reasons):
        found.setdefault(reason.text, []).append(reason)
    texts = [
        f"{same[0]} and {counted(len(same) - 1, 'other place')}" if len(same) > 1 else str(same[0])
        for same in sorted(found.values(), key=len, reverse=True)
    ]
    left = len(texts) - _REASONS
    return "; ".join(texts[:_REASONS]) + (f"; {counted(left, 'other reason')}" if left > 0 else "")


def _names(names: Sequence[str], verbose: bool) -> str:
    if verbose or len(names) <= _NAMES:
        return ", ".join(names)
    return ", ".join(names[:_NAMES]) + f" and {len(names) - _NAMES} more"


def _limited(nodes: list[Node], what: str, verbose: bool) -> tuple[Node, ...]:
    """Return the first nodes and a line with the number left out, which is never 1."""
    if verbose or len(nodes) <= _SHOWN + 1:
        return tuple(nodes)
    rest = f"and {len(nodes) - _SHOWN} more {what} (-v lists all)"
    return (*nodes[:_SHOWN], Node(((rest, "dim"),)))


REPORT = TextMap
