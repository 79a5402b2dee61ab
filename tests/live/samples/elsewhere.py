"""Marks and requests that do not stand where one looks for them."""

from __future__ import annotations

from .sample import override, sample

AUTO = "[pytest]\nasyncio_mode = auto\n"

SAMPLES = {
    "marks_of_other_files": sample(
        {
            "pytest.ini": "[pytest]\nasyncio_mode = strict\nmarkers = slow\npythonpath = .\n",
            "conftest.py": override("session"),
            "marks.py": """
                import pytest

                pytestmark = [pytest.mark.asyncio, pytest.mark.slow]
                aio = pytest.mark.asyncio


                def both(f):
                    return pytest.mark.asyncio(pytest.mark.slow(f))
                """,
            "test_module.py": """
                import asyncio

                import pytest

                from marks import pytestmark

                LOOPS = set()


                async def test_one():
                    LOOPS.add(asyncio.get_running_loop())


                async def test_two():
                    assert LOOPS == {asyncio.get_running_loop()}
                """,
            "test_own.py": """
                import asyncio

                import pytest

                import marks
                from marks import both

                LOOPS = set()
                m = pytest.mark


                def params():
                    return [pytest.param(1, marks=pytest.mark.asyncio)]


                @marks.aio
                async def test_one():
                    LOOPS.add(asyncio.get_running_loop())


                @both
                async def test_two():
                    assert LOOPS == {asyncio.get_running_loop()}


                @m.asyncio
                async def test_three():
                    assert LOOPS == {asyncio.get_running_loop()}


                @getattr(pytest.mark, "asyncio")
                async def test_four():
                    assert LOOPS == {asyncio.get_running_loop()}


                @pytest.mark.parametrize("x", params())
                async def test_five(x):
                    assert LOOPS == {asyncio.get_running_loop()}


                def test_sync():
                    pass
                """,
        }
    ),
    "helper_mark_of_one_module": sample(
        {
            "pytest.ini": "[pytest]\nasyncio_mode = strict\n",
            "test_module.py": f"""
                {override("module").replace(chr(10), chr(10) + " " * 16)}

                def both(f):
                    return pytest.mark.asyncio(f)


                LOOPS = set()


                @both
                async def test_one():
                    LOOPS.add(asyncio.get_running_loop())


                @both
                async def test_two():
                    assert LOOPS == {{asyncio.get_running_loop()}}
                """,
            "test_other.py": """
                import pytest

                pytestmark = pytest.mark.asyncio


                async def test_one():
                    pass


                async def test_two():
                    pass


                async def test_three():
                    pass
                """,
        }
    ),
    "names_of_fixtures": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": """
                import pytest

                LOOP = "event" + "_loop"


                @pytest.fixture
                def loop(request):
                    return request.getfixturevalue(LOOP)


                @pytest.fixture(params=["event_loop"])
                def other(request):
                    return request.getfixturevalue(request.param)
                """,
            "test_loops.py": """
                import asyncio


                async def test_constant(loop):
                    assert loop is asyncio.get_running_loop()


                async def test_param(other):
                    assert other is asyncio.get_running_loop()
                """,
        }
    ),
    "current_loop_through_helpers": sample(
        {
            "pytest.ini": AUTO + "pythonpath = .\n",
            "helpers.py": """
                import asyncio


                def run(coroutine):
                    return asyncio.get_event_loop().run_until_complete(coroutine)


                def make_future():
                    return asyncio.get_event_loop().create_future()


                class Client:
                    def __init__(self):
                        self.future = make_future()
                """,
            "test_futures.py": """
                import asyncio

                import pytest

                import helpers


                @pytest.fixture
                def future():
                    return helpers.make_future()


                @pytest.fixture
                def client():
                    return helpers.Client()


                async def test_future(future):
                    asyncio.get_running_loop().call_soon(future.set_result, 1)
                    assert await future == 1


                async def test_client(client):
                    asyncio.get_running_loop().call_soon(client.future.set_result, 1)
                    assert await client.future == 1


                def test_run():
                    helpers.run(asyncio.sleep(0))
                """,
        }
    ),
}
