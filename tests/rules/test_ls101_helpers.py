"""LS101: functions of the project that an override calls to make its loop."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after, messages, migrate_files

HEAD = "import asyncio, pytest\nimport kit\nfrom kit import make\n"
OVERRIDE = """
@pytest.fixture(scope="session")
def event_loop():
    {}
    yield loop
    loop.close()
"""
TESTS = (
    "import pytest\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n\n"
    "def test_s(event_loop):\n    assert (lambda: event_loop)()\n"
)
BRIDGE = "async def event_loop():\n    return asyncio.get_running_loop()\n"
PLAIN = {
    "function": "def make():\n    return asyncio.new_event_loop()\n",
    "with a docstring": "def make():\n    '''Make one.'''\n    loop = asyncio.new_event_loop()\n"
    "    asyncio.set_event_loop(loop)\n    return loop\n",
    "current loop, else a new one": "def make():\n    try:\n"
    "        return asyncio.get_event_loop()\n    except RuntimeError as error:\n"
    "        if 'no current event loop' in str(error):\n"
    "            return asyncio.new_event_loop()\n        raise\n",
    "through another": "def inner():\n    return asyncio.new_event_loop()\n"
    "def make():\n    return inner()\n",
    "other name": "make = asyncio.new_event_loop\n",
    "lambda": "make = lambda: asyncio.new_event_loop()\n",
}


@pytest.mark.parametrize("maker", PLAIN.values(), ids=PLAIN.keys())
def test_function_that_only_makes_a_loop(maker: str) -> None:
    override = HEAD.replace("import kit\nfrom kit import make\n", maker)
    files = {"conftest.py": override + OVERRIDE.format("loop = make()"), "test_a.py": TESTS}
    result = after(files)
    assert (
        "async def event_loop():\n    return asyncio.get_running_loop()" in result["conftest.py"]
    )
    assert "default_test_loop_scope = session" in result["pytest.ini"]


IMPORTED = ["function", "with a docstring", "current loop, else a new one", "through another"]


@pytest.mark.parametrize("call", ["kit.make()", "make()"])
@pytest.mark.parametrize("kind", IMPORTED)
def test_function_of_another_module(kind: str, call: str) -> None:
    kit = "import asyncio\n" + PLAIN[kind]
    files = {
        "kit.py": kit,
        "conftest.py": HEAD + OVERRIDE.format(f"loop = {call}"),
        "test_a.py": TESTS,
    }
    result = after(files)
    assert (
        "async def event_loop():\n    return asyncio.get_running_loop()" in result["conftest.py"]
    )
    assert result["kit.py"] == kit


POLICY = {
    "directly": "def enable():\n    asyncio.set_event_loop_policy(Policy())\n",
    "uvloop": "def enable():\n    import uvloop\n    uvloop.install()\n",
    "through another": "def inner():\n    asyncio.set_event_loop_policy(Policy())\n"
    "def enable():\n    inner()\n",
    "through another module": "from deep import inner\ndef enable():\n    inner()\n",
}


@pytest.mark.parametrize("source", POLICY.values(), ids=POLICY.keys())
def test_function_that_decides_of_what_kind_loops_are(source: str) -> None:
    """Async tests get such loops from a factory; of sync ones a person must take care."""
    lines = "kit.enable()\n    loop = asyncio.get_event_loop()"
    files = {
        "deep.py": "import asyncio\ndef inner():\n    asyncio.set_event_loop_policy(Policy())\n",
        "kit.py": "import asyncio\ndef make(): ...\nclass Policy: ...\n" + source,
        "conftest.py": HEAD + OVERRIDE.format(lines),
        "test_a.py": TESTS.partition("def test_s")[0],
    }
    result = after(files)["conftest.py"]
    assert "    kit.enable()\n    return asyncio.new_event_loop()\n" in result
    assert "pytest_asyncio_loop_factories" in result
    files["test_a.py"] = TESTS
    assert "conftest.py:6 LS101 action" in messages(migrate_files(files))


SETTINGS = [
    "loop.slow_callback_duration = 5",
    "loop.set_exception_handler(lambda loop, context: print(context))",
    "loop.set_task_factory(None)",
    "loop.set_default_executor(POOL)",
]


@pytest.mark.parametrize("line", SETTINGS)
def test_settings_are_made_on_the_running_loop(line: str) -> None:
    lines = f"loop = asyncio.new_event_loop()\n    {line}"
    files = {
        "conftest.py": "import asyncio, pytest\n" + OVERRIDE.format(lines),
        "test_a.py": TESTS,
    }
    result = after(files)["conftest.py"]
    assert f"    loop = asyncio.get_running_loop()\n    {line}\n    return loop\n" in result


def test_handler_that_the_override_defines_is_kept() -> None:
    lines = (
        "loop = asyncio.new_event_loop()\n    def handler(loop, context):\n"
        "        raise AssertionError(context)\n    loop.set_exception_handler(handler)"
    )
    files = {
        "conftest.py": "import asyncio, pytest\n" + OVERRIDE.format(lines),
        "test_a.py": TESTS,
    }
    result = after(files)["conftest.py"]
    assert "    def handler(loop, context):\n        raise AssertionError(context)\n" in result
    assert "    loop.set_exception_handler(handler)\n    return loop\n" in result
