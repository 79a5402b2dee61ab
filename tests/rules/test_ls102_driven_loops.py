"""LS102: it leaves sync what reaches code of the suite that drives a loop of its own."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after

APP = """\
import asyncio


async def fetch():
    return 1


def fetch_sync():
    return asyncio.run(fetch())


class Client:
    def get(self):
        return fetch_sync()


client = Client()
"""
TEST = "{}\nfrom app import fetch\n\n\ndef test_one(event_loop{}):\n    {} == {}\n"
RUNS = "event_loop.run_until_complete(fetch())"


@pytest.mark.parametrize(
    ("imports", "argument", "call"),
    [
        ("import app", "", "app.fetch_sync()"),
        ("from app import fetch_sync as get", "", "get()"),
        ("from app import *", "", "fetch_sync()"),
        ("import app as mine", "", "call(mine.fetch_sync)"),
        ("import app", "", "app.client.get()"),
        ("from app import Client", "", "Client().get()"),
        ("import helpers", "", "helpers.get()"),
        ("import app", ", get", "get()"),
    ],
)
def test_sync_test_that_reaches_a_driver_stays_sync(
    imports: str, argument: str, call: str
) -> None:
    files = {
        "app.py": APP,
        "helpers.py": "import app\n\n\ndef get():\n    return app.fetch_sync()\n",
        "conftest.py": "import app\nimport pytest\n\n\n"
        "@pytest.fixture\ndef get():\n    return app.fetch_sync\n",
        "test_x.py": TEST.format(imports, argument, f"assert {call}", RUNS),
    }
    text = after(files)["test_x.py"]
    assert f"def test_one(event_loop{argument})" in text
    assert "async def test_one" not in text


def test_sync_fixture_whose_teardown_reaches_a_driver_stays_sync() -> None:
    source = (
        "import pytest\nfrom app import fetch, fetch_sync\n\n\n"
        "@pytest.fixture\ndef value(event_loop):\n"
        f"    yield {RUNS}\n    fetch_sync()\n\n\ndef test_one(value):\n    assert value == 1\n"
    )
    text = after({"app.py": APP, "test_x.py": source})["test_x.py"]
    assert "async def value" not in text


def test_method_around_the_test_counts() -> None:
    source = (
        "from app import Client, fetch\n\n\nclass TestIt:\n"
        "    def setup_method(self):\n        self.client = Client()\n\n"
        f"    def test_one(self, event_loop):\n        assert self.client.get() == {RUNS}\n"
    )
    text = after({"app.py": APP, "test_x.py": source})["test_x.py"]
    assert "async def test_one" not in text


def test_what_reaches_no_driver_is_made_async() -> None:
    source = TEST.format("import os", "", "assert 1", RUNS)
    text = after({"app.py": APP, "test_x.py": source})["test_x.py"]
    assert "async def test_one():\n    assert 1 == await fetch()" in text
