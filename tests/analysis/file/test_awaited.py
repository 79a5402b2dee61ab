from __future__ import annotations

import pytest

from loopscope.analysis.file.reader import read_file


@pytest.mark.parametrize(
    "line",
    [
        "await one",
        "await (  # of the fixture\n        one)",
        "await \\\n        one",
        "async for _ in one: ...",
        "async for _ in await one: ...",
    ],
)
def test_argument_is_awaited(line: str) -> None:
    (function,) = read_file("a.py", f"async def f(one, two):\n    {line}\n").functions
    assert function.awaits == {"one"}
    assert ("one" in function.only_awaits) == ("await" in line)


@pytest.mark.parametrize("line", ["await one.two()", "await g(one)", "two in one"])
def test_argument_is_not_awaited_as_such(line: str) -> None:
    (function,) = read_file("a.py", f"async def f(one):\n    {line}\n").functions
    assert not function.awaits
