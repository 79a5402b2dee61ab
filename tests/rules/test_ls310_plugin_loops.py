"""LS310: plugins whose fixtures run on a loop of their own choice."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, after, messages, migrate_files

FUNCTION = AUTO + "asyncio_default_fixture_loop_scope = function\n"
SESSION = (
    AUTO + "asyncio_default_test_loop_scope = session\n"
    "asyncio_default_fixture_loop_scope = session\n"
)
REQUIRED = "pytest-asyncio>=1.1\npytest_playwright.asyncio>=0.7\n"
TEST = "async def test_title(page): ...\n"


def found(tests: str, config: str = FUNCTION, required: str = REQUIRED, **more: str) -> list[str]:
    files = {"pytest.ini": config, "requirements.txt": required, "test_a.py": tests, **more}
    return messages(migrate_files(files))


def test_tests_on_another_loop_than_the_plugin_are_an_action_at_the_option() -> None:
    assert found(TEST) == ["pytest.ini:3 LS310 action"]


@pytest.mark.parametrize(
    ("tests", "config", "required"),
    [
        (TEST, SESSION, REQUIRED),
        (TEST, FUNCTION, "pytest-asyncio>=1.1\npytest-playwright\n"),
        ("def test_title(page): ...\n", FUNCTION, REQUIRED),
        (f"import pytest\n@pytest.fixture\ndef page(): ...\n\n{TEST}", FUNCTION, REQUIRED),
        (
            f"import pytest\npytestmark = pytest.mark.asyncio(loop_scope='session')\n{TEST}",
            AUTO,
            REQUIRED,
        ),
    ],
)
def test_what_shares_the_loop_of_the_plugin_or_does_not_use_it(
    tests: str, config: str, required: str
) -> None:
    assert not found(tests, config, required)


def test_fixtures_between_count() -> None:
    fixture = "import pytest\n@pytest.fixture\nasync def home(page): ...\n"
    marked = "import pytest\n@pytest.mark.asyncio(loop_scope='session')\n"
    tests = f"{marked}async def test_home(home): ...\n"
    assert "pytest.ini:3 LS310 action" in found(tests, **{"conftest.py": fixture})


MARKED = "import pytest\npytestmark = pytest.mark.asyncio(loop_scope='session')\n"


def test_wide_fixtures_of_the_plugin_beside_a_narrower_default_are_refused() -> None:
    """Run on 1.5: browser and playwright are session fixtures that name no loop scope."""
    [finding] = migrate_files(
        {"pytest.ini": FUNCTION, "requirements.txt": REQUIRED, "test_a.py": MARKED + TEST}
    ).findings
    assert (finding.code, finding.line) == ("LS310", 3)
    assert "ScopeMismatch" in finding.message


@pytest.mark.parametrize("required", [REQUIRED, REQUIRED.replace(">=1.1", "==1.3.0")])
def test_unset_default_becomes_what_the_plugin_needs(required: str) -> None:
    """\"function\" would be a ScopeMismatch, where unset means the scope of each fixture."""
    files = {"pytest.ini": AUTO, "requirements.txt": required, "test_a.py": MARKED + TEST}
    changed = after(files)
    assert changed["pytest.ini"] == f"{AUTO}asyncio_default_fixture_loop_scope = session\n"
    assert changed["requirements.txt"] == required
    assert not messages(migrate_files(changed))


AIOHTTP = "pytest-asyncio>=1.1\npytest-aiohttp>=1.1\n"
CLIENT = "async def test_get(aiohttp_client):\n    await aiohttp_client(object())\n"
TEST_SESSION = f"{FUNCTION}asyncio_default_test_loop_scope = session\n"


@pytest.mark.parametrize(
    ("tests", "config", "line"),
    [
        (CLIENT, TEST_SESSION, 3),
        (MARKED + CLIENT, FUNCTION, 3),
        (MARKED + CLIENT, AUTO, 1),
        (
            f"import pytest_asyncio\n@pytest_asyncio.fixture(loop_scope='session')\n"
            f"async def own(aiohttp_server): ...\n\n{MARKED}async def test_it(own): ...\n",
            FUNCTION,
            3,
        ),
        (CLIENT, f"{AUTO}asyncio_default_fixture_loop_scope = session\n", 3),
    ],
)
def test_fixtures_of_a_plugin_that_have_the_default_loop_scope(
    tests: str, config: str, line: int
) -> None:
    assert f"pytest.ini:{line} LS310 action" in found(tests, config, AIOHTTP)


@pytest.mark.parametrize(
    ("tests", "config"),
    [
        (CLIENT, FUNCTION),
        (CLIENT, SESSION),
        (CLIENT, AUTO),
        (f"import pytest\n@pytest.fixture\ndef aiohttp_client(): ...\n\n{CLIENT}", TEST_SESSION),
    ],
)
def test_tests_that_share_the_default_with_the_plugin(tests: str, config: str) -> None:
    assert not found(tests, config, AIOHTTP)


def test_old_suite_whose_tests_leave_the_default_that_the_plugin_has() -> None:
    override = (
        "import asyncio, pytest\n\n@pytest.fixture(scope='module')\ndef event_loop():\n"
        "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n"
    )
    others = "".join(f"async def test_{number}(): ...\n" for number in range(5))
    more = {"test_b.py": override + CLIENT}
    required = "pytest-asyncio==0.21.2\npytest-aiohttp==1.1.1\n"
    assert "pytest.ini:1 LS310 action" in found(others, AUTO, required, **more)
    assert not found(CLIENT, AUTO, required)
