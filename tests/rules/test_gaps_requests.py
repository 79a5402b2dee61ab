"""LS102 to LS107: cases that mutants of the code have shown to be without a test."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, STRICT, after, messages, migrate_files

HEAD = "import asyncio\n\nimport pytest\nimport pytest_asyncio\n\n\n"
OVERRIDE = (
    "@pytest.fixture{}\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n"
)
UVLOOP = "import uvloop\n" + HEAD + OVERRIDE.replace("asyncio.new", "uvloop.new")
FIXTURE = "@pytest_asyncio.fixture\nasync def db():\n    return 1\n\n\n"
TEST = "async def test_one():\n    pass\n"


def edits(files: dict[str, str], code: str, **options: object) -> list[str]:
    changes = migrate_files({"pytest.ini": AUTO, **files}, **options).changes
    return [f"{c.path}:{e.line} {e.message}" for c in changes for e in c.edits if e.code == code]


def found(files: dict[str, str], code: str) -> list[str]:
    findings = migrate_files({"pytest.ini": AUTO, **files}).findings
    return [f"{f.path}:{f.line} {f.message}" for f in findings if f.code == code]


def test_sync_test_of_async_fixtures_is_made_async_for_their_factory() -> None:
    files = {
        "conftest.py": UVLOOP.format(""),
        "test_a.py": HEAD + FIXTURE + "def test_one(db, event_loop):\n    assert db\n",
    }
    (text,) = [text for text in edits(files, "LS102") if "made async" in text]
    assert text.endswith("loop factories reach the async fixtures of async tests only")
    assert "async def test_one(db):" in after({"pytest.ini": AUTO, **files})["test_a.py"]


def test_sync_test_that_does_more_with_its_loop_is_not_made_async_for_a_factory() -> None:
    files = {
        "conftest.py": UVLOOP.format(""),
        "test_a.py": HEAD + FIXTURE + "def test_one(db, event_loop):\n    event_loop.time()\n",
    }
    assert not [text for text in edits(files, "LS102") if "made async" in text]


def test_why_a_sync_test_that_runs_coroutines_is_made_async() -> None:
    source = "def test_one(event_loop):\n    event_loop.run_until_complete(asyncio.sleep(0))\n"
    (text,) = edits({"test_a.py": HEAD + source}, "LS102")
    assert text.endswith("it only ran coroutines on its loop, and awaits them now")


BASE = "class Base:\n    def test_it(self, event_loop, res):\n        {}\n"
RUN = "event_loop.run_until_complete(asyncio.sleep(0))"
HOLDER = "@pytest.fixture\ndef res(event_loop):\n    return lambda c: event_loop.{}(c)\n\n\n"
PLAIN = "@pytest.fixture\ndef res():\n    return 1\n\n\n"


@pytest.mark.parametrize("first", ["a", "b"])
def test_inherited_sync_test_that_one_class_cannot_have_async_stays_sync(first: str) -> None:
    holder, plain = ("a", "b") if first == "a" else ("b", "a")
    inherits = "from base import Base\n\n\nclass TestIt(Base):\n    pass\n"
    files = {
        "pytest.ini": AUTO,
        "base.py": HEAD + BASE.format(RUN),
        f"test_{holder}.py": HEAD + HOLDER.format("run_until_complete") + inherits,
        f"test_{plain}.py": HEAD + PLAIN + inherits,
    }
    assert "async def test_it" not in after(files)["base.py"]


def test_inherited_sync_test_that_all_classes_can_have_async() -> None:
    inherits = "from base import Base\n\n\nclass TestIt(Base):\n    pass\n"
    files = {
        "pytest.ini": AUTO,
        "base.py": HEAD + BASE.format(RUN),
        "test_a.py": HEAD + PLAIN + inherits,
        "test_b.py": HEAD + PLAIN + inherits,
    }
    assert "async def test_it" in after(files)["base.py"]


MODERN = AUTO + "asyncio_default_fixture_loop_scope = function\n"


def test_sync_test_of_a_modern_suite_stays_sync() -> None:
    run = RUN.replace("event_loop", "asyncio.get_event_loop()")
    source = f"{HEAD}{FIXTURE}def test_kept(db):\n    {run}\n\n\n{TEST}"
    result = after({"pytest.ini": MODERN, "test_a.py": source}, ambient_loop=False)["test_a.py"]
    assert "\ndef test_kept(db):" in result


def test_sync_test_that_asks_through_a_helper_is_not_told_of_coroutines() -> None:
    source = (
        "def loop_of(request):\n    return request.getfixturevalue('event_loop')\n\n\n"
        "def test_two(request):\n    assert not loop_of(request).is_running()\n\n\n" + TEST
    )
    files = {"test_a.py": source}
    assert not [text for text in found(files, "LS102") if "through a helper" in text]


def test_async_test_that_asks_through_a_helper_is_told() -> None:
    source = (
        "def loop_of(request):\n    return request.getfixturevalue('event_loop')\n\n\n"
        "async def test_one(request):\n    assert loop_of(request).is_running()\n"
    )
    assert "through a helper" in "".join(found({"test_a.py": source}, "LS102"))


def test_another_mark_with_the_name_of_the_fixture_stays() -> None:
    source = HEAD + '@pytest.mark.about("event_loop")\n' + TEST
    source += '\n\n@pytest.mark.usefixtures("event_loop")\nasync def test_two():\n    pass\n'
    result = after({"pytest.ini": AUTO, "test_a.py": source})["test_a.py"]
    assert result == source.replace('@pytest.mark.usefixtures("event_loop")\n', "")


def test_marks_of_a_class_are_not_taken_from_its_fixtures() -> None:
    source = HEAD + (
        "@pytest.mark.slow\nclass TestIt:\n    @pytest.fixture\n    def one(self):\n"
        "        return 1\n\n    async def test_it(self, one):\n        pass\n"
    )
    assert not edits({"test_a.py": source}, "LS103")


def test_names_on_fixtures_that_hold_marks_stay() -> None:
    source = HEAD + "slow = pytest.mark.slow\n\n\n@slow\n@pytest.fixture\ndef one():\n"
    source += "    return 1\n\n\nasync def test_it(one):\n    pass\n"
    assert not edits({"test_a.py": source}, "LS103")


def test_class_on_the_default_gets_no_mark_beside_one_that_is_wider() -> None:
    classes = "".join(
        f"class Test{name}:\n{body}"
        f"    async def test_1(self):\n        pass\n\n"
        f"    async def test_2(self):\n        pass\n\n\n"
        for name, body in (
            ("Plain", ""),
            ("Wide", "    @pytest.fixture(scope='class')\n    def event_loop(self):\n"
             "        loop = asyncio.new_event_loop()\n        yield loop\n"
             "        loop.close()\n\n"),
        )
    )  # fmt: skip
    more = "".join(f"async def test_{n}():\n    pass\n\n\n" for n in range(5))
    files = {"pytest.ini": AUTO, "test_a.py": HEAD + classes, "test_b.py": more}
    result = after(files)["test_a.py"]
    assert '@pytest.mark.asyncio(loop_scope="class")\nclass TestWide' in result
    assert result.count("mark.asyncio") == 1


def test_lines_of_added_code_are_none() -> None:
    source = "def test_two(event_loop):\n    event_loop.call_soon(print)\n\n\n" + TEST
    changes = migrate_files({"pytest.ini": AUTO, "test_a.py": source}).changes
    lines = [e.line for c in changes for e in c.edits if "fixture added" in e.message]
    assert lines == [0]


def test_patch_is_not_said_to_reach_sync_calls() -> None:
    source = (
        "import asyncio\nfrom unittest.mock import patch\n\n\n"
        "def now():\n    return asyncio.get_event_loop().time()\n\n\n"
        "def test_now():\n    with patch('asyncio.get_event_loop'):\n        now()\n\n\n" + TEST
    )
    assert not found({"test_a.py": source}, "LS309")


def test_patch_reaches_what_a_package_imports() -> None:
    """``import pkg.mod`` runs files that are known by the name of the package only."""
    source = (
        "from unittest.mock import patch\n\nimport pkg.api\n\n\n"
        "async def test_now():\n    with patch('asyncio.get_event_loop'):\n"
        "        await pkg.api.now()\n"
    )
    module = "import asyncio\n\n\nasync def now():\n    return asyncio.get_event_loop().time()\n"
    files = {"pkg/inner.py": module, "test_a.py": source}
    assert found(files, "LS309")
    assert after({"pytest.ini": AUTO, **files})["pkg/inner.py"] == module


@pytest.mark.parametrize(
    ("imports", "after_imports"),
    [
        ("from asyncio import get_event_loop", "from asyncio import get_running_loop"),
        ("import asyncio\nfrom asyncio import get_event_loop", "import asyncio"),
    ],
)
def test_getter_that_is_imported_by_name(imports: str, after_imports: str) -> None:
    source = f"{imports}\n\n\nasync def test_one():\n    get_event_loop().time()\n"
    result = after({"pytest.ini": AUTO, "test_a.py": source})["test_a.py"]
    running = "asyncio.get_running_loop" if "import asyncio\n" in imports else "get_running_loop"
    assert result.startswith(after_imports + "\n\n\n")
    assert f"    {running}().time()\n" in result


def test_calls_in_async_code_give_sync_tests_no_current_loop() -> None:
    source = (
        "import asyncio\n\n\nasync def test_one():\n    asyncio.get_event_loop().time()\n\n\n"
        "def test_two():\n    pass\n"
    )
    assert not edits({"test_a.py": source}, "LS109")


def test_calls_in_sync_tests_get_a_current_loop() -> None:
    source = "import asyncio\n\n\ndef test_two():\n    asyncio.get_event_loop().time()\n\n\n"
    changed = migrate_files({"pytest.ini": AUTO, "test_a.py": source + TEST}, ambient_loop=True)
    lines = [e.line for c in changed.changes for e in c.edits if e.code == "LS109"]
    assert lines == [0]


def test_mark_on_a_fixture_is_named_by_nobody_else() -> None:
    source = HEAD + "@pytest.mark.slow\n@pytest.fixture\ndef one():\n    return 1\n\n\n"
    files = {"pytest.ini": STRICT, "test_a.py": source + "@pytest.mark.asyncio\n" + TEST}
    assert "pytest.mark.slow" not in after(files)["test_a.py"]
    assert not messages(migrate_files(files))
