"""A verification as lines of text: what differs, grouped by cause, and why it may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from loopscope.reports import Line, VerifyDocument
from loopscope.reports.summary import counted
from loopscope.verify.alone import where_fixtures_ran
from loopscope.verify.difference import Alike, Cause, alike, grouped
from loopscope.verify.run_record import SuiteRun
from loopscope.verify.verification import Verification

_SHOWN = 20  # groups of one cause, and notes of one kind, unless all are asked for
_TESTS_SHOWN = 3  # of one group
_LONGEST = 100  # characters of a test's name: ids of parameters may be whole documents
MEANING = {
    Cause.COLLECTION: "modules that pytest can read in one of the runs only",
    Cause.SPLIT: "tests that shared a loop and no longer do",
    Cause.FOREIGN: "tests on another loop than something that they use",
    Cause.KIND: "tests on a loop of another class, or set up otherwise",
    Cause.SHARED: "tests that had loops of their own and now share one",
    Cause.OTHER: "tests that end otherwise, are gone or are new",
}
_WORDS = (
    ("same", "the same"),
    ("different", "different"),
    ("right", "with no fixture on another loop"),
    ("foreign", "with fixtures on another loop"),
    ("recorded", "recorded"),
    ("failed", "could not be run or compared"),
)
_FAILED = "could not be run"


class TextVerification(VerifyDocument):
    """Lines as the suites come; with ``quiet`` only those of suites that differ or failed."""

    def add(self, result: Verification) -> None:
        super().add(result)
        if not self.options.quiet or result.exit_code():
            self.options.out.lines(verification_lines(result, verbose=self.options.verbose))

    def finish(self) -> None:
        self.options.out.text(summary_line(self.found), "bold")


def verification_lines(found: Verification, *, verbose: bool = False) -> Iterator[Line]:
    """Report on one suite.

    Args:
        found: What was found.
        verbose: All differences and warnings, with the whole of what pytest printed.
    """
    yield ((found.suite, "bold"), (": ", ""), verdict(found))
    for name, run in runs(found):
        yield ((f"  {name:<6} {run_line(run)}", ""),)
    if found.problem:
        yield (("  " + found.problem, "red"),)
        for line in found.details.splitlines():
            yield ((f"    {line}", "dim"),)
    for cause, differences in grouped(found.differences).items():
        yield ()
        yield ((f"  {cause.value}", "bold red"), (f": {MEANING[cause]}", ""))
        groups = alike(differences)
        yield from _shortened([_group(group, verbose) for group in groups], verbose)
    if found.never_ran and found.before is not None:
        yield ()
        number = f"{len(found.never_ran)} of {counted(len(found.before.tests), 'test')}"
        yield (("  never ran", "bold red"), (f": {number}, for the run after ended early", ""))
        yield from _names(found.never_ran, verbose)
    if found.before is None and found.after is not None:
        yield from _fixtures(found.after, verbose)
    yield from _advice(found, verbose)
    yield ()


def runs(found: Verification) -> Iterator[tuple[str, SuiteRun]]:
    """Yield the runs that were made, by name."""
    both = (("before", found.before), ("after" if found.before else "run", found.after))
    return ((name, run) for name, run in both if run is not None)


def _fixtures(run: SuiteRun, verbose: bool) -> Iterator[Line]:
    """Say of each async fixture on how many loops it was set up."""
    found = where_fixtures_ran(run)
    if found:
        yield ()
        yield (("  fixtures", "bold blue"), (": the loops that they were set up on", ""))
    yield from _shortened(
        [
            [
                (
                    (f"    {name}", "cyan"),
                    (f": {counted(loops, 'loop')}, {counted(tests, 'test')}", ""),
                )
            ]
            for name, loops, tests in found
        ],
        verbose,
    )


def summary_line(found: list[Verification]) -> str:
    """One line on all suites."""
    if not found:
        return "No pytest suite found that uses pytest-asyncio."
    counts = Counter(one.status for one in found)
    noun = "suite" if len(found) == 1 else "suites"
    parts = ", ".join(f"{counts[status]} {word}" for status, word in _WORDS if counts[status])
    return f"{len(found)} {noun}: {parts}."


def verdict(found: Verification) -> tuple[str, str]:
    """Return the outcome in words, and their colour."""
    return {
        "failed": (_FAILED if found.after is None else "could not be compared", "red"),
        "different": (_number(found), "red"),
        "recorded": ("recorded", "green"),
        "foreign": (_number(found), "red"),
        "right": ("no fixture is on another loop than its user", "green"),
        "same": (
            "the loops are as before, as pytest collects them; no test was run"
            if found.is_collected
            else "runs as before",
            "green",
        ),
    }[found.status]


def run_line(run: SuiteRun) -> str:
    """One run in numbers."""
    if not run.python:
        return "nothing: pytest ended before it began"
    seconds = sum(test.seconds for test in run.tests.values())
    if run.collected:
        return (
            f"{counted(len(run.tests), 'test')} collected, on {counted(run.loops, 'loop')}"
            f" ({_releases(run)})"
        )
    failed = f", {run.failed} of them failed" if run.failed else ""
    return (
        f"{counted(len(run.tests), 'test')}{failed}, on {counted(run.loops, 'loop')},"
        f" {seconds:.1f} s ({_releases(run)})"
    )


def _releases(run: SuiteRun) -> str:
    return (
        f"Python {run.python}, pytest {run.pytest},"
        f" pytest-asyncio {run.pytest_asyncio or 'not installed'}"
    )


def _number(found: Verification) -> str:
    number = counted(len(found.differences), "difference")
    if found.never_ran:
        number += f", {counted(len(found.never_ran), 'test')} never ran"
    return number


def _group(group: Alike, verbose: bool) -> list[Line]:
    """Show what some tests have in common, then their names; one test is named beside it."""
    several = group.differences
    if len(several) == 1:
        name = several[0].test if verbose else short(several[0].test)
        block: list[Line] = [((f"    {name}", "cyan"), (f": {group.what}", ""))]
    else:
        block = [((f"    {len(several)} tests", "bold"), (f": {group.what}", ""))]
    shown = several[0].error.rstrip().splitlines() if verbose else [group.error]
    block += [((f"      {line}", "dim"),) for line in shown if line]
    if group.why:
        block.append(((f"      {why_words(group.why)}", "yellow"),))
    if len(several) > 1:
        block += _names([one.test for one in several], verbose)
    return block


def _names(tests: Sequence[str], verbose: bool) -> list[Line]:
    shown = tests if verbose else [short(name) for name in tests[:_TESTS_SHOWN]]
    lines: list[Line] = [((f"      {name}", "cyan"),) for name in shown]
    if len(shown) < len(tests):
        lines.append(((f"      ... and {len(tests) - len(shown)} more (-v shows all)", "dim"),))
    return lines


def why_words(why: str) -> str:
    """Say that it is a guess, unless it is an action that is open."""
    return why if not why or why.endswith(" open") else f"may be: {why}"


def short(test: str) -> str:
    """Return a test's name on one line, its parameters cut where they are long."""
    line = " ".join(test.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 4]}...]"


def _shortened(blocks: list[list[Line]], verbose: bool) -> Iterator[Line]:
    for block in blocks if verbose else blocks[:_SHOWN]:
        yield from block
    if len(blocks) > _SHOWN and not verbose:
        yield ((f"    ... and {len(blocks) - _SHOWN} more (-v shows all)", "dim"),)


def _advice(found: Verification, verbose: bool) -> Iterator[Line]:
    """List what is no difference, but worth knowing."""
    name = str if verbose else short
    warnings = [
        (name(one.test) or "outside of tests", one.category, one.message.splitlines()[0])
        for one in found.warnings
        if one.message
    ]
    seconds = [(name(test), old, new) for test, old, new in found.slower]
    kinds = (
        ("flaky, differs from itself", [f"{name(one.test)}: {one.what}" for one in found.flaky]),
        ("new warnings about asyncio", [": ".join(parts) for parts in warnings]),
        ("slower", [f"{test}: {old:.1f} s, now {new:.1f} s" for test, old, new in seconds]),
        ("note", list(found.notes)),
    )
    for heading, lines in kinds:
        if not lines:
            continue
        yield ()
        yield ((f"  {heading}", "bold blue"),)
        blocks: list[list[Line]] = [
            [((f"    {part}", ""),) for part in line.splitlines()] for line in lines
        ]
        yield from _shortened(blocks, verbose)


REPORT = TextVerification
