"""LS104: the loop scopes of async fixtures."""

from __future__ import annotations

import pytest

from tests.rules.changed import SESSION
from tests.suites_in_memory import AUTO, after


def test_callable_scope_gets_the_widest_loop_scope() -> None:
    fixture = """\
        import pytest


        @pytest.fixture(scope=determine)
        async def db():
            return 1


        async def test_one(db):
            pass
        """
    files = {"pytest.ini": AUTO, "conftest.py": SESSION, "test_x.py": fixture}
    assert '(scope=determine, loop_scope="session")' in after(files)["test_x.py"]


@pytest.mark.parametrize("default", ["session", "function"])
@pytest.mark.parametrize("decorator", ["pytest.fixture", "pytest_asyncio.fixture"])
def test_a_default_that_was_there_already_is_not_repeated(default: str, decorator: str) -> None:
    fixture = (
        f"import pytest, pytest_asyncio\n\n@{decorator}(scope='session')\nasync def db(): ...\n\n"
        "async def test_one(db): ...\n"
    )
    config = AUTO + f"asyncio_default_fixture_loop_scope = {default}\n"
    files = {"pytest.ini": config, "conftest.py": SESSION, "test_x.py": fixture}
    assert ("loop_scope" in after(files, runs_on="0.21")["test_x.py"]) is (default == "function")
