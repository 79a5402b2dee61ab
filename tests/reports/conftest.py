from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser import NoBrowser, chromium
from tests.programs import LONG
from tests.reports.browsing import Open
from tests.reports.pages import page_file, suite

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a real Chromium. Without one the tests fail: a page must be seen by a browser."""
    try:
        with chromium() as running:
            yield running
    except NoBrowser as error:
        pytest.fail(str(error))


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open an address; what the page does that it should not is an error at the end."""
    wrong: list[str] = []
    contexts = []

    def open_(address: str, **options: Any) -> Page:
        context = browser.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(1000 * LONG)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: wrong.append(f"request: {request.url}"))
        page.goto(address)
        own = {f"request: {address.partition('#')[0]}", f"request: {address}", "request: data:,"}
        wrong[:] = [entry for entry in wrong if entry not in own]
        return page

    yield open_
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two suites that are the same but for their paths and one rule (LS107)."""
    tests = "async def test_one(connection):\n    pass\n"
    migrations = [suite("shops/books"), suite("shops/tea", **{"test_shop.py": tests})]
    return page_file(tmp_path_factory.mktemp("shops"), migrations)
