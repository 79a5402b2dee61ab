"""Small suites as dicts of text, for tests of the pure core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import dedent

from loopscope.analysis.file.reader import read_file
from loopscope.analysis.suite.classify import Settings
from loopscope.config.pytest_config import choose_configuration
from loopscope.loop_map.build_model import build_model, rebuild_model
from loopscope.loop_map.model import LoopMap
from loopscope.loop_map.suite_model import SuiteModel, SuiteStyle
from loopscope.pipeline import migrate
from loopscope.rules.registry import FILE_CHECKS
from loopscope.types import Change, FileError, Migration, Options, PytestConfig, Suite

STRICT = "[pytest]\n"
AUTO = "[pytest]\nasyncio_mode = auto\n"


def suite_of(files: Mapping[str, str]) -> Suite:
    """Make a suite in memory; without a configuration file it gets an empty pytest.ini."""
    data = {path: dedent(text).encode() for path, text in files.items()}
    if not any("/" not in path and not path.endswith(".py") for path in data):
        data["pytest.ini"] = STRICT.encode()
    config = choose_configuration({path: data[path] for path in data if "/" not in path})
    assert not isinstance(config, FileError), config
    return Suite("suite", config or PytestConfig(), data)


def migrate_files(files: Mapping[str, str], **options: object) -> Migration:
    return migrate(suite_of(files), Options(**options))  # type: ignore[arg-type]


def after(files: Mapping[str, str], **options: object) -> dict[str, str]:
    """Return the files as text after the migration, which must leave nothing to do."""
    migration = migrate_files(files, **options)
    assert not migration.errors, migration.errors
    result = {path: data.decode() for path, data in suite_of(files).files.items()}
    result.update({change.path: change.after.decode() for change in migration.changes})
    return result


def messages(migration: Migration) -> list[str]:
    """List the findings of a migration, as ``path:line CODE level``."""
    return [f"{f.path}:{f.line} {f.code} {f.level.value}" for f in migration.findings]


def model_of(files: Mapping[str, str], mode: str = "strict") -> SuiteModel:
    facts = {path: read_file(path, dedent(text)) for path, text in files.items()}
    return SuiteModel(facts, PytestConfig(), Settings(mode=mode))


def style_and_loops(suite: Suite, changes: Sequence[Change] = ()) -> tuple[SuiteStyle, LoopMap]:
    """Return the style of a suite, and its modern loop map after ``changes``."""
    seconds = Options().time_limit
    model = build_model(suite, [], seconds, FILE_CHECKS)
    after = rebuild_model(suite, model, changes, [], seconds) if changes else model
    return model.suite_style, after.modern_map
