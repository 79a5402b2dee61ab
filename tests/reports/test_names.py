"""Suites are named for somebody who is elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.reports.html_report import name_of


def test_the_name_of_a_suite_is_its_path_from_here_or_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "shop"
    (here / "api").mkdir(parents=True)
    monkeypatch.chdir(here)
    assert name_of(".") == "shop"
    assert name_of(str(here)) == "shop"
    assert name_of(str(here / "api")) == "api"
    assert name_of(str(here / "api" / "v1")) == "api/v1"
    assert name_of("api/v1") == "api/v1"
    assert name_of(str(tmp_path / "books")) == "books"
    assert name_of("../books") == "../books"
