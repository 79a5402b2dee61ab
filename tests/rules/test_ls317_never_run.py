"""LS317: async tests that nothing runs."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, STRICT, messages, migrate_files

OVERRIDE = """\
    import asyncio, pytest

    @pytest.fixture(scope="session")
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """
TESTS = """\
    import pytest

    @pytest.mark.asyncio
    async def test_a(): ...

    {above}
    async def test_b({argument}): ...
    """


def never_run(above: str = "", argument: str = "", mode: str = STRICT) -> list[str]:
    source = TESTS.format(above=above, argument=argument)
    files = {"pytest.ini": mode, "conftest.py": OVERRIDE, "test_a.py": source}
    return [text for text in messages(migrate_files(files)) if "LS317" in text]


def test_unmarked_in_strict_mode() -> None:
    assert never_run() == ["test_a.py:7 LS317 action"]


def test_auto_mode_runs_it() -> None:
    assert never_run(mode=AUTO) == []


@pytest.mark.parametrize("mark", ["anyio", "skip", "trio", "xfail"])
def test_another_mark_says_what_is_meant(mark: str) -> None:
    assert never_run(f"@pytest.mark.{mark}") == []


def test_a_condition_to_skip_it_may_be_false() -> None:
    assert never_run("@pytest.mark.skipif(sys.version_info >= (3, 12), reason='old')")


@pytest.mark.parametrize("argument", ["anyio_backend", "nursery"])
def test_a_fixture_of_another_plugin_runs_it(argument: str) -> None:
    assert never_run(argument=argument) == []


@pytest.mark.parametrize("asked", ["loop", "aiohttp_client", "io_loop"])
def test_a_fixture_of_its_fixture_runs_it(asked: str) -> None:
    client = f"@pytest.fixture\ndef client({asked}): ...\n"
    files = {"pytest.ini": STRICT, "conftest.py": OVERRIDE}
    source = TESTS.format(above="", argument="client") + client
    found = messages(migrate_files({**files, "test_a.py": source}))
    assert [text for text in found if "LS317" in text] == []


def test_an_unknown_decorator_may_run_it() -> None:
    assert never_run("@runs_async") == []
