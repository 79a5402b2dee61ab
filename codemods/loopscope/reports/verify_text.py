"""A verification as lines of text: what differs, grouped by cause, and why it may."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from loopscope.reports import Line, VerifyDocument
from loopscope.reports.summary import counted
from loopscope.verify.differences import Cause, Difference, Verification, grouped
from loopscope.verify.run_record import SuiteRun

_SHOWN = 20  # differences of one cause, and notes of one kind, unless all are asked for
MEANING = {
    Cause.COLLECTION: "modules that pytest cannot read any more",
    Cause.SPLIT: "tests that shared a loop and no longer do",
    Cause.FOREIGN: "tests on another loop than something that they use",
    Cause.KIND: "tests on a loop of another kind",
    Cause.SHARED: "tests that had loops of their own and now share one",
    Cause.OTHER: "tests that end otherwise, are gone or are new",
}
_WORDS = (
    ("same", "the same"),
    ("different", "different"),
    ("recorded", "recorded"),
    ("failed", "could not be run"),
)


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
    for name, run in (("before", found.before), ("after", found.after)):
        if run is not None:
            yield ((f"  {name:<6} {run_line(run)}", ""),)
    if found.problem:
        yield (("  " + found.problem, "red"),)
        for line in found.details.splitlines():
            yield ((f"    {line}", "dim"),)
    for cause, differences in grouped(found.differences).items():
        yield ()
        yield ((f"  {cause.value}", "bold red"), (f": {MEANING[cause]}", ""))
        yield from _shortened(list(_differences(differences, verbose)), len(differences), verbose)
    yield from _advice(found, verbose)
    yield ()


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
        "failed": ("could not be run", "red"),
        "different": (counted(len(found.differences), "difference"), "red"),
        "recorded": ("recorded", "green"),
        "same": ("runs as before", "green"),
    }[found.status]


def run_line(run: SuiteRun) -> str:
    """One run in numbers."""
    seconds = sum(test.seconds for test in run.tests.values())
    failed = f", {run.failed} of them failed" if run.failed else ""
    return (
        f"{counted(len(run.tests), 'test')}{failed}, on {counted(run.loops, 'loop')},"
        f" {seconds:.1f} s (Python {run.python}, pytest {run.pytest},"
        f" pytest-asyncio {run.pytest_asyncio or 'not installed'})"
    )


def _differences(differences: list[Difference], verbose: bool) -> Iterator[list[Line]]:
    """Each difference as a block; a reason that several share stands under the last of them."""
    for one, following in zip(differences, [*differences[1:], None], strict=True):
        block: list[Line] = [((f"    {one.test}", "cyan"), (f": {one.what}", ""))]
        lines = one.error.rstrip().splitlines()
        shown = lines if verbose else [line for line in lines if line.startswith("E ")][:1]
        block += [((f"      {line}", "dim"),) for line in shown]
        if one.why and (following is None or following.why != one.why):
            block.append(((f"      may be: {one.why}", "yellow"),))
        yield block


def _shortened(blocks: list[list[Line]], number: int, verbose: bool) -> Iterator[Line]:
    for block in blocks if verbose else blocks[:_SHOWN]:
        yield from block
    if number > _SHOWN and not verbose:
        yield ((f"    ... and {number - _SHOWN} more (-v shows all)", "dim"),)


def _advice(found: Verification, verbose: bool) -> Iterator[Line]:
    """List what is no difference, but worth knowing."""
    kinds = (
        ("flaky, differs from itself", [f"{one.test}: {one.what}" for one in found.flaky]),
        (
            "new warnings about asyncio",
            [
                f"{one.test or 'outside of tests'}: {one.category}: {one.message.splitlines()[0]}"
                for one in found.warnings
                if one.message
            ],
        ),
        ("slower", [f"{test}: {old:.1f} s, now {new:.1f} s" for test, old, new in found.slower]),
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
        yield from _shortened(blocks, len(blocks), verbose)


REPORT = TextVerification
