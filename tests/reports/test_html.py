"""What the page is made of; how it behaves is tested in a browser, see test_html_in_browser."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from loopscope.reports.html_report import guide_pages
from loopscope.rules.registry import REGISTRY
from loopscope.types import Change, EditRecord, FileError, Migration, Status
from tests.reports.pages import HOSTILE, hostile_suite, page_of, suite
from tests.suites_in_memory import AUTO


class Read(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, *attributes: str) -> list[str]:
        found = (attrs.get(name) for _, attrs in self.tags for name in attributes)
        return [value for value in found if value is not None]


def test_a_page_without_suites_says_so() -> None:
    assert "No pytest suite found" in Read(page_of([])).text


def test_suites_with_nothing_to_do_are_only_named() -> None:
    text = Read(page_of([Migration("quiet", None, Status.CURRENT)])).text
    assert "Nothing to change, and nothing to do by hand." in text
    assert "1 suite with nothing to do" in text
    assert "quiet" in text


def test_a_suite_that_could_not_be_read_is_named_once_with_its_error() -> None:
    broken = Migration(
        "broken", None, Status.ERROR, errors=(FileError("a.py", "is no Python", 3),)
    )
    text = " ".join(Read(page_of([broken])).text.split())
    assert "broken/a.py:3 is no Python" in text
    assert text.count("broken") == 1


def test_what_was_written_is_not_called_a_plan() -> None:
    assert "Would change" in page_of([suite("shop")])
    assert "Would change" not in page_of([suite("shop")], wrote=True)


def test_nothing_is_loaded_from_elsewhere() -> None:
    page = Read(page_of([suite("shop")]))
    assert [value for value in page.values("href") if not value.startswith("#")] == ["data:,"]
    assert not page.values("src", "style", "onclick", "onerror")


def test_every_link_has_its_target_and_no_id_is_there_twice() -> None:
    page = Read(page_of([suite("shop"), suite("other")]))
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    links = {value[1:] for value in page.values("href") if value.startswith("#")}
    assert {"LS101", "LS305", "guide-event-loop-is-closed", "ring"} <= links <= set(ids)


def test_a_guide_is_what_the_rule_says_and_loses_no_link() -> None:
    for rule in REGISTRY:
        pages = {page.name: page for page in guide_pages([f"rules/{rule.code}"])}
        assert all(link in pages for page in pages.values() for link in page.links)
        own = pages[f"rules/{rule.code}"]
        assert own.id == rule.code
        assert rule.name in own.title
        assert "<h1" not in own.html
        assert ".md" not in " ".join(Read(own.html).values("href"))


def test_the_policy_admits_the_style_and_the_script_and_nothing_else() -> None:
    page = page_of([hostile_suite()])
    [policy] = [
        attrs["content"]
        for tag, attrs in Read(page).tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy is not None
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        [content] = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_hostile_text_is_text_everywhere() -> None:
    page = page_of([hostile_suite()])
    read = Read(page)
    assert not {"img", "iframe", "object"} & {tag for tag, _ in read.tags}
    assert [tag for tag, _ in read.tags].count("script") == 1
    assert "\u202e" not in page
    assert "\x1b" not in page
    # Path, configuration, file, definition, two messages, finding and error, at the least.
    shown = HOSTILE.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b")
    assert read.text.count(shown) >= 8


@pytest.mark.parametrize("odd", ["caf\udce9", "\ud800", "\x00", "a\nb"])
def test_a_path_that_no_file_in_utf8_can_hold(odd: str) -> None:
    edit = EditRecord("LS107", 1, odd, odd)
    change = Change(odd, b"\xe4\x00\n", b"\xe4\x00\r\nlast", (edit,))
    migration = Migration(odd, odd, Status.CHANGED, (change,))
    text = Read(page_of([migration])).text
    assert ascii(odd)[1:-1].replace("\\udc", "\\x") in text
    assert "\\xe4\\x00" in text
    assert "no newline at the end" in text


def test_each_loop_is_a_box_with_what_shares_it() -> None:
    own = {"test_own.py": "import pytest\n\n@pytest.fixture\ndef event_loop():\n"
           "    import asyncio\n    yield asyncio.new_event_loop()\n\n"
           "async def test_x():\n    pass\n\nasync def test_y():\n    pass\n"}  # fmt: skip
    page = page_of([suite("shop", **own)])
    before, after = page.split('<div class="map">')[1:]
    for part in (before, after.split("</section>")[0]):
        text = " ".join(Read(part).text.split())
        assert "3 loops" in text
        assert "Loop 1 for the whole suite" in text
        assert "2 loops one for each test" in text
        assert Read(part).values("data-test") == [
            "test_shop.py::test_one", "test_shop.py::test_sync", "test_shop.py::test_closes",
            "test_own.py::test_x", "test_own.py::test_y",
        ]  # fmt: skip
    assert "override of event_loop, scope session conftest.py:6" in " ".join(
        Read(before).text.split()
    )


def test_loops_that_merge_keep_their_numbers() -> None:
    module = "import pytest\n\n@pytest.fixture(scope='module')\ndef event_loop():\n"
    module += "    import asyncio\n    yield asyncio.new_event_loop()\n\n"
    module += "async def test_x(connection):\n    pass\n"
    page = page_of([suite("shop", **{"test_module.py": module})])
    before, after = page.split('<div class="map">')[1:]
    assert "Loop 1" in before
    assert "Loop 2" in before
    assert "Loops 1 + 2" in after


def test_a_box_counts_what_it_does_not_name() -> None:
    tests = "".join(f"async def test_{n}():\n    pass\n" for n in range(50))
    page = page_of([suite("shop", **{"test_many.py": tests})])
    assert page.count("and 20 more") == 2


def test_a_modern_suite_that_keeps_its_loops_has_one_map() -> None:
    ini = AUTO + "asyncio_default_fixture_loop_scope = function\n"
    tests = "import asyncio\nasync def test_a():\n    asyncio.get_event_loop()\n"
    page = page_of([suite("new", **{"pytest.ini": ini, "conftest.py": "", "test_shop.py": tests})])
    assert page.count('<div class="map">') == 1
    assert "Before and after" in page


def test_a_page_of_hundreds_of_suites_stays_small() -> None:
    large = suite("shop")
    one, many = len(page_of([large])), len(page_of([large] * 300))
    assert many / 300 < 20_000
    assert one < 180_000  # the guides are in it
