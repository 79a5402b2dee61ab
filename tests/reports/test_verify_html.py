"""The page of ``loopscope verify --html``, in a real Chromium."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.reports.html_verify import HtmlVerification
from loopscope.verify.difference import Cause, Difference
from loopscope.verify.run_record import SuiteRun, TestRun, Warned
from loopscope.verify.verification import Verification
from tests.reports.browsing import Open, shown
from tests.reports.pages import HOSTILE, options

pytestmark = pytest.mark.xdist_group("browser")

_RUN = SuiteRun(0, {"test_a.py::test_one": TestRun({"call": "passed"}, loop=0)})


def _file(folder: Path, *found: Verification) -> str:
    path = folder / "verify.html"
    page = HtmlVerification(options())
    for one in found:
        page.add(one)
    path.write_bytes(page.render().encode("utf-8", "backslashreplace"))
    return path.as_uri()


def test_differences_stand_in_a_table_for_each_cause(open_page: Open, tmp_path: Path) -> None:
    split = Difference(Cause.SPLIT, "test_a.py::test_one", "shared its loop", "too narrow")
    other = Difference(Cause.OTHER, "test_a.py::test_two", "was passed", error="E  assert 0")
    flaky = Difference(Cause.OTHER, "test_a.py::test_three", "was failed")
    suite = Verification("shop", _RUN, _RUN, (split, other), (flaky,), notes=("left to do",))
    page = open_page(_file(tmp_path, suite, Verification("tea", _RUN, _RUN)))
    assert page.locator(".cause h3").all_inner_texts() == [
        "loop split 1: tests that shared a loop and no longer do",
        "other 1: tests that end otherwise, are gone or are new",
    ]
    row = page.locator(".cause tbody tr").first.locator("td").all_inner_texts()
    assert row == ["test_a.py::test_one", "shared its loop", "may be: too narrow"]
    assert page.locator(".flaky tbody tr").count() == 1
    assert page.locator(".status").all_inner_texts() == ["2 differences", "runs as before"]
    names, values = (page.locator(f".tile {tag}").all_inner_texts() for tag in ("dt", "dd"))
    tiles = dict(zip(names, values, strict=True))
    assert (tiles["differences"], tiles["flaky"], tiles["tests"]) == ("2", "1", "2")
    assert not page.get_by_text("assert 0").is_visible()
    page.get_by_text("what pytest printed").click()
    assert page.get_by_text("assert 0").is_visible()


def test_what_the_tests_printed_is_not_obeyed(open_page: Open, tmp_path: Path) -> None:
    one = Difference(Cause.FOREIGN, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    suite = Verification(
        HOSTILE, _RUN, _RUN, (one,), (one,), (Warned(HOSTILE, HOSTILE, HOSTILE),),
        ((HOSTILE, 1.0, 3.0),), (HOSTILE,),
    )  # fmt: skip
    failed = Verification(HOSTILE, problem=HOSTILE, details=HOSTILE)
    page = open_page(_file(tmp_path, suite, failed))  # a dialog or a request would be an error
    assert page.locator("img, script").count() == 0
    assert shown(page, "tbody tr") == 4
    assert page.locator(".error .problem").count() == 1


def test_differences_of_one_cause_are_one_row_with_all_their_tests(
    open_page: Open, tmp_path: Path
) -> None:
    tests = [f"test_a.py::test_{number}" for number in range(12)]
    split = tuple(
        Difference(Cause.SPLIT, test, "shared its loop", "LS101 is open") for test in tests
    )
    page = open_page(
        _file(tmp_path, Verification("shop", _RUN, _RUN, split, never_ran=("x", "y")))
    )
    assert page.locator(".cause h3").inner_text().startswith("loop split 12: ")
    assert page.locator(".cause tbody tr").count() == 1
    assert page.locator(".cause td").last.inner_text() == "LS101 is open"
    assert not page.get_by_text("test_a.py::test_11").is_visible()
    page.get_by_text("and 11 more").click()
    assert page.get_by_text("test_a.py::test_11").is_visible()
    assert page.locator(".never-ran h3").inner_text().startswith("never ran 2: ")


def test_a_phone_shows_names_in_lines_and_no_sideways_scrolling(
    open_page: Open, tmp_path: Path
) -> None:
    long = Difference(Cause.SPLIT, "test_a.py::" + "x" * 200, "y" * 200)
    one = Difference(
        Cause.FOREIGN, "tests/test_orders.py::test_pays", "its fixture db", "too narrow"
    )
    warned = Warned("tests/test_orders.py::test_pays", "DeprecationWarning", "about asyncio")
    tests = {f"test_a.py::test_{n}": TestRun({"call": "passed"}, loop=n) for n in range(1055)}
    many = SuiteRun(0, tests)
    found = Verification(
        "shop", many, many, (long, one), warnings=(warned,),
        slower=(("tests/test_orders.py::test_pays", 1.0, 3.0),),
    )  # fmt: skip
    page = open_page(_file(tmp_path, found), viewport={"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    short = [cell for cell in page.locator("td.path").all() if "test_pays" in cell.inner_text()]
    assert len(short) == 3
    for cell in short:
        box = cell.bounding_box()
        assert box is not None
        assert box["width"] > 200, "a name is as wide as the page"
        assert box["height"] < 40, "and stands on one line"
    tiles = page.locator(".tile").evaluate_all(
        "tiles => tiles.map(tile => tile.scrollWidth <= tile.clientWidth)"
    )
    assert tiles
    assert all(tiles)


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_ids_of_tests_have_room(open_page: Open, tmp_path: Path, width: int, scheme: str) -> None:
    test = "tests/integration/api/orders/test_orders.py::TestOrders::test_an_order_is_placed"
    split = Difference(
        Cause.SPLIT, test, "was passed, is failed in its call phase", "LS101 is open"
    )
    slower = ((test, 54.25, 155.75),)
    suite = Verification("shop", _RUN, _RUN, (split,), (split,), (), slower)
    page = open_page(
        _file(tmp_path, suite), viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for cell in page.locator("td.path").all():
        box = cell.bounding_box()
        assert box is not None
        assert box["width"] > 250
    for tile in page.locator(".tile").all():
        assert tile.evaluate("tile => tile.scrollWidth <= tile.clientWidth")
