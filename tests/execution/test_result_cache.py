"""Results of earlier runs: the same for the same bytes, and nobody else's."""

from __future__ import annotations

import enum
import os
import pickle
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from loopscope.analysis.suite.trace import Trace
from loopscope.cli.pace import Pace
from loopscope.execution import migrate_all, result_cache, sealed_folder
from loopscope.execution.result_cache import ResultCache
from loopscope.execution.sealed_folder import SealedFolder
from loopscope.seal import seal
from loopscope.types import CrossSuiteFiles, FileError, Migration, Options, Suite
from tests.batches import jobs, suite

Change = Callable[[Suite, Options], tuple[Suite, Options]]


@pytest.fixture
def cache(tmp_path: Path) -> ResultCache:
    return ResultCache(SealedFolder(tmp_path / "results"))


def no_work(*_: object) -> Migration:
    raise AssertionError("the result is known")


def test_a_second_run_gives_the_same_without_work(
    cache: ResultCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = list(migrate_all(jobs(5), cache=cache))
    assert all(migration.changes for migration in first)
    monkeypatch.setattr("loopscope.execution.migrate_one", no_work)
    assert list(migrate_all(jobs(5), cache=cache)) == first


def test_known_and_new_suites_come_in_their_order(cache: ResultCache) -> None:
    list(migrate_all(jobs(9)[::2], cache=cache))
    assert list(migrate_all(jobs(9), cache=cache)) == list(migrate_all(jobs(9)))


CHANGES: dict[str, Change] = {
    "a byte of a file": lambda suite, options: (
        replace(suite, files={k: v + b"\n" for k, v in suite.files.items()}),
        options,
    ),
    "the name of a file": lambda suite, options: (
        replace(suite, files={f"x{k}": v for k, v in suite.files.items()}),
        options,
    ),
    "a file more": lambda suite, options: (
        replace(suite, files={**suite.files, "test_more.py": b""}),
        options,
    ),
    "what is left out": lambda suite, options: (
        replace(suite, editable=frozenset(suite.files)),
        options,
    ),
    "what is left out, all": lambda suite, options: (
        replace(suite, editable=frozenset()),
        options,
    ),
    "an error of reading": lambda suite, options: (
        replace(suite, errors=(FileError("a.py", "cannot be read"),)),
        options,
    ),
    "a conftest above": lambda suite, options: (
        replace(suite, cross_suite=CrossSuiteFiles(outside={"../conftest.py": b""})),
        options,
    ),
    "the record of a run": lambda suite, options: (replace(suite, trace=Trace()), options),
    "the configuration": lambda suite, options: (
        replace(suite, config=replace(suite.config, path="tox.ini")),
        options,
    ),
    "an option": lambda suite, options: (suite, replace(options, safe_only=True)),
    "the target": lambda suite, options: (suite, replace(options, target_named=True)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_a_result_depends_on_is_in_its_name(cache: ResultCache, change: Change) -> None:
    job = jobs(1)[0]
    assert cache.key(change(*job)) != cache.key(job) == cache.key(jobs(1)[0])


def test_each_field_of_the_options_is_in_the_name(cache: ResultCache) -> None:
    tree, options = jobs(1)[0]
    keys = {cache.key((tree, options))}
    for field in fields(options):
        value: Any = getattr(options, field.name)
        other = {bool: lambda v: not v, str: lambda v: f"{v}x", float: lambda v: v + 1}
        changed = other.get(type(value), lambda _: ("x",))(value)
        keys.add(cache.key((tree, replace(options, **{field.name: changed}))))
    assert len(keys) == 1 + len(fields(options))


def test_to_name_a_result_is_no_work_on_its_files(cache: ResultCache) -> None:
    told: list[int] = []
    pace = Pace(lambda done, _: told.append(done))
    tree, options = jobs(1)[0]
    assert cache.key((pace.hands_out(tree, watched=True), options)) == cache.key((tree, options))
    assert not told


def test_other_code_has_other_results(
    cache: ResultCache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = cache.key(jobs(1)[0])
    (tmp_path / "newer.py").write_text("")
    monkeypatch.setattr("loopscope.__file__", str(tmp_path / "__init__.py"))
    result_cache._made_by.cache_clear()
    assert cache.key(jobs(1)[0]) != before
    result_cache._made_by.cache_clear()


def test_what_no_suite_holds_is_in_no_key(cache: ResultCache) -> None:
    class Kind(enum.Enum):
        ONE = 1

    tree, _ = jobs(1)[0]
    assert cache.key((tree, replace(Options(), select=(Kind.ONE,))))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="object is in no key"):
        cache.key((tree, replace(Options(), select=object())))  # type: ignore[arg-type]


def test_a_result_with_errors_is_not_kept(cache: ResultCache) -> None:
    broken = suite("broken")
    broken = replace(broken, files={**broken.files, "test_x.py": b"def (:\n"})
    (done,) = migrate_all([(broken, Options())], cache=cache)
    assert done.errors
    assert cache.find(cache.key((broken, Options()))) is None


class Fires:
    """What must never be unpickled."""

    def __reduce__(self) -> Any:
        return no_work, ()


PLANTED = {
    "no seal": b"",
    "a made-up seal": b"0" * 64,
    "the seal of something else": seal(b"other", b"other").encode(),
    "bytes that are no text": b"\xff" * 64,
}


@pytest.mark.parametrize("start", PLANTED.values(), ids=PLANTED)
def test_what_others_have_put_there_is_not_read(
    cache: ResultCache, tmp_path: Path, start: bytes
) -> None:
    key = cache.key(jobs(1)[0])
    (tmp_path / "results" / key).write_bytes(start + pickle.dumps(Fires()))
    assert cache.find(key) is None


def test_a_result_under_the_name_of_another_is_not_read(
    cache: ResultCache, tmp_path: Path
) -> None:
    first, second = jobs(2)
    list(migrate_all([first], cache=cache))
    kept, other = (tmp_path / "results" / cache.key(job) for job in (first, second))
    kept.rename(other)
    assert cache.find(cache.key(second)) is None


def test_a_result_that_was_cut_off_is_made_again(cache: ResultCache, tmp_path: Path) -> None:
    (before,) = migrate_all(jobs(1), cache=cache)
    kept = tmp_path / "results" / cache.key(jobs(1)[0])
    kept.write_bytes(kept.read_bytes()[:-10])
    assert list(migrate_all(jobs(1), cache=cache)) == [before]
    assert cache.find(cache.key(jobs(1)[0])) == before


def _link(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    folder.symlink_to("elsewhere")


def _open_to_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


UNUSABLE: dict[str, Callable[[Path], object]] = {
    "a link": _link,
    "a folder that all may write to": _open_to_all,
    "a file": lambda folder: folder.write_text(""),
    "a name that is too long": lambda folder: None,
}


@pytest.mark.parametrize("kind", UNUSABLE)
def test_a_folder_that_is_not_this_users_is_not_used(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / ("results" if "long" not in kind else "x" * 300)
    UNUSABLE[kind](folder)
    cache = ResultCache(SealedFolder(folder))
    assert list(migrate_all(jobs(2), cache=cache)) == list(migrate_all(jobs(2)))
    assert cache.key(jobs(1)[0]) == ""
    assert not any((tmp_path / "elsewhere").glob("*"))


def test_a_user_without_a_home_has_no_results(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Path("~/.cache/loopscope")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: nowhere)
    assert ResultCache(SealedFolder()).key(jobs(1)[0]) == ""


def test_the_results_that_were_not_used_for_the_longest_time_go(
    cache: ResultCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(migrate_all(jobs(4), cache=cache))
    paths = [tmp_path / "results" / cache.key(job) for job in jobs(4)]
    for age, path in enumerate(paths):
        os.utime(path, (1000 - age, 1000 - age))
    assert cache.find(paths[3].name)  # the oldest is used again
    room = sum(path.stat().st_size for path in (paths[3], paths[0]))
    monkeypatch.setattr(sealed_folder, "LARGEST", room)
    cache._folder.close()
    assert [path.exists() for path in paths] == [True, False, False, True]


def test_results_are_private(cache: ResultCache, tmp_path: Path) -> None:
    list(migrate_all(jobs(1), cache=cache))
    (kept,) = (tmp_path / "results").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "results").stat().st_mode & 0o777 == 0o700
