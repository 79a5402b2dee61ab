"""``--html FILE``, from the command line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.reports.pages import SHOP

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]


@pytest.mark.parametrize(
    ("command", "heading"),
    [
        (("check",), "Would change"),
        (("migrate", "--diff"), "Would change"),
        (("migrate", "--patch", "all.patch"), "Would change"),
        (("migrate",), "Changed"),
    ],
)
def test_every_way_to_run_can_have_a_page(
    command: tuple[str, ...], heading: str, loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree(SHOP)
    plain = loopscope("check")
    done = loopscope(*command, "--html", "out/report.html")
    assert done.code == 1  # the closed loop is left to a person
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert f"<h3>{heading}</h3>" in page
    assert "test_shop.py" in page
    assert "for the whole suite" in page
    if command == ("check",):
        assert done == plain


def test_other_forms_of_the_report_stay_as_they_are(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree(SHOP)
    done = loopscope("check", "--format", "json", "--html", "report.html")
    assert json.loads(done.out)["suites"][0]["status"] == "manual"
    assert (tmp_path / "report.html").exists()


def test_a_page_that_cannot_be_written_is_an_error(loopscope: Run, tree: Tree) -> None:
    tree({**SHOP, "file": ""})
    done = loopscope("check", "--html", "file/report.html")
    assert done.code == 2
    assert "error: file/report.html: cannot be written: " in done.err
    assert done.out.splitlines()[0].endswith("1 error.")


def test_a_folder_is_no_page(loopscope: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    done = loopscope("check", "--html", "folder")
    assert done.code == 2
    assert "'folder' is a directory" in done.err


def test_a_file_that_is_no_page_is_not_overwritten(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree(SHOP)
    done = loopscope("check", "--html", "test_shop.py")
    assert done.code == 2
    assert "'test_shop.py' is no name of an HTML file: it must end with .html" in done.err
    assert (tmp_path / "test_shop.py").read_text() == SHOP["test_shop.py"]


def test_a_run_with_nothing_to_do_has_a_page(loopscope: Run, tree: Tree, tmp_path: Path) -> None:
    tree({"test_a.py": ""})
    assert loopscope("check", "--html", "report.html").code == 0
    assert "1 suite, nothing to change" in (tmp_path / "report.html").read_text("utf-8")


def test_page_that_somebody_else_has_written_is_left_alone(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({**SHOP, "docs/index.html": "<title>mine</title>"})
    done = loopscope("check", "--html", "docs/index.html")
    assert done.code == 2
    assert "'docs/index.html' is there and is not loopscope's" in done.err
    assert (tmp_path / "docs/index.html").read_text() == "<title>mine</title>"
    for _ in range(2):
        assert loopscope("check", "--html", "docs/own.html").code == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems take no such names")
def test_names_that_are_not_utf8_are_shown(loopscope: Run, tree: Tree, tmp_path: Path) -> None:
    tree(SHOP)
    os.rename(os.fsencode(tmp_path / "test_shop.py"), os.fsencode(tmp_path) + b"/test_\xe9.py")
    loopscope("check", "--html", "report.html")
    page = (tmp_path / "report.html").read_bytes().decode("utf-8")
    assert 'test_<i class="esc">\\xe9</i>.py' in page
