"""What older targets need: each case was run live on pytest-asyncio 0.24, 0.26 and 1.0."""

from __future__ import annotations

from textwrap import dedent

import pytest

from loopscope.types import Target
from tests.suites_in_memory import AUTO, after, migrate_files

OLD = [Target(0, 24), Target(0, 26), Target(1, 0)]
CURRENT = """\
    import asyncio

    import pytest


    @pytest.fixture
    def current():
        return asyncio.get_event_loop()


    async def test_one(current):
        assert current is asyncio.get_running_loop()
    """
PACKAGES = {
    "pytest.ini": AUTO,
    "conftest.py": """\
        import asyncio

        import pytest


        @pytest.fixture(scope="package")
        def event_loop():
            loop = asyncio.new_event_loop()
            yield loop
            loop.close()
        """,
    "first/__init__.py": "",
    "first/test_a.py": "async def test_one():\n    pass\n",
    "second/__init__.py": "",
    "second/test_b.py": "async def test_two():\n    pass\n",
}


@pytest.mark.parametrize("target", OLD)
def test_sync_fixture_that_wants_its_loop_is_async_below_1_1(target: Target) -> None:
    result = after({"pytest.ini": AUTO, "test_x.py": CURRENT}, target=target)["test_x.py"]
    assert result == dedent(CURRENT).replace("def current", "async def current").replace(
        "get_event_loop", "get_running_loop"
    )


def test_sync_fixture_that_drives_its_loop_cannot_be_async_below_1_1() -> None:
    source = CURRENT.replace("return asyncio.get_event_loop()", "asyncio.run(up())")
    result = after({"pytest.ini": AUTO, "test_x.py": source}, target=Target(1, 0))["test_x.py"]
    assert "    def current" in result or "\ndef current" in result


@pytest.mark.parametrize(
    ("target", "scope"),
    [(Target(0, 24), "session"), (Target(0, 26), "session"), (Target(1, 0), "package")],
)
def test_one_loop_for_several_packages_is_a_session_loop_below_1_0(
    target: Target, scope: str
) -> None:
    result = after(PACKAGES, target=target)
    assert any(f'"{scope}"' in text or f"= {scope}" in text for text in result.values())


def test_package_loop_of_one_package_stays_one_below_1_0() -> None:
    files = {
        "pytest.ini": AUTO,
        "first/__init__.py": "",
        "first/conftest.py": PACKAGES["conftest.py"],
        "first/test_a.py": PACKAGES["first/test_a.py"],
        "second/test_b.py": PACKAGES["second/test_b.py"],
    }
    assert 'loop_scope="package"' in after(files, target=Target(0, 24))["first/test_a.py"]


def test_modules_of_a_package_and_its_sub_packages_had_two_loops() -> None:
    files = {
        "pytest.ini": AUTO,
        "tests/__init__.py": "",
        "tests/conftest.py": PACKAGES["conftest.py"],
        "tests/test_a.py": PACKAGES["first/test_a.py"],
        "tests/unit/__init__.py": "",
        "tests/unit/test_b.py": PACKAGES["second/test_b.py"],
        "tests/more/__init__.py": "",
        "tests/more/test_c.py": "async def test_three():\n    pass\n",
    }
    assert migrate_files(files).loops_before == 2
