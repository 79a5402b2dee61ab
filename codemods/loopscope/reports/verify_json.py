"""Verifications as one JSON document; its keys are a contract with other programs."""

from __future__ import annotations

from typing import Any

from loopscope.reports import VerifyDocument
from loopscope.reports.report_json import document, error_entry
from loopscope.verify.difference import Difference
from loopscope.verify.run_record import SuiteRun, TestRun
from loopscope.verify.verification import Verification


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
        "collected": found.is_collected,
        "problem": found.problem,
        "details": found.details,
        "differences": [_difference(one) for one in found.differences],
        "flaky": [_difference(one) for one in found.flaky],
        "never_ran": list(found.never_ran),
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
        "ended": run.ended,
        "loops": run.loops,
        "collect_errors": dict(run.collect_errors),
        "tests": {name: _test(test, run) for name, test in run.tests.items()},
    }


def _test(test: TestRun, run: SuiteRun) -> dict[str, Any]:
    return {
        "outcomes": dict(test.outcomes),
        "loop": test.home,
        "loop_class": None if test.home is None else run.kinds.get(test.home),
        "loop_settings": None if test.settings is None else list(test.settings),
        "fixtures": [{"name": name, "loop": loop} for name, loop in test.fixtures],
        "seconds": test.seconds,
    }


REPORT = JsonVerification
