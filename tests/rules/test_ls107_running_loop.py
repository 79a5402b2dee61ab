"""LS107: get_event_loop() in async code."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loopscope.pipeline import migrate
from loopscope.types import CrossSuiteFiles, Migration, Options
from tests.rules.reported import MODERN
from tests.suites_in_memory import AUTO, after, migrate_files, suite_of

TEST = "import asyncio\n\n\n{} test_it():\n    {}\n"


def migrated(source: str) -> str:
    return after({"pytest.ini": MODERN, "test_a.py": source})["test_a.py"]


@pytest.mark.parametrize(
    "source",
    [
        TEST.format("async def", "assert asyncio.get_event_loop()"),
        "from asyncio import get_event_loop\n\n\nasync def test_it():\n    get_event_loop()\n",
        "import asyncio as aio\n\n\nasync def test_it():\n    aio.get_event_loop()\n",
    ],
)
def test_call_in_async_code_gets_the_running_loop(source: str) -> None:
    assert migrated(source) == source.replace("get_event_loop", "get_running_loop")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("def", "assert asyncio.get_event_loop()"),
        ("async def", "return lambda: asyncio.get_event_loop()"),
        ("async def", "asyncio.get_running_loop()"),
    ],
)
def test_everything_else_stays(kind: str, body: str) -> None:
    assert migrated(TEST.format(kind, body)) == TEST.format(kind, body)


EXAMPLE = """\
import asyncio

async def main():
    asyncio.get_event_loop()

def run():
    asyncio.get_event_loop().run_until_complete(main())

asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
"""
ASIDE = [
    "docs",
    "doc/source",
    "shop/examples",
    "Examples",
    "benchmarks",
    "examples_src",
    "samples",
]


def found_in(path: str, migration: Migration) -> set[str]:
    edits = {edit.code for change in migration.changes for edit in change.edits}
    return edits | {finding.code for finding in migration.findings if finding.path == path}


@pytest.mark.parametrize("folder", ASIDE)
def test_examples_and_documentation_are_left_alone(folder: str) -> None:
    path = f"{folder}/shop.py"
    files = {"pytest.ini": MODERN, path: EXAMPLE, "tests/test_a.py": "async def test_a(): ...\n"}
    assert found_in(path, migrate_files(files)) == set()
    given = replace(suite_of(files), editable=frozenset({path, "pytest.ini"}))
    assert found_in(path, migrate(given, Options())) == {"LS107", "LS303", "LS311"}


@pytest.mark.parametrize(
    "tests",
    [
        {"tests/test_a.py": "from examples import shop\n\nasync def test_a(): ...\n"},
        {
            "tests/conftest.py": "from examples.other import x\n",
            "examples/other.py": "from examples.shop import main as x\n",
            "tests/test_a.py": "async def test_a(): ...\n",
        },
    ],
    ids=["test", "conftest, through another file"],
)
def test_examples_that_tests_import_are_changed(tests: dict[str, str]) -> None:
    files = {"pytest.ini": MODERN, "examples/shop.py": EXAMPLE, **tests}
    found = found_in("examples/shop.py", migrate_files(files))
    assert found == {"LS107", "LS303", "LS311"}


@pytest.mark.parametrize("path", ["examples/test_shop.py", "docs/conftest.py", "docstore/shop.py"])
def test_tests_in_a_folder_of_examples_are_changed(path: str) -> None:
    files = {"pytest.ini": MODERN, path: EXAMPLE, "tests/test_a.py": "async def test_a(): ...\n"}
    assert "LS107" in found_in(path, migrate_files(files))


BRANCHES = {
    "older": "if sys.version_info < (3, 7):\n    async def f():\n        {call}\n",
    "else of newer": "if sys.version_info >= (3, 7):\n    x = 1\nelse:\n"
    "    async def f():\n        {call}\n",
    "in the function": "async def f():\n    if sys.version_info < (3, 7):\n        {call}\n",
    "below a return": "async def f():\n    if sys.version_info >= (3, 7):\n        return 1\n"
    "    {call}\n",
    "newer": "async def f():\n    if sys.version_info >= (3, 7):\n        {call}\n",
}


@pytest.mark.parametrize("source", BRANCHES.values(), ids=BRANCHES.keys())
def test_product_code_for_some_versions_of_python_stays(source: str) -> None:
    code = "import asyncio\nimport sys\n\n" + source.format(call="asyncio.get_event_loop()")
    test = "import shop\n\nasync def test_a(): ...\n"
    files = {"pytest.ini": MODERN, "shop.py": code, "test_a.py": test}
    assert found_in("shop.py", migrate_files(files)) == set()
    assert "LS107" in found_in("test_a.py", migrate_files({**files, "test_a.py": code + test}))


@pytest.mark.parametrize(
    ("declared", "swapped"),
    [
        ("setup(name='x', python_requires='>=3.6')", False),
        ("setup(name='x', python_requires='>=3.7')", True),
        ("setup(name='x')", True),
    ],
)
def test_product_code_keeps_what_an_old_python_has(declared: str, swapped: bool) -> None:
    code = "import asyncio\n\n\nasync def when():\n    return asyncio.get_event_loop().time()\n"
    test = (
        "import pytest\n{}\n\n"
        "@pytest.mark.asyncio\nasync def test_one():\n    assert await when()\n"
    )
    files = {
        "setup.py": f"from setuptools import setup\n\n{declared}\n",
        "pkg/core.py": code,
        "tests/test_a.py": test.format("from pkg.core import when\n"),
        "tests/test_b.py": test.format(code.replace("import asyncio", "import asyncio", 1)),
    }
    result = after(files)
    assert ("get_running_loop" in result["pkg/core.py"]) is swapped
    assert "get_running_loop" in result["tests/test_b.py"]


LONG = "    return asyncio.get_event_loop(), {}"  # 78 characters, 80 then
GROWN = "; line 5 has 80 characters then, black allows 79"


@pytest.mark.parametrize(
    ("length", "grown"),
    [(80, ""), (79, GROWN), (78, GROWN.replace("79", "78")), (77, "")],  # 77: it was too long
)
def test_line_that_grows_past_the_longest(length: int, grown: str) -> None:
    source = "import asyncio\n\n\nasync def now():\n" + LONG.format("x" * 41) + "\n"
    assert max(map(len, source.splitlines())) == 78
    style = f"[tool.pytest.ini_options]\n[tool.black]\nline-length = {length}\n"
    test = "import pkg\nimport pytest\n\n\n@pytest.mark.asyncio\nasync def test_it(): ...\n"
    migration = migrate_files({"pyproject.toml": style, "pkg.py": source, "test_a.py": test})
    edits = [edit for change in migration.changes for edit in change.edits]
    (message,) = [edit.message for edit in edits if edit.code == "LS107"]
    assert message == f"get_event_loop() becomes get_running_loop(){grown}"


def test_file_of_another_suite_is_read_and_not_edited() -> None:
    module = "import asyncio\n\n\nasync def now():\n    return asyncio.get_event_loop().time()\n"
    test = "import pytest\nfrom shared.clock import now\n\n\n@pytest.mark.asyncio\n"
    suite = suite_of(
        {"pytest.ini": AUTO, "test_a.py": f"{test}async def test_a(event_loop): ...\n"}
    )
    outside = CrossSuiteFiles(
        {"../shared/clock.py": module.encode()}, {"shared.clock": "../shared/clock.py"}
    )
    migration = migrate(replace(suite, cross_suite=outside), Options())
    assert {change.path for change in migration.changes} == {"pytest.ini", "test_a.py"}
