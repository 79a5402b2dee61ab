"""Words that the tests in a browser share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

Open = Callable[..., "Page"]


def shown(page: Page, selector: str) -> int:
    count = page.evaluate(
        "selector => [...document.querySelectorAll(selector)]"
        ".filter(item => item.checkVisibility()).length",
        selector,
    )
    assert isinstance(count, int)
    return count
