"""Overrides that are left to a person, and what the rest of the suite does beside them."""

from __future__ import annotations

from textwrap import dedent

from tests.suites_in_memory import AUTO, after, messages, migrate_files

LEFT = """\
    import sys
    import asyncio

    import pytest

    if sys.version_info >= (3, 8):

        @pytest.fixture(scope="{scope}")
        def event_loop():
            loop = asyncio.new_event_loop()
            yield loop
            loop.close()
    """
OWN = """\
    import asyncio

    import pytest


    @pytest.fixture
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()


    """
TEST = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one():\n    pass\n"


def module(text: str) -> str:
    return dedent(OWN) + dedent(text)


def settled(files: dict[str, str]) -> dict[str, str]:
    """Return the files after one migration, which another one leaves as they are."""
    done = after(files)
    assert not migrate_files(done).changes
    assert "LS390" not in "".join(messages(migrate_files(files)))
    return done


def test_tests_of_a_deleted_override_name_the_default_below_one_that_stays() -> None:
    files = {
        "conftest.py": LEFT.format(scope="session"),
        "test_a.py": module("@pytest.mark.asyncio\nasync def test_one():\n    pass\n"),
    }
    assert '@pytest.mark.asyncio(loop_scope="function")' in settled(files)["test_a.py"]


def test_unmarked_tests_of_a_deleted_override_name_the_default_too() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": LEFT.format(scope="session"),
        "test_a.py": module("async def test_one():\n    pass\n"),
    }
    assert 'pytestmark = pytest.mark.asyncio(loop_scope="function")' in settled(files)["test_a.py"]


def test_fixtures_of_sync_tests_name_the_default_below_one_that_stays() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": LEFT.format(scope="module"),
        "test_a.py": module(
            """\
            @pytest.fixture
            async def db():
                return 1


            def test_sync(db):
                assert db
            """
        ),
    }
    assert '@pytest_asyncio.fixture(loop_scope="function")' in settled(files)["test_a.py"]


def test_a_bridge_behind_an_override_that_stays_serves_nobody() -> None:
    asks = """\
        @pytest.mark.asyncio
        async def test_async():
            pass


        def test_sync(event_loop):
            assert not event_loop.is_running()
        """
    files = {
        "conftest.py": """\
            import pytest


            @pytest.fixture
            def run(event_loop):
                return lambda work: event_loop.run_until_complete(work)
            """,
        "test_x.py": "def test_x(run):\n    pass\n",
        "sub/conftest.py": LEFT.format(scope="module"),
        "sub/test_a.py": module(asks),
    }
    assert "async def event_loop():" in settled(files)["sub/test_a.py"]


def test_an_override_that_builds_on_a_bridge_joins_its_loop() -> None:
    files = {
        "conftest.py": """\
            import asyncio

            import pytest


            @pytest.fixture(scope="module")
            def event_loop():
                loop = asyncio.new_event_loop()
                yield loop
                loop.close()


            @pytest.fixture(scope="module")
            def driver(event_loop):
                return lambda work: event_loop.run_until_complete(work)
            """,
        "test_a.py": """\
            import pytest


            @pytest.fixture
            def event_loop(event_loop):
                prepare(event_loop)
                return event_loop


            @pytest.mark.asyncio
            async def test_one(event_loop):
                pass
            """,
        "test_b.py": "def test_b(driver):\n    pass\n",
    }
    settled(files)


def test_an_ordinary_override_that_builds_on_a_bridge_stays_ordinary() -> None:
    files = {
        "conftest.py": module(
            """\
            @pytest.fixture
            def client(event_loop):
                return lambda work: event_loop.run_until_complete(work)
            """
        ),
        "sub/conftest.py": """\
            import asyncio

            import pytest


            @pytest.fixture
            def event_loop(event_loop):
                loop = asyncio.new_event_loop()
                yield loop
                loop.close()
            """,
        "sub/test_b.py": "def test_b(event_loop):\n    event_loop.call_soon(print)\n",
    }
    assert "asyncio.new_event_loop()" in settled(files)["sub/conftest.py"]


def test_an_override_seen_by_async_tests_once_a_nearer_one_is_gone_is_not_ordinary() -> None:
    files = {
        "pytest.ini": AUTO,
        "test_a.py": module(
            """\
            def test_sync(event_loop):
                event_loop.call_soon(print)


            class TestA:
                @pytest.fixture
                def event_loop(self):
                    loop = asyncio.new_event_loop()
                    yield loop
                    loop.close()

                async def test_one(self):
                    pass
            """
        ),
    }
    assert "new_event_loop" not in settled(files)["test_a.py"]


def test_the_nearest_bridge_counts_for_a_class() -> None:
    """The module's one, of another level, hides that of the conftest."""
    stores = "async def test_store(store, run):\n    pass\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": module(
            """\
            @pytest.fixture
            def run(event_loop):
                return lambda work: event_loop.run_until_complete(work)


            @pytest.fixture(scope="module")
            async def store():
                return 1
            """
        ).replace(
            "@pytest.fixture\ndef event_loop", '@pytest.fixture(scope="module")\ndef event_loop'
        ),
        "test_a.py": """\
            import asyncio

            import pytest


            @pytest.mark.asyncio(scope="function")
            async def test_function(run):
                pass


            class TestA:
                @pytest.fixture(scope="module")
                def event_loop(self):
                    loop = asyncio.new_event_loop()
                    yield loop
                    loop.close()

                async def test_one(self, store, run):
                    pass
            """,
        "test_b.py": stores,
        "test_c.py": stores,
    }
    settled(files)


def test_a_sync_test_that_becomes_async_takes_the_running_loop_at_once() -> None:
    files = {
        "test_a.py": """\
            import asyncio

            import pytest


            def test_one(request, event_loop):
                event_loop.run_until_complete(asyncio.sleep(0))
                assert request.getfixturevalue("event_loop")
            """,
    }
    text = settled(files)["test_a.py"]
    assert "assert asyncio.get_running_loop()\n" in text
    assert "async def test_one(request):" in text


def test_a_method_of_the_loop_that_is_handed_on_is_not_called() -> None:
    files = {
        "pytest.ini": AUTO,
        "test_a.py": """\
            import asyncio

            import pytest


            @pytest.fixture
            def run():
                return asyncio.get_event_loop().run_until_complete


            async def test_one(run):
                assert callable(run)
            """,
    }
    assert "async def run" not in settled(files)["test_a.py"]


def test_a_sync_fixture_of_the_plugin_gives_its_sync_tests_a_loop() -> None:
    """Its loop is the current one: they need no ambient one."""
    files = {
        "conftest.py": """\
            import asyncio

            import pytest_asyncio


            @pytest_asyncio.fixture
            def bus():
                return asyncio.get_event_loop()
            """,
        "test_a.py": """\
            import asyncio


            def test_one(bus):
                assert asyncio.get_event_loop() is bus
            """,
    }
    assert "_ambient_event_loop" not in settled(files)["conftest.py"]


def test_an_ordinary_override_beside_the_ambient_loop_stays_ordinary() -> None:
    files = {
        "pytest.ini": AUTO,
        "test_a.py": module(
            """\
            @pytest.mark.usefixtures("event_loop")
            def test_sync():
                assert not asyncio.get_event_loop().is_running()


            def test_other():
                pass
            """
        ),
    }
    assert "asyncio.new_event_loop()" in settled(files)["test_a.py"]


def test_a_shadowed_override_goes_with_the_one_that_hides_it() -> None:
    files = {
        "test_a.py": module(
            """\
            @pytest.fixture
            def event_loop():
                yield asyncio.new_event_loop()


            @pytest.mark.asyncio
            async def test_one():
                pass
            """
        ),
    }
    assert "event_loop" not in settled(files)["test_a.py"]


def test_a_fixture_that_no_test_uses_gets_its_bridge_for_getfixturevalue_too() -> None:
    files = {
        "pytest.ini": AUTO,
        "test_a.py": module(
            """\
            @pytest.fixture
            def unused(request):
                return request.getfixturevalue("event_loop")


            async def test_one():
                pass
            """
        ),
    }
    assert "async def event_loop():" in settled(files)["test_a.py"]


def test_a_bridge_above_the_import_that_it_needs_gets_one_of_its_own() -> None:
    files = {
        "conftest.py": module(
            """\
            @pytest.fixture
            def run(event_loop):
                return lambda work: event_loop.run_until_complete(work)


            import pytest_asyncio


            @pytest_asyncio.fixture
            async def db():
                return 1
            """
        ),
        "test_a.py": TEST.replace("()", "(db, run)"),
    }
    text = settled(files)["conftest.py"]
    assert text.index("import pytest_asyncio\n") < text.index("@pytest_asyncio.fixture")


def test_a_fixture_that_no_test_uses_hides_no_bridge_with_its_own() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": module(
            """\
            @pytest.fixture(scope="session")
            async def store():
                return 1
            """
        ).replace("@pytest.fixture\n", '@pytest.fixture(scope="module")\n', 1),
        "sub/conftest.py": """\
            import pytest


            @pytest.fixture(scope="module")
            def unused(request):
                return request.getfixturevalue("event_loop")
            """,
        "sub/test_a.py": "def test_a(event_loop, store):\n    event_loop.call_soon(print)\n",
    }
    assert "async def event_loop():" not in settled(files)["sub/conftest.py"]


def test_an_override_that_builds_on_the_plugins_fixture_is_not_hidden_by_a_bridge() -> None:
    files = {
        "test_a.py": """\
            import asyncio

            import pytest


            @pytest.fixture
            def event_loop(event_loop):
                loop = asyncio.new_event_loop()
                loop.set_debug(True)
                yield loop


            def test_a(event_loop):
                event_loop.call_soon(print)
            """,
    }
    assert "async def event_loop" not in settled(files)["test_a.py"]
    assert "LS102" in "".join(messages(migrate_files(files)))


def test_an_override_that_hands_out_nothing_to_async_tests_is_said_to_do_so() -> None:
    text = "import asyncio\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n    yield\n"
    test = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one():\n    pass\n"
    (finding,) = migrate_files({"conftest.py": text, "test_a.py": test}).findings
    assert "cannot be replaced automatically: it hands out no loop. " in finding.message


def test_an_override_that_hands_out_nothing_and_sets_the_loop_itself_is_enough() -> None:
    files = {
        "conftest.py": """\
            import asyncio

            import pytest


            @pytest.fixture(autouse=True)
            def event_loop():
                loop = asyncio.new_event_loop()
                asyncio.set_event_loop(loop)
                yield
                loop.close()
            """,
        "test_a.py": """\
            import asyncio


            def test_one():
                asyncio.get_event_loop().call_soon(print)
            """,
    }
    found = [message for message in messages(migrate_files(files)) if "action" in message]
    assert found == []
