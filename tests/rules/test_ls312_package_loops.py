"""LS312: package loops, written and emitted."""

from __future__ import annotations

from tests.rules.reported import ASYNC_TEST, HEAD, MODERN, found
from tests.suites_in_memory import messages, migrate_files


def test_ls312_written() -> None:
    source = """\
    @pytest_asyncio.fixture(loop_scope="package")
    async def fx():
        return 1


    @pytest.mark.asyncio(loop_scope="package")
    async def test_it(fx):
        pass
    """
    assert found(source, "LS312") == ["test_a.py:7 LS312 note", "test_a.py:11 LS312 note"]


def test_ls312_configured() -> None:
    config = MODERN.replace("= function", "= package")
    assert found("", "LS312", pytest__ini=config) == ["pytest.ini:1 LS312 note"]


def test_ls312_emitted_for_a_package_override() -> None:
    override = (
        '@pytest.fixture(scope="package")\ndef event_loop():\n    yield asyncio.new_event_loop()\n'
    )
    files = {
        "a/__init__.py": "",
        "a/conftest.py": HEAD + override,
        "a/test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\n" + ASYNC_TEST,
    }
    assert messages(migrate_files(files)) == ["a/conftest.py:7 LS312 note"]
