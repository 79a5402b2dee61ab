"""The default loop scope: that of most tests, unless another one leaves clearly fewer lines."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, after

WIDE = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture(scope='session')\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
)
ONE = "async def test_one():\n    pass\n"


def suite(narrow: int, wide_modules: int) -> dict[str, str]:
    many = "\n\n".join(f"async def test_{n}():\n    pass\n" for n in range(narrow))
    wide = {f"wide/test_{n}.py": ONE for n in range(wide_modules)}
    return {"pytest.ini": AUTO, "test_a.py": many, "wide/conftest.py": WIDE, **wide}


@pytest.mark.parametrize(
    ("wide_modules", "default"), [(1, "function"), (2, "function"), (3, "session")]
)
def test_many_tests_of_one_module_are_one_line(wide_modules: int, default: str) -> None:
    result = after(suite(10, wide_modules))
    assert f"asyncio_default_fixture_loop_scope = {default}" in result["pytest.ini"]
    assert ("pytestmark" in result["test_a.py"]) is (default == "session")


def test_fixtures_count_as_lines_too() -> None:
    fixtures = "".join(
        f"\n\n@pytest.fixture\nasync def f{n}():\n    return {n}\n" for n in range(3)
    )
    files = {**suite(10, 1), "wide/conftest.py": WIDE + fixtures}
    files["wide/test_0.py"] = "async def test_one(f0, f1, f2):\n    pass\n"
    assert "asyncio_default_test_loop_scope = session" in after(files)["pytest.ini"]


@pytest.mark.parametrize(
    ("fixture", "default"), [("tmp_path", "session"), ("redisdb", "function")]
)
def test_async_fixtures_of_plugins_keep_the_loop_scope_of_most(fixture: str, default: str) -> None:
    files = suite(10, 3)
    files["test_a.py"] += f"\n\nasync def test_more({fixture}):\n    pass\n"
    result = after(files)["pytest.ini"]
    assert f"asyncio_default_fixture_loop_scope = {default}" in result


@pytest.mark.parametrize(
    "code",
    [
        "for n in range(3):\n    globals()[f'test_more_{n}'] = make(n)\n",
        "class TestMore:\n    test_more = make(1)\n",
    ],
)
def test_tests_that_nobody_counted_keep_the_usual_default(code: str) -> None:
    files = {**suite(10, 3), "test_b.py": f"from helpers import make\n\n\n{ONE}\n\n{code}"}
    assert "asyncio_default_fixture_loop_scope = function" in after(files)["pytest.ini"]
