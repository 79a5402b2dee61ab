"""LS109: what one sync test keeps of the loop that 0.21 left it, and another one uses."""

from __future__ import annotations

import pytest

from loopscope.types import Level, Target
from tests.suites_in_memory import AUTO, after, migrate_files, suite_of

HEAD = """\
import asyncio

import state

STATE = {}
TASK = None


async def test_async(): ...
"""
TAKER = """

def test_two():
    loop = asyncio.get_event_loop()
    loop.run_until_complete({})
"""


def suite(keeper: str, taker: str) -> dict[str, str]:
    return {
        "pytest.ini": AUTO,
        "requirements.txt": "pytest-asyncio==0.21.2\n",
        "state.py": "held = None\n",
        "test_a.py": f"{HEAD}\n\n{keeper}{taker}",
    }


def actions(files: dict[str, str], **options: Target) -> list[tuple[str, int]]:
    return [
        (finding.path, finding.line)
        for finding in migrate_files(files, **options).findings
        if finding.code == "LS109" and finding.level is Level.ACTION
    ]


def again(files: dict[str, str]) -> dict[str, str]:
    suite = suite_of({**files, **after(files)})
    return {path: data.decode() for path, data in suite.files.items()}


KEPT = [
    ('STATE["f"] = asyncio.get_event_loop().create_future()', 'STATE["f"]'),
    ("STATE.setdefault(1, asyncio.Future())", "STATE[1]"),
    ("STATE[1] = [asyncio.ensure_future(asyncio.sleep(0))]", "STATE[1][0]"),
    ("STATE[1] = {'it': (asyncio.get_event_loop(),)}", "STATE[1]['it'][0].create_future()"),
    ("state.held = asyncio.Future()", "state.held"),
    ("STATE[1] = Holder(asyncio.get_event_loop())", "STATE[1].future()"),
]


@pytest.mark.parametrize(("statement", "use"), KEPT)
def test_variable_of_the_module(statement: str, use: str) -> None:
    files = suite(f"def test_one():\n    {statement}\n", TAKER.format(use))
    assert actions(files) == [("test_a.py", 13)]
    assert actions(again(files)) == [("test_a.py", 13)]


@pytest.mark.parametrize(
    "keeper",
    [
        "def test_one():\n    global TASK\n    TASK = asyncio.Future()\n",
        "def test_one():\n    global TASK\n    loop = asyncio.get_event_loop()\n"
        "    TASK = loop.create_task(asyncio.sleep(0))\n",
        "def test_one():\n    start()\n\n\ndef start():\n    global TASK\n"
        "    future = asyncio.Future()\n    TASK = future\n",
    ],
)
def test_global_variable(keeper: str) -> None:
    assert actions(suite(keeper, TAKER.format("TASK")))


@pytest.mark.parametrize("target", ["type(self).task", "self.__class__.task", "TestTask.task"])
@pytest.mark.parametrize("use", ["self.task", "TestTask.task"])
def test_variable_of_the_class(target: str, use: str) -> None:
    keeper = f"class TestTask:\n    def test_one(self):\n        {target} = asyncio.Future()\n"
    taker = (
        "\n    def test_two(self):\n        loop = asyncio.get_event_loop()\n"
        f"        loop.run_until_complete({use})\n"
    )
    assert actions(suite(keeper, taker)) == [("test_a.py", 14)]


@pytest.mark.parametrize(
    ("keeper", "use"),
    [
        ('loop = asyncio.get_event_loop()\n    STATE["n"] = loop.time()', "STATE"),
        ("STATE[1] = asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))", "STATE"),
        ("found = {}\n    found[1] = asyncio.Future()", "STATE"),
        ("STATE[1] = asyncio.Future()", "asyncio.sleep(0)"),
        ("state.held = asyncio.Future()", "state.other()"),
    ],
)
def test_nothing_of_the_loop_is_brought_along(keeper: str, use: str) -> None:
    assert not actions(suite(f"def test_one():\n    {keeper}\n", TAKER.format(use)))


def test_who_sets_it_brings_nothing_from_elsewhere() -> None:
    statement = 'STATE["loop"] = asyncio.get_event_loop()\n'
    taker = f'\n\ndef test_two():\n    {statement}    STATE["loop"].call_soon(print)\n'
    assert not actions(suite(f"def test_one():\n    {statement}", taker))


def test_tests_that_share_a_loop_may_do_it() -> None:
    override = (
        "import asyncio, pytest\n\n@pytest.fixture(scope='session')\ndef event_loop():\n"
        "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
    )
    files = suite(f"def test_one():\n    {KEPT[0][0]}\n", TAKER.format(KEPT[0][1]))
    assert actions(files)
    assert not actions({**files, "conftest.py": override})
    assert not actions(files, target=Target(1, 3))
