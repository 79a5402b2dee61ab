"""Base classes as Python finds them, and fixtures that belong to another plugin."""

from __future__ import annotations

from tests.suites_in_memory import STRICT, after, model_of

SESSION = """\
    import asyncio, pytest

    @pytest.fixture(scope="session")
    def event_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """


def test_a_base_class_comes_through_a_star_import() -> None:
    contract = """\
        import pytest

        class Contract:
            @pytest.mark.asyncio
            async def test_a(self): ...
        """
    files = {
        "pytest.ini": STRICT,
        "conftest.py": SESSION,
        "contract.py": contract,
        "test_a.py": "from contract import *\nclass TestA(Contract): ...\n",
    }
    assert "asyncio_default_test_loop_scope = session" in after(files)["pytest.ini"]


def test_star_imports_in_a_circle_end() -> None:
    files = {"a.py": "from b import *\n", "b.py": "from a import *\nclass TestB(Unknown): ...\n"}
    assert model_of(files).tests == ()


def test_bases_in_the_order_of_python() -> None:
    source = """\
        class Base: ...
        class Left(Base): ...
        class Right(Base): ...
        class TestX(Left, Right):
            def test_a(self): ...
        """
    index = model_of({"test_a.py": source}).index
    [test] = index.tests
    names = [index.cls(key).name for key in index.mro(test.classes[-1])]
    assert names == ["TestX", "Left", "Right", "Base"]


def test_a_fixture_of_anyio_tests_gets_no_loop_scope() -> None:
    anyio = """\
        import asyncio, pytest

        @pytest.fixture(scope="module")
        def anyio_backend(): return "asyncio"

        @pytest.fixture(scope="module")
        async def resource(): ...

        @pytest.mark.anyio
        async def test_same(resource): ...
        """
    asks = (
        "import pytest\n@pytest.mark.asyncio\nasync def test_ok(event_loop): event_loop.time()\n"
    )
    result = after({"pytest.ini": STRICT, "test_one.py": asks, "test_two.py": anyio})
    assert "loop_scope" not in result["test_two.py"]
