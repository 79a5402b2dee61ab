"""A verification as one HTML page: what differs, in tables by cause, and in numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from loopscope import __version__
from loopscope.escape import visible
from loopscope.reports import VerifyDocument
from loopscope.reports.html_templates import environment, own, policy, tiles
from loopscope.reports.report_json import error_entry
from loopscope.reports.verify_text import MEANING, run_line, runs, summary_line, verdict, why_words
from loopscope.types import FileError
from loopscope.verify.difference import Alike, alike, grouped
from loopscope.verify.verification import Verification

_STATUS = {
    "same": "current",
    "right": "current",
    "recorded": "current",
    "different": "manual",
    "foreign": "manual",
    "failed": "error",
}


class HtmlVerification(VerifyDocument):
    """Collects the suites for a page that is written beside another report."""

    def print_error(self, error: FileError, label: str) -> None:
        """Leave it to the other report."""

    def render(self) -> str:
        style = own("page.css")
        template = environment().get_template("verify.html")
        return template.render(
            policy=policy(style, ""),
            style=style,
            line=summary_line(self.found).rstrip("."),
            version=__version__,
            tiles=tiles(_numbers(self.found)),
            errors=[error_entry(error) for _, error in self.errors],
            suites=[_suite(one) for one in self.found],
        )


def _numbers(found: Sequence[Verification]) -> tuple[tuple[str, object, str], ...]:
    tests = sum(len(run.tests) for one in found for run in (one.before or one.after,) if run)
    differences = sum(len(one.differences) for one in found)
    before = sum(one.before.loops for one in found if one.before)
    after = sum(one.after.loops for one in found if one.after)
    return (
        ("suites", len(found), ""),
        ("tests", tests, ""),
        ("differences", differences, "bad" if differences else "good"),
        ("flaky", sum(len(one.flaky) for one in found), "warn"),
        ("new warnings", sum(len(one.warnings) for one in found), "warn"),
        ("slower", sum(len(one.slower) for one in found), "warn"),
        ("could not be run", sum(bool(one.problem) for one in found), "bad"),
        ("loops before, after", f"{before} \N{RIGHTWARDS ARROW} {after}", ""),
    )


def _suite(found: Verification) -> dict[str, Any]:
    return {
        "label": found.suite,
        "name": visible(found.suite),
        "kind": _STATUS[found.status],
        "verdict": verdict(found)[0],
        "runs": [(name, run_line(run)) for name, run in runs(found)],
        "problem": found.problem,
        "details": found.details,
        "groups": [
            (
                cause.value,
                len(differences),
                MEANING[cause],
                [_row(one) for one in alike(differences)],
            )
            for cause, differences in grouped(found.differences).items()
        ],
        "never_ran": found.never_ran,
        "flaky": [_row(one) for one in alike(found.flaky)],
        "warnings": found.warnings,
        "slower": [(test, f"{old:.1f} s", f"{new:.1f} s") for test, old, new in found.slower],
        "notes": found.notes,
    }


def _row(group: Alike) -> dict[str, Any]:
    several = group.differences
    return {
        "tests": [one.test for one in several],
        "what": group.what,
        "why": why_words(group.why),
        "error": several[0].error.rstrip(),
    }
