"""What the page does in a real Chromium: clicks, keys, filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reports.browsing import Open, shown

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.xdist_group("browser")


def focused(page: Page) -> str:
    text = page.evaluate("document.activeElement.innerText.trim().split(/\\s+/).join(' ')")
    assert isinstance(text, str)
    return text


# -- filters ----------------------------------------------------------------------------


def test_filter_by_suite(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    page.get_by_label("Suite").fill("TEA")
    assert shown(page, ".suite") == 1
    assert page.locator(".suite").filter(visible=True).locator("h2").inner_text() == "shops/tea"
    assert page.locator("#shown").inner_text() == "1 of 2 suites"
    page.get_by_role("button", name="Show all").click()
    assert shown(page, ".suite") == 2
    assert page.get_by_label("Suite").input_value() == ""


def test_filter_by_rule_leaves_its_hunks_and_findings(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    everything = shown(page, "[data-codes]")
    button = page.locator("button.code[data-code=LS107]")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert shown(page, ".suite") == 1
    found = page.locator("[data-codes]").filter(visible=True)
    assert found.count() > 0
    assert all("LS107" in (item.get_attribute("data-codes") or "") for item in found.all())
    assert shown(page, ".file") == 1
    assert shown(page, ".findings") == 0
    page.locator("button.code[data-code=LS305]").click()
    assert shown(page, ".findings") == 1
    button.click()
    page.locator("button.code[data-code=LS305]").click()
    assert shown(page, "[data-codes]") == everything


def test_a_filter_that_nothing_goes_with_says_so(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    page.get_by_label("Suite").fill("nowhere")
    assert page.get_by_text("Nothing here goes with this filter.").is_visible()
    page.keyboard.press("Escape")
    assert shown(page, ".suite") == 2


def codes_shown(page: Page) -> list[str]:
    items = page.locator("[data-codes]").filter(visible=True).all()
    return [item.get_attribute("data-codes") or "" for item in items]


def test_filter_by_test_leaves_what_is_about_it_and_marks_it_in_the_maps(
    open_page: Open, shops: str
) -> None:
    page = open_page(shops)
    page.get_by_label("Test", exact=True).fill("TEST_CLOSES")
    assert page.locator(".suite").filter(visible=True).locator("h2").all_inner_texts() == [
        "shops/books"
    ]
    assert "LS102" in " ".join(codes_shown(page))
    assert set(page.locator(".hit").all_inner_texts()) == {"test_closes"}
    page.get_by_label("Test", exact=True).fill(
        "test_one"
    )  # nothing is changed of it in the other suite
    assert shown(page, ".suite") == 2
    page.get_by_label("Test", exact=True).fill("test_nowhere")
    assert shown(page, ".suite") == 0


def test_filter_by_status_and_assumption(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    page.get_by_label("Status").select_option("would change")
    assert page.locator(".suite").filter(visible=True).locator("h2").inner_text() == "shops/tea"
    assert shown(page, "[data-row]") == 1
    page.get_by_label("Status").select_option("all")
    assert shown(page, ".suite") == 2
    page.get_by_role("button", name="On an assumption").click()
    assert shown(page, "[data-codes]") == page.locator("[data-assumption]").count()


def test_overview_lists_the_suites_and_leads_to_them(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    page.get_by_role("button", name="Close all").click()
    rows = [row.locator("td").all_inner_texts() for row in page.locator("[data-row]").all()]
    assert [row[:2] for row in rows] == [["shops/books", "manual"], ["shops/tea", "would change"]]
    assert rows[0][4] == "1"  # by hand
    page.get_by_role("link", name="shops/tea").click()
    page.locator("#s2 .file summary").first.wait_for(state="visible")
    assert not page.locator("#s1 .file summary").first.is_visible()


# -- the address ------------------------------------------------------------------------


def test_what_is_filtered_is_in_the_address_and_comes_from_it(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    page.get_by_label("Suite").fill("books")
    page.get_by_label("Test", exact=True).fill("test_")
    page.locator("button.code[data-code=LS107]").click()
    page.locator("button.code[data-code=LS102]").click()
    address = page.evaluate("location.href")
    assert address == f"{shops}#suite=books&test=test_&rules=LS102+LS107"
    other = open_page(address)
    assert codes_shown(other) == codes_shown(page) != []
    assert other.get_by_label("Test", exact=True).input_value() == "test_"
    other.get_by_role("button", name="Show all").click()
    assert other.evaluate("location.href") == shops


def test_a_hunk_can_be_linked_to_also_beside_a_filter(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    link = page.locator("#s2 .hunk .here-link").first
    link.click()
    plain = page.evaluate("location.href")
    assert plain == f"{shops}#s2f1h1"
    page.get_by_label("Suite").fill("tea")
    link.click()
    filtered = page.evaluate("location.href")
    assert filtered == f"{shops}#suite=tea&at=s2f1h1"
    for address in (plain, filtered):
        other = open_page(address, viewport={"width": 1280, "height": 400})
        assert other.evaluate("document.activeElement.id") == "s2f1h1"
        assert other.locator("#s2f1h1").is_visible()
    assert shown(other, ".suite") == 1


def test_an_address_that_names_what_is_not_there_does_no_harm(open_page: Open, shops: str) -> None:
    page = open_page(f"{shops}#status=none&rules=LS999&at=s9f9h9")
    assert shown(page, ".suite") == 2


# -- clicks -----------------------------------------------------------------------------


def test_a_click_opens_and_closes_a_file(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    name = page.locator(".file summary").first
    assert page.locator(".hunk").first.is_visible()
    name.click()
    assert not page.locator(".hunk").first.is_visible()
    name.click()
    assert page.locator(".hunk").first.is_visible()


def test_close_all_and_open_all(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    page.get_by_role("button", name="Close all").click()
    assert shown(page, ".hunk") == 0
    page.get_by_role("button", name="Open all").click()
    assert shown(page, ".hunk") == page.locator(".hunk").count() > 0


def test_a_finding_links_to_the_page_of_its_rule(open_page: Open, shops: str) -> None:
    page = open_page(shops, viewport={"width": 780, "height": 600})
    guide = page.locator("#LS305")
    assert not guide.locator(".guide").is_visible()
    page.locator(".findings a.code", has_text="LS305").first.click()
    guide.locator(".guide").wait_for(state="visible")
    assert "closes" in guide.inner_text()
    bar, summary = page.locator(".bar").bounding_box(), guide.locator("summary").bounding_box()
    assert bar is not None
    assert summary is not None
    assert summary["y"] >= bar["y"] + bar["height"]  # not below the bar
    guide.locator("summary").click()
    page.locator(".findings a.code", has_text="LS305").first.click()
    guide.locator(".guide").wait_for(state="visible")


def test_a_guide_links_to_the_next_one_and_a_link_from_outside_opens_it(
    open_page: Open, shops: str
) -> None:
    page = open_page(f"{shops}#LS305")
    page.locator("#LS305 a[href='#guide-event-loop-is-closed']").first.click()
    page.locator("#guide-event-loop-is-closed .guide").wait_for(state="visible")


def test_the_pointer_on_a_test_finds_it_in_both_maps(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    page.locator("[data-test='test_shop.py::test_closes']").first.hover()
    found = page.locator(".here")
    assert found.all_inner_texts() == ["test_closes", "test_closes"]
    assert [item.evaluate("chip => chip.closest('.map').innerText.slice(0, 5)")
            for item in found.all()] == ["Befor", "After"]  # fmt: skip
    page.locator(".line").hover()
    assert found.count() == 0


# -- keys -------------------------------------------------------------------------------


def test_keys_walk_through_the_page(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    page.keyboard.press("j")
    assert focused(page).startswith("shops/books manual")
    page.keyboard.press("j")
    assert focused(page).startswith("action LS305")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    assert shown(page, ".hunk") == page.locator(".suite >> nth=1").locator(".hunk").count()
    page.keyboard.press("j")
    assert focused(page).startswith("shops/tea would change")
    page.keyboard.press("p")
    assert focused(page).startswith("shops/books")
    page.keyboard.press("n")
    assert focused(page).startswith("shops/tea")


def test_keys_walk_from_the_end_to_the_beginning_and_stop_there(
    open_page: Open, shops: str
) -> None:
    page = open_page(shops)
    stops = page.locator("[data-stop]").filter(visible=True).count()
    for _ in range(stops + 3):
        page.keyboard.press("j")
    last = focused(page)
    for _ in range(stops + 3):
        page.keyboard.press("k")
    assert focused(page).startswith("shops/books")
    assert last != focused(page)


def test_keys_filter_open_and_explain_themselves(open_page: Open, shops: str) -> None:
    page = open_page(shops)
    page.keyboard.press("/")
    page.keyboard.type("tea?o")
    assert page.get_by_label("Suite").input_value() == "tea?o"
    page.keyboard.press("Escape")
    assert page.get_by_label("Suite").input_value() == ""
    page.keyboard.press("o")
    assert shown(page, ".hunk") == 0
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    assert dialog.is_visible()
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
