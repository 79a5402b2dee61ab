"""The suites of the guides under real releases of pytest-asyncio."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from tests.guides.pages import EXAMPLES, Example
from tests.live import compare
from tests.live.compare import SuiteRun
from tests.live.environments import Environment, interpreter
from tests.live.releases import RELEASES, WITH_LIBRARIES
from tests.live.runner import DEPRECATIONS_AS_ERRORS, run_pytest

pytestmark = pytest.mark.slow

# Here tests share a loop with more tests than before, and the guide says why.
JOINED = {
    "rules/LS104:When it is an assumption",
    "keep-a-suite-right:What a green run does not show",
    "rules/LS315:Before and after",
}

# Here a test uses a value of another loop that belongs to no loop, and the guide says so.
HARMLESS = {
    "rules/LS315:A value that belongs to no loop",
    "scope-mismatch:It is the configuration",
}


@cache
def python(environment: Environment) -> Path:
    return interpreter(environment)


def run(
    files: Mapping[str, str], folder: Path, release: str, options: tuple[str, ...] = ()
) -> SuiteRun:
    """Run a suite in ``folder`` on a release, with the libraries that it imports."""
    suite = folder / "suite"
    for name, text in files.items():
        path = suite / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    more = any(library in text for text in files.values() for library in ("anyio", "uvloop"))
    environment = (WITH_LIBRARIES if more else RELEASES)[release]
    return run_pytest(python(environment), suite, folder / "out.json", options)


def names(examples: list[Example]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", examples, ids=lambda example: example.name)


@names([example for example in EXAMPLES if example.before])
def test_result_runs_as_before(example: Example, tmp_path: Path) -> None:
    before = run(example.before, tmp_path / "old", example.release)
    assert before.exit_code == 0, f"the guide's own suite is not green: {before}"
    result = example.by_hand or example.after
    if not result:  # the guide shows what is reported, and no more
        return
    # What older targets need may be deprecated by now.
    options = () if "--target" in example.options else DEPRECATIONS_AS_ERRORS
    after = run(result, tmp_path / "new", "1.5", options)
    assert [
        *compare.outcomes(before, after),
        *compare.groups(before, after, may_join=example.name in JOINED),
        *compare.strays(after),
    ] == []


@names([example for example in EXAMPLES if example.wrong])
def test_wrong_fails_as_the_guide_says(example: Example, tmp_path: Path) -> None:
    done = run(example.wrong, tmp_path, "1.5")
    assert done.exit_code != 0
    errors = [*done.collect_errors.values(), *(test.error for test in done.tests.values())]
    assert example.fails
    assert [e for e in errors if " ".join(example.fails.split()) in " ".join(e.split())], errors


@names([example for example in EXAMPLES if example.right or (example.wrong and example.after)])
def test_right_passes(example: Example, tmp_path: Path) -> None:
    done = run(example.right or example.after, tmp_path, "1.5", DEPRECATIONS_AS_ERRORS)
    assert done.exit_code == 0, done
    assert bool(compare.strays(done)) is (example.name in HARMLESS)
