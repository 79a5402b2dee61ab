"""The suites of the guides in memory: what the tool makes of them, and what it reports."""

from __future__ import annotations

import pytest

from loopscope.pipeline import migrate
from loopscope.rules.registry import REGISTRY
from loopscope.types import Migration, Options, Status, Target
from tests.guides.pages import EXAMPLES, PAGES, Example, blocks
from tests.suites_in_memory import suite_of

WHOLE = [example for example in EXAMPLES if example.before]
WRONG = [example for example in EXAMPLES if example.wrong]
WITHOUT_CODE = {"LS108"}  # imports are parts of other rules' edits


def names(examples: list[Example]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("example", examples, ids=lambda example: example.name)


def migrated(example: Example, files: dict[str, str] | None = None) -> Migration:
    """Return the migration with the options that the guide names."""
    words = iter(example.options)
    known: dict[str, object] = {}
    for word in words:
        if word == "--target":
            known["target"] = Target.parse(next(words))
        elif word == "--ignore":
            known["ignore"] = (next(words),)
        else:
            known[word.lstrip("-").replace("-", "_")] = True
    return migrate(suite_of(files or example.before), Options(**known))  # type: ignore[arg-type]


def codes(migration: Migration) -> set[str]:
    edits = (edit.code for change in migration.changes for edit in change.edits)
    return {*edits, *(finding.code for finding in migration.findings)}


def reported(migration: Migration) -> tuple[str, ...]:
    return tuple(f"{f.code} {f.level.value} at {f.path}:{f.line}" for f in migration.findings)


@names([example for example in EXAMPLES if example.after])
def test_after_is_what_migrate_makes_of_before(example: Example) -> None:
    old = dict(example.before or example.wrong)
    migration = migrated(example, old)
    assert not migration.errors
    result = {**old, **{c.path: c.after.decode() for c in migration.changes}}
    assert result == example.after


@names(WHOLE)
def test_reports_are_named(example: Example) -> None:
    assert reported(migrated(example)) == example.reports


@names([example for example in WHOLE if example.after or not example.by_hand])
def test_nothing_is_left_to_do_unless_the_guide_says_so(example: Example) -> None:
    done = migrated(example).status is Status.CHANGED
    assert done is not any(" action " in line for line in example.reports)


@names(WRONG)
def test_what_is_wrong_is_reported_where_the_guide_says_so(example: Example) -> None:
    assert reported(migrated(example, dict(example.wrong))) == example.reports


@names([e for e in EXAMPLES if e.by_hand or e.right or (e.wrong and e.after)])
def test_what_is_right_is_current(example: Example) -> None:
    migration = migrated(example, dict(example.by_hand or example.right or example.after))
    assert migration.status is Status.CURRENT
    assert not [f for f in migration.findings if f.level.value == "action"]


@pytest.mark.parametrize("code", sorted({rule.code for rule in REGISTRY} - WITHOUT_CODE))
def test_the_page_of_a_rule_shows_the_rule(code: str) -> None:
    shown: set[str] = set()
    for example in EXAMPLES:
        if example.page == f"rules/{code}":
            shown |= codes(
                migrated(example, dict(example.before or example.wrong or example.right))
            )
    assert code in shown


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_all_python_is_part_of_an_example(path) -> None:  # type: ignore[no-untyped-def]
    told = {
        text
        for example in EXAMPLES
        for part in (
            example.before, example.after, example.by_hand, example.wrong, example.right
        )
        for text in part.values()
    }  # fmt: skip
    written = [b for b in blocks(path.read_text(encoding="utf-8")) if b.language == "python"]
    assert [block.above for block in written if block.text not in told] == []
