"""Verifications as one JSON document; its keys are a contract with other programs."""

from __future__ import annotations

from typing import Any

from loopscope.reports import VerifyDocument
from loopscope.reports.report_json import document, error_entry
from loopscope.verify.differences import Difference, Verification
from loopscope.verify.run_record import SuiteRun, TestRun


class JsonVerification(VerifyDocument):
    """One document when all is done; nothing else on standard output."""

    def render(self) -> str:
        suites = map(suite_entry, self.found)
        return document({}, suites, (error_entry(error) for _, error in self.errors)) + "\n"


def suite_entry(found: Verification) -> dict[str, Any]:
    """One suite; every test of both runs is in it."""
    return {
        "root": found.suite,
        "status": found.status,
        "problem": found.problem,
        "details": found.details,
        "differences": [_difference(one) for one in found.differences],
        "flaky": [_difference(one) for one in found.flaky],
        "warnings": [
            {"test": one.test, "category": one.category, "message": one.message}
            for one in found.warnings
        ],
        "slower": [{"test": test, "before": old, "after": new} for test, old, new in found.slower],
        "notes": list(found.notes),
        "before": _run(found.before),
        "after": _run(found.after),
    }


def _difference(one: Difference) -> dict[str, str]:
    return {
        "cause": one.cause.value,
        "test": one.test,
        "message": one.what,
        "why": one.why,
        "error": one.error,
    }


def _run(run: SuiteRun | None) -> dict[str, Any] | None:
    if run is None:
        return None
    return {
        "python": run.python,
        "pytest": run.pytest,
        "pytest-asyncio": run.pytest_asyncio,
        "exit": run.exit_code,
        "loops": run.loops,
        "collect_errors": dict(run.collect_errors),
        "tests": {name: _test(test) for name, test in run.tests.items()},
    }


def _test(test: TestRun) -> dict[str, Any]:
    return {
        "outcomes": dict(test.outcomes),
        "loop": test.home,
        "fixtures": [{"name": name, "loop": loop} for name, loop in test.fixtures],
        "seconds": test.seconds,
    }


REPORT = JsonVerification
