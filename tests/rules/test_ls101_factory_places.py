"""LS101: which tests a loop factory reaches decides whether, and where, its hook is written."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, after, migrate_files

UVLOOP = """\
import pytest
import uvloop


@pytest.fixture
def event_loop():
    loop = uvloop.new_event_loop()
    yield loop
    loop.close()
"""
WINLOOP = UVLOOP.replace("uvloop", "winloop")
PLAIN = UVLOOP.replace("uvloop", "asyncio")
TEST = "async def test_one():\n    pass\n"
SYNC = "def test_sync():\n    pass\n"
USER = "def test_sync(event_loop):\n    event_loop.call_soon(print)\n"
HOOK = "def pytest_asyncio_loop_factories("
OWN_HOOK = f"import asyncio\n\n\n{HOOK}):\n    return {{'a': asyncio.SelectorEventLoop}}\n"


def hooks(files: dict[str, str]) -> list[str]:
    """List the conftests with a hook after the migration, which must leave nothing to do."""
    result = after({"pytest.ini": AUTO, **files})
    assert not any(
        f.code == "LS101" for f in migrate_files({"pytest.ini": AUTO, **files}).findings
    )
    return [path for path, text in result.items() if HOOK in text]


def reasons(files: dict[str, str]) -> list[str]:
    """List what a person must know of each override, as ``path: message``."""
    found = migrate_files({"pytest.ini": AUTO, **files}).findings
    return [f"{f.path}: {f.message}" for f in found if f.code == "LS101"]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a/test_a.py": TEST, "test_b.py": TEST}, ["a/conftest.py"]),
        ({"a/test_a.py": TEST, "test_b.py": PLAIN + TEST}, ["a/conftest.py"]),
        ({"a/test_a.py": TEST, "b/test_b.py": TEST, "b/conftest.py": PLAIN}, ["a/conftest.py"]),
        ({"a/test_a.py": TEST, "ab/test_b.py": TEST, "ab/conftest.py": PLAIN}, ["a/conftest.py"]),
        (
            {"a/test_a.py": TEST, "a/b/test_b.py": SYNC, "a/b/conftest.py": PLAIN},
            ["a/conftest.py"],
        ),
        ({"a/test_a.py": TEST, "test_b.py": USER}, ["a/conftest.py"]),
        (
            {"a/test_a.py": TEST, "a/b/test_b.py": TEST, "a/b/conftest.py": WINLOOP},
            ["a/conftest.py", "a/b/conftest.py"],
        ),
    ],
)
def test_tests_with_other_loops_that_a_conftest_does_not_reach(
    files: dict[str, str], expected: list[str]
) -> None:
    assert sorted(hooks({"a/conftest.py": UVLOOP, **files})) == sorted(expected)


@pytest.mark.parametrize(
    "below",
    [
        {"a/b/test_b.py": TEST, "a/b/conftest.py": PLAIN},
        {"a/b/c/test_b.py": TEST, "a/b/conftest.py": PLAIN},
        {"a/test_b.py": PLAIN + TEST},
        {"a/b/test_b.py": PLAIN + TEST},
    ],
)
@pytest.mark.parametrize("place", ["conftest.py", "a/conftest.py"])
def test_test_with_a_default_loop_below_a_conftest(place: str, below: dict[str, str]) -> None:
    found = reasons({place: UVLOOP, "a/test_a.py": TEST, **below})
    assert len(found) == 2
    assert any("test_one below it has a loop of its own" in text for text in found)


@pytest.mark.parametrize("scope", ["module", "session"])
def test_wide_loops_of_a_part_of_the_suite(scope: str) -> None:
    wide = UVLOOP.replace("fixture", f"fixture(scope='{scope}')")
    files = {"a/conftest.py": wide, "a/test_a.py": TEST}
    assert hooks(files) == ["a/conftest.py"]
    assert hooks({**files, "test_b.py": SYNC}) == ["a/conftest.py"]
    found = reasons({**files, "test_b.py": TEST})
    if scope == "module":  # a policy is asked for such a loop by the tests that see it
        assert not found
    else:
        assert "for a part of the suite, and loops are wider than function" in found[0]


@pytest.mark.parametrize("place", ["conftest.py", "a/conftest.py", "b/conftest.py"])
def test_hook_that_the_suite_has_already(place: str) -> None:
    source = f"{UVLOOP}\n\n{TEST}"
    (found,) = reasons({place: OWN_HOOK, "a/test_a.py": source, "b/test_b.py": TEST})
    assert "has a pytest_asyncio_loop_factories hook already" in found


# -- the hook for a module ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("conftests", "expected"),
    [
        ((), "a/b/conftest.py"),
        (("conftest.py",), "conftest.py"),
        (("a/conftest.py", "conftest.py"), "a/conftest.py"),
        (("a/b/conftest.py", "a/conftest.py"), "a/b/conftest.py"),
        (("c/conftest.py",), "a/b/conftest.py"),
    ],
)
def test_nearest_conftest_above_a_module(conftests: tuple[str, ...], expected: str) -> None:
    files = {"a/b/test_a.py": f"{UVLOOP}\n\n{TEST}", "c/test_c.py": TEST}
    assert hooks({**files, **dict.fromkeys(conftests, "")}) == [expected]


@pytest.mark.parametrize(
    ("other", "condition"),
    [
        ("b/test_b.py", 'item.path.name == "test_a.py"'),
        ("b/test_a.py", 'item.path.match("a/test_a.py")'),
        ("b/a/test_a.py", None),
        ("b/my_test_a.py", 'item.path.name == "test_a.py"'),
    ],
)
def test_name_that_tells_a_module_from_the_others(other: str, condition: str | None) -> None:
    files = {"a/test_a.py": f"{UVLOOP}\n\n{TEST}", other: TEST, "conftest.py": ""}
    if condition is None:
        (found,) = reasons(files)
        assert "in a module whose name test_a.py is not the only one below conftest.py" in found
    else:
        assert condition in after({"pytest.ini": AUTO, **files})["conftest.py"]


def test_names_beside_the_conftest_do_not_count() -> None:
    files = {"a/test_a.py": f"{UVLOOP}\n\n{TEST}", "b/test_a.py": TEST, "a/conftest.py": ""}
    result = after({"pytest.ini": AUTO, **files})["a/conftest.py"]
    assert 'item.path.name == "test_a.py"' in result


@pytest.mark.parametrize(
    ("tests", "why"),
    [
        ("class TestB(TestA):\n    pass\n", "in a class that other classes inherit from"),
        (
            "    class TestB:\n        async def test_b(self): ...\n",
            "but not for TestA.TestB.test_b",
        ),
        ("class TestB:\n    async def test_b(self): ...\n", ""),
        ("    class TestB:\n        def test_b(self): ...\n", ""),
    ],
)
def test_class_beside_or_inside_one_with_loops_of_another_kind(tests: str, why: str) -> None:
    source = "import pytest\nimport uvloop\n\n\nclass TestA:\n"
    source += "    @pytest.fixture\n    def event_loop(self):\n"
    source += (
        "        yield uvloop.new_event_loop()\n\n    async def test_a(self): ...\n\n" + tests
    )
    files = {"conftest.py": "", "test_a.py": source}
    if why:
        (found,) = reasons(files)
        assert why in found
    else:
        assert hooks(files) == ["conftest.py"]


def test_class_with_a_default_loop_in_a_module_of_another_kind() -> None:
    inner = "class TestA:\n    @pytest.fixture\n    def event_loop(self):\n"
    inner += "        yield asyncio.new_event_loop()\n\n    async def test_a(self): ...\n"
    source = f"import asyncio\n{UVLOOP}\n\n{TEST}\n\n{inner}"
    found = reasons({"conftest.py": "", "test_a.py": source})
    assert "but not for TestA.test_a beside it" in found[0]


@pytest.mark.parametrize(
    ("header", "movable"),
    [
        ("from app import make", True),
        ("import app\n\nmake = app.make", False),
        ("from .app import make", False),
    ],
)
def test_function_that_makes_the_loops_must_be_importable(header: str, movable: bool) -> None:
    source = UVLOOP.replace("uvloop.new_event_loop()", "make()").replace("import uvloop", header)
    files = {"conftest.py": "", "test_a.py": f"{source}\n\n{TEST}"}
    if movable:
        assert hooks(files) == ["conftest.py"]
    else:
        assert "out of make, which no conftest can import" in reasons(files)[0]
