from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import NoBrowser, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium. Without one the tests fail: a page that no browser has seen is not done."""
    try:
        with chromium() as running:
            yield running
    except NoBrowser as error:
        pytest.fail(str(error))
