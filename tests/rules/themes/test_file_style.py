"""New functions are typed and quoted as the file around them is."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, after

TYPED = "def other(value: str) -> str:\n    return value\n\n\n"
HEAD = "import asyncio\n\nimport pytest\n\n\n"
NEEDS_BRIDGE = "def test_one(event_loop{}){}:\n    print(event_loop, event_loop)\n"
STRICT = "[tool.pytest.ini_options]\nasyncio_mode = 'auto'\n[tool.mypy]\nstrict = true\n"
OVERRIDE = (
    "@pytest.fixture\ndef event_loop(){}:\n    loop = asyncio.new_event_loop()\n"
    "    {}\n    yield loop\n    {}\n    loop.close()\n    {}\n\n\n"
)


def bridge_of(test: str, config: str = AUTO) -> str:
    name = "pyproject.toml" if config == STRICT else "pytest.ini"
    return after({name: config, "test_a.py": HEAD + test})["test_a.py"]


def test_bridge_beside_typed_functions() -> None:
    test = TYPED + NEEDS_BRIDGE.format(": asyncio.AbstractEventLoop", " -> None")
    result = bridge_of(test)
    assert "async def event_loop() -> asyncio.AbstractEventLoop:\n" in result


def test_bridge_beside_functions_without_types() -> None:
    untyped = NEEDS_BRIDGE.format("", "") + "\n\ndef other(value): ...\n"
    assert "async def event_loop():\n" in bridge_of(untyped + "\n\n" + TYPED)
    assert "async def event_loop():\n" in bridge_of(untyped, STRICT)


@pytest.mark.parametrize(
    ("config", "returns"), [(STRICT, " -> asyncio.AbstractEventLoop"), (AUTO, "")]
)
def test_bridge_in_a_new_file(config: str, returns: str) -> None:
    files = {f"test_{name}.py": NEEDS_BRIDGE.format("", "") for name in "abc"}
    files["pyproject.toml" if config == STRICT else "pytest.ini"] = config
    assert f"async def event_loop(){returns}:\n" in after(files)["conftest.py"]


def test_working_bridge() -> None:
    override = OVERRIDE.format(
        " -> Iterator[asyncio.AbstractEventLoop]", "start()", "stop()", "end()"
    )
    imports = "from collections.abc import Iterator\n"
    test = f"{imports}{HEAD}{override}async def test_one() -> None: ...\n"
    result = after({"pytest.ini": AUTO, "test_a.py": test})["test_a.py"]
    assert "def _after_event_loop() -> Iterator[None]:\n    yield\n    end()\n" in result
    bridge = "async def event_loop(_after_event_loop: None) -> AsyncIterator[asyncio.Abs"
    assert bridge in result
    assert "def _event_loop_first(request: pytest.FixtureRequest) -> None:\n" in result
    assert "from collections.abc import AsyncIterator, Iterator\n" in result


def test_fixture_for_a_current_loop() -> None:
    test = "def test_one():\n    asyncio.get_event_loop()\n\n\nasync def test_two(): ...\n"
    conftest = "from typing import Iterator\n\n\ndef other() -> Iterator[str]:\n    yield 'a'\n"
    files = {"pytest.ini": AUTO, "conftest.py": conftest, "test_a.py": HEAD + test}
    result = after(files)["conftest.py"]
    assert "def _has_event_loop() -> bool:\n" in result
    assert "(request: pytest.FixtureRequest) -> Iterator[None]:\n" in result
    assert "warnings.simplefilter('ignore', DeprecationWarning)" in result
    assert "collections.abc" not in result


def test_loop_factory() -> None:
    override = (
        "import uvloop\n\n\n@pytest.fixture\ndef event_loop() -> Iterator[uvloop.Loop]:\n"
        "    loop = uvloop.new_event_loop()\n    loop.set_debug(False)\n    yield loop\n"
        "    loop.close()\n"
    )
    conftest = f"from typing import Iterator\n{HEAD}{override}"
    test = "async def test_one() -> None: ...\n"
    result = after({"pytest.ini": AUTO, "conftest.py": conftest, "test_a.py": test})["conftest.py"]
    types = "dict[str, Callable[[], asyncio.AbstractEventLoop]]"
    assert f"def pytest_asyncio_loop_factories() -> {types}:\n" in result


def test_quotes_of_the_file() -> None:
    test = "NAME = 'a'\n\n\n" + NEEDS_BRIDGE.format("", "")
    override = OVERRIDE.replace("fixture\n", "fixture(scope='session')\n")
    override = override.format("", "start()", "stop()", "end()")
    other = "class TestIt:\n    async def test_two(self): ...\n"
    files = {"pytest.ini": AUTO, "test_a.py": HEAD + override + test + other}
    result = after(files)["test_a.py"]
    assert '"' not in result
    assert "request.getfixturevalue('event_loop')" in result
