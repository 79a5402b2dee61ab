"""Questions to the disk, and whether they still have the answers that they had."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from loopscope import disk, observed
from loopscope.observed import Record, still_true

Change = Callable[[Path], object]


def asked(root: Path) -> Record:
    """Ask each question of a small tree."""
    record = Record()
    with record.kept():
        assert observed.listing(str(root)) == [
            ("file", observed.FILE), ("folder", observed.FOLDER), ("large", observed.FILE),
            ("link", observed.LINK),
        ]  # fmt: skip
        assert observed.glance(str(root / "file")) == observed.read(str(root / "file")) == b"text"
        assert observed.read(str(root / "link")) == b"text"
        assert len(observed.glance(str(root / "large"))) == 200_000
        assert observed.exists(str(root / "file"))
        assert not observed.is_file(str(root / "none"))
        assert observed.is_folder(str(root / "folder"))
        assert observed.is_link(str(root / "link"))
        assert observed.real_path(str(root / "link")) == str(root / "file")
        assert observed.behind_links(str(root), "link") == "file"
        assert observed.names_in(str(root / "folder")) == ("inner",)
        assert observed.names_in(str(root / "none")) == ()
        assert observed.names_among(str(root), ("none", "file")) == ("file",)
        assert not observed.is_vcs_root(str(root))
        assert observed.what_it_is(str(root / "none")) == "is gone"
        assert list(observed.files_below(str(root / "none"))) == []
        with pytest.raises(OSError, match="No such file"):
            observed.read(str(root / "none"))
    return record


@pytest.fixture
def root(tmp_path: Path) -> Path:
    place = Path(os.path.realpath(tmp_path)) / "root"
    (place / "folder").mkdir(parents=True)
    (place / "folder" / "inner").write_text("")
    (place / "file").write_text("text")
    (place / "large").write_text("x" * 200_000)
    (place / "link").symlink_to("file")
    return place


CHANGES: dict[str, Change] = {
    "a byte": lambda root: (root / "file").write_text("tex."),
    "more bytes": lambda root: (root / "file").write_text("text."),
    "fewer bytes": lambda root: (root / "file").write_text(""),
    "the end of a large file": lambda root: (root / "large").write_text("x" * 199_999 + "y"),
    "a larger file": lambda root: (root / "large").write_text("x" * 200_001),
    "a file less": lambda root: (root / "large").unlink(),
    "a file more": lambda root: (root / "none").write_text(""),
    "a name": lambda root: (root / "large").rename(root / "larger"),
    "a name that only one question is about": lambda root: (root / "folder/other").touch(),
    "a folder for a file": lambda root: ((root / "file").unlink(), (root / "file").mkdir()),
    "a link that leads elsewhere": lambda root: (
        (root / "link").unlink(),
        (root / "link").symlink_to("large"),
    ),
    "a file for a link": lambda root: (
        (root / "link").unlink(),
        (root / "link").write_text("text"),
    ),
    "a working copy": lambda root: (root / ".git").mkdir(),
    "a pipe": lambda root: ((root / "file").unlink(), os.mkfifo(root / "file")),
    "all is gone": lambda root: root.rename(root.with_name("gone")),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_other_answers_are_seen(root: Path, change: Change) -> None:
    record = asked(root)
    questions = record.questions()
    assert record.is_whole
    assert still_true(questions)
    change(root)
    assert not still_true(questions)


UNCHANGED: dict[str, Change] = {
    "nothing": lambda root: None,
    "times": lambda root: os.utime(root / "file", (1, 1)),
    "the same bytes in another file": lambda root: (
        (root / "new").write_text("text"),
        (root / "new").replace(root / "file"),
    ),
    "what nobody asked for": lambda root: (root / "folder" / "inner").write_text("more"),
}


@pytest.mark.parametrize("change", UNCHANGED.values(), ids=UNCHANGED)
def test_the_same_answers_are_seen(root: Path, change: Change) -> None:
    questions = asked(root).questions()
    change(root)
    assert still_true(questions)


@pytest.mark.parametrize("order", ["read first", "refused first"])
def test_a_question_with_two_answers_makes_no_record(root: Path, order: str) -> None:
    record = asked(root)
    file = str(root / ("file" if order == "read first" else "none"))
    if order == "read first":
        (root / "file").unlink()
    else:
        (root / "none").write_text("there now")
    with record.kept(), contextlib.suppress(OSError):
        observed.read(file)
    record.questions()
    assert not record.is_whole


def test_too_many_questions_make_no_record(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observed, "_MOST", 2)
    assert not asked(root).is_whole


def test_files_whose_kind_no_listing_tells_are_read_with_care(root: Path) -> None:
    record = Record()
    with record.kept():
        observed.read(str(root / "file"))
    questions = record.questions()
    (root / "file").unlink()
    os.mkfifo(root / "file")
    assert not still_true(questions)


def test_each_size_that_is_read_has_its_number() -> None:
    assert disk.LARGEST < 256**observed._SIZE
