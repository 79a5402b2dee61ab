"""Names and scopes of fixtures that constants of their module give."""

from __future__ import annotations

from tests.suites_in_memory import STRICT, after

OVERRIDE = """\
    import asyncio, pytest

    {constant}

    @pytest.fixture({arguments})
    def {function}():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """
TEST = "import pytest\n@pytest.mark.asyncio\nasync def test_a(): ...\n"


def migrated(constant: str, arguments: str, function: str) -> dict[str, str]:
    conftest = OVERRIDE.format(constant=constant, arguments=arguments, function=function)
    return after({"pytest.ini": STRICT, "conftest.py": conftest, "test_a.py": TEST})


def test_name_of_an_override() -> None:
    result = migrated("NAME = 'event_loop'", "scope='session', name=NAME", "own")
    assert "def own" not in result["conftest.py"]
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]


def test_scope_of_an_override() -> None:
    result = migrated("SCOPE = 'module'", "scope=SCOPE", "event_loop")
    assert "asyncio_default_test_loop_scope = module" in result["pytest.ini"]


def test_one_that_is_assigned_twice_is_no_constant() -> None:
    result = migrated("NAME = 'event_loop'\n    NAME = 'other'", "name=NAME", "own")
    assert "def own" in result["conftest.py"]
