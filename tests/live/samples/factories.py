"""Overrides that make loops of another kind."""

from __future__ import annotations

from .sample import AUTO, Sample, sample

_KINDS = """
import asyncio


class First(asyncio.SelectorEventLoop):
    pass


class Second(asyncio.SelectorEventLoop):
    pass
"""

_PARAMS = """
import asyncio

import pytest

import kinds


@pytest.fixture({decorator})
def event_loop(request):
    loop = {loop}
    yield loop
    loop.close()


@pytest.fixture
async def born():
    return asyncio.get_running_loop()
"""

_TESTS = """
import asyncio

import kinds


async def test_kind(born):
    assert type(born) in (kinds.First, kinds.Second)
    assert born is asyncio.get_running_loop()


async def test_kind_again(born):
    assert born is asyncio.get_running_loop()
"""


def _params(decorator: str, loop: str = "request.param()") -> Sample:
    conftest = _PARAMS.format(decorator=decorator, loop=loop)
    return sample(
        {"pytest.ini": AUTO, "kinds.py": _KINDS, "conftest.py": conftest, "test_kinds.py": _TESTS}
    )


SAMPLES: dict[str, Sample] = {
    "params_with_ids": _params('params=[kinds.First, kinds.Second], ids=["one", "two"]'),
    "params_of_a_session": _params('scope="session", params=[kinds.First, kinds.Second]'),
    "params_that_are_strings": _params(
        'params=["First", pytest.param("Second", id="2nd")]',
        'kinds.First() if request.param == "First" else kinds.Second()',
    ),
    "kind_of_a_module": sample(
        {
            "pytest.ini": AUTO,
            "kinds.py": _KINDS,
            "sub/test_kinds.py": """
                import asyncio

                import pytest
                from kinds import First


                @pytest.fixture
                def event_loop():
                    loop = First()
                    loop.slow_callback_duration = 7
                    yield loop
                    loop.close()


                async def test_kind():
                    loop = asyncio.get_running_loop()
                    assert type(loop) is First
                    assert loop.slow_callback_duration == 7
                """,
            "sub/test_default.py": """
                import asyncio

                from kinds import First


                async def test_kind():
                    assert type(asyncio.get_running_loop()) is not First
                """,
        }
    ),
    "kind_of_a_class": sample(
        {
            "pytest.ini": AUTO,
            "kinds.py": _KINDS,
            "conftest.py": "",
            "test_kinds.py": """
                import asyncio

                import kinds
                import pytest


                class TestFirst:
                    @pytest.fixture
                    def event_loop(self):
                        loop = kinds.First()
                        yield loop
                        loop.close()

                    async def test_kind(self):
                        assert type(asyncio.get_running_loop()) is kinds.First


                async def test_default():
                    assert type(asyncio.get_running_loop()) is not kinds.First
                """,
        }
    ),
    "sync_test_that_drives_a_loop_of_that_kind": sample(
        {
            "pytest.ini": AUTO,
            "kinds.py": """
                import asyncio


                class Policy(asyncio.DefaultEventLoopPolicy):
                    def new_event_loop(self):
                        loop = super().new_event_loop()
                        loop.special = True
                        return loop
                """,
            "tests/conftest.py": """
                import asyncio

                import pytest
                from kinds import Policy


                @pytest.fixture(scope="session")
                def event_loop():
                    asyncio.set_event_loop_policy(Policy())
                    loop = asyncio.get_event_loop_policy().new_event_loop()
                    yield loop
                    loop.close()


                @pytest.fixture(scope="session")
                async def pool():
                    return asyncio.get_running_loop()
                """,
            "tests/test_special.py": """
                import asyncio


                def test_sync(event_loop, pool):
                    assert event_loop.special and pool is event_loop
                    event_loop.run_until_complete(asyncio.sleep(0))
                    assert asyncio.get_event_loop() is pool


                async def test_async(pool):
                    assert asyncio.get_running_loop() is pool
                """,
            "tests/test_module.py": """
                import asyncio

                import pytest


                @pytest.fixture(scope="module")
                def event_loop():
                    loop = asyncio.new_event_loop()
                    yield loop
                    loop.close()


                async def test_own_loop():
                    assert asyncio.get_running_loop()
                """,
        },
        keeps_policy=True,
    ),
    "sync_test_with_an_async_fixture_of_that_kind": sample(
        {
            "pytest.ini": AUTO,
            "kinds.py": _KINDS,
            "conftest.py": """
                import asyncio

                import pytest
                from kinds import First


                @pytest.fixture
                def event_loop():
                    loop = First()
                    yield loop
                    loop.close()


                @pytest.fixture
                async def kind():
                    return type(asyncio.get_running_loop())
                """,
            "test_kinds.py": """
                from kinds import First


                def test_kind(kind):
                    assert kind is First
                """,
        }
    ),
}
