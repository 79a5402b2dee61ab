"""LS101: an override that sets a policy on Windows alone, and makes a plain loop elsewhere."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, after, messages, migrate_files

SET = "asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())"


def conftest(condition: str, scope: str = "", more: str = "", first: str = "") -> str:
    return (
        "import asyncio\nimport os\nimport platform\nimport sys\n\nimport pytest\n\n\n"
        f"@pytest.fixture{scope}\ndef event_loop():\n{first}"
        f"    # The proactor loop crashes.\n    if {condition}:\n        {SET}\n"
        f"    loop = asyncio.new_event_loop()\n    yield loop\n{more}    loop.close()\n\n\n"
        "@pytest.fixture\nasync def thing():\n    return 1\n"
    )


TESTS = "def test_sync(thing):\n    pass\n\n\nasync def test_async(thing):\n    pass\n"
WINDOWS = [
    'sys.platform == "win32"',
    'sys.platform.startswith("win")',
    'sys.platform in ("win32", "cygwin")',
    'os.name == "nt"',
    'platform.system() == "Windows"',
    'sys.version_info >= (3, 8) and sys.platform == "win32"',
    'os.name == "nt" or sys.platform == "cygwin"',
]


@pytest.mark.parametrize("condition", WINDOWS)
def test_with_a_sync_test_the_policy_moves_to_the_top_level(condition: str) -> None:
    files = {"pytest.ini": AUTO, "conftest.py": conftest(condition), "test_a.py": TESTS}
    result = after(files)
    assert (
        f"import pytest\n\n\n# The proactor loop crashes.\nif {condition}:\n    {SET}\n\n\n"
        "@pytest.fixture\nasync def thing():" in result["conftest.py"]
    )
    assert result["test_a.py"] == TESTS


def test_a_bridge_stands_below_it() -> None:
    asking = "def test_asks(event_loop):\n    event_loop.call_soon(print)\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": conftest(WINDOWS[0], '(scope="session")'),
        "test_a.py": TESTS + asking,
    }
    assert (
        f"    {SET}\n\n\n@pytest_asyncio.fixture\nasync def event_loop():\n"
        "    return asyncio.get_running_loop()\n" in after(files)["conftest.py"]
    )


def test_without_a_sync_test_a_factory_makes_the_loops() -> None:
    tests = TESTS[TESTS.index("async") :]
    files = {"pytest.ini": AUTO, "conftest.py": conftest(WINDOWS[0]), "test_a.py": tests}
    assert "pytest_asyncio_loop_factories" in after(files)["conftest.py"]


@pytest.mark.parametrize(
    "condition",
    [
        'sys.platform != "win32"',
        'not sys.platform == "win32"',
        'sys.platform == "linux"',
        'sys.platform == "win32" or os.environ.get("SELECTOR")',
    ],
)
def test_policy_that_counts_elsewhere_does_not_move(condition: str) -> None:
    files = {"pytest.ini": AUTO, "conftest.py": conftest(condition), "test_a.py": TESTS}
    assert "if sys" not in after(files)["conftest.py"].partition("async def thing")[2]
    assert f"\nif {condition}" not in after(files)["conftest.py"]


def test_a_local_import_stays_a_persons() -> None:
    asking = "@decorate\ndef test_other(thing):\n    pass\n"
    text = conftest(WINDOWS[0], first="    import sys\n")
    files = {"pytest.ini": AUTO, "conftest.py": text, "test_a.py": asking + TESTS}
    assert "LS101 action" in " ".join(messages(migrate_files(files)))


@pytest.mark.parametrize("condition", [WINDOWS[0], WINDOWS[4]])
@pytest.mark.parametrize(
    "work", ["loop.slow_callback_duration = 0.25", "database.open()", "loop.set_debug(flag)"]
)
def test_other_work_is_kept_below_it(condition: str, work: str) -> None:
    """It was lost without a word where anything kept a loop factory from being written."""
    text = conftest(condition, '(scope="session")').replace("    yield", f"    {work}\n    yield")
    files = {"pytest.ini": AUTO, "conftest.py": text, "test_a.py": TESTS}
    result = after(files)["conftest.py"]
    top, _, fixture = result.partition("async def event_loop():")
    assert f"\nif {condition}:\n    {SET}\n" in top
    assert f"    {work}\n" in fixture.partition("def thing")[0]


def test_work_after_the_yield_is_kept_below_it() -> None:
    text = conftest(WINDOWS[0], more="    database.close()\n")
    files = {"pytest.ini": AUTO, "conftest.py": text, "test_a.py": TESTS}
    result = after(files)["conftest.py"]
    assert f"\nif {WINDOWS[0]}:\n    {SET}\n" in result
    assert "    database.close()\n" in result.partition("    yield ")[2].partition("def thing")[0]


def test_debug_mode_becomes_the_option() -> None:
    text = conftest(WINDOWS[0], '(scope="session")')
    text = text.replace("    yield", "    loop.set_debug(True)\n    yield")
    files = {"pytest.ini": AUTO, "conftest.py": text, "test_a.py": TESTS[TESTS.index("async") :]}
    result = after(files)
    assert f"\nif {WINDOWS[0]}:\n    {SET}\n" in result["conftest.py"]
    assert "asyncio_debug = true" in result["pytest.ini"]
