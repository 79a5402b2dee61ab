"""LS104: the loop scopes of async fixtures."""

from __future__ import annotations

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
