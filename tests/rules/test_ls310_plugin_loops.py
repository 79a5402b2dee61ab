"""LS310: plugins whose fixtures run on a loop of their own choice."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, messages, migrate_files

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
            FUNCTION,
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
