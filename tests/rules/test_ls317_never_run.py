"""LS317: async code that nothing runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.discovery.load import load_suites
from loopscope.pipeline import migrate
from loopscope.types import Options, Suite
from tests.suites_in_memory import AUTO, STRICT, after, messages, migrate_files

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


MODERN = AUTO + "asyncio_default_fixture_loop_scope = function\n"
SET_UP = """\
    class TestApi:
        async def setup_method(self):
            self.value = 1

        async def test_value(self):
            assert self.value
    """


def test_a_set_up_is_an_action_where_nothing_may_be_assumed() -> None:
    migration = migrate_files({"pytest.ini": MODERN, "test_a.py": SET_UP}, safe_only=True)
    assert (messages(migration), migration.changes) == (["test_a.py:2 LS317 action"], ())


def test_a_mark_on_a_set_up_goes() -> None:
    source = SET_UP.replace("    async def set", "    @pytest.mark.asyncio\n        async def set")
    source = "    import pytest\n\n\n" + source
    (change,) = migrate_files({"pytest.ini": MODERN, "test_a.py": source}).changes
    assert b"@pytest_asyncio.fixture(autouse=True)\n    async def setup_method" in change.after
    assert b"mark.asyncio" not in change.after


STAYS = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
)
SYNC_USER = "\n\ndef test_sync(event_loop):\n    assert event_loop\n"


@pytest.mark.parametrize(
    ("files", "source"),
    [
        ({"conftest.py": STAYS, "test_b.py": SYNC_USER}, SET_UP),
        ({}, SET_UP.replace("        async def set", "        if True:\n          async def set")
                   .replace("            self.value", "              self.value")),
    ],
    ids=["an override stays", "under a condition"],
)  # fmt: skip
def test_a_set_up_is_an_action_where_more_is_at_stake(files: dict[str, str], source: str) -> None:
    migration = migrate_files({"pytest.ini": MODERN, "test_a.py": source, **files})
    assert [text for text in messages(migration) if "LS317 action" in text]
    assert "test_a.py" not in {change.path for change in migration.changes}


HEADERS = {
    "one line": "(self, method):\n",
    "a comment": "(self, method):  # this: always\n            # at the end\n",
    "several lines": "(\nself,\nmethod:\n    object,\n):\n".replace("\n", "\n        ", 4),
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_tear_down_comes_after_the_yield_without_its_header(header: str) -> None:
    source = f"{SET_UP}\n        async def teardown_method{header}            self.value = 0\n    "
    (change,) = migrate_files({"pytest.ini": MODERN, "test_a.py": source}).changes
    comment = "        # at the end\n" if "end" in header else ""
    assert f"        yield\n{comment}        self.value = 0\n" in change.after.decode()


def test_a_tear_down_on_the_line_of_its_header_is_left_to_a_person() -> None:
    source = f"{SET_UP}\n        async def teardown_method(\n          self): self.a = 0\n    "
    migration = migrate_files({"pytest.ini": MODERN, "test_a.py": source})
    assert (len(messages(migration)), migration.changes) == (2, ())


@pytest.mark.parametrize("mode", [STRICT, AUTO])
def test_a_set_up_goes_to_the_loop_of_its_tests(mode: str) -> None:
    config = mode + "".join(
        f"asyncio_default_{what}_loop_scope = {scope}\n"
        for what, scope in (("fixture", "session"), ("test", "function"))
    )
    source = SET_UP.replace(
        "        async def test", "        @pytest.mark.asyncio\n        async def test"
    )
    source = "    import pytest\n\n\n" + source
    (change,) = migrate_files({"pytest.ini": config, "test_a.py": source}).changes
    assert b'@pytest_asyncio.fixture(autouse=True, loop_scope="function")' in change.after


def test_nothing_but_unmarked_tests() -> None:
    config = STRICT + "asyncio_default_fixture_loop_scope = function\n"
    source = (
        "class TestApi:\n    async def test_one(self): ...\n    async def test_two(self): ...\n"
    )
    files = {
        "pytest.ini": config,
        "requirements.txt": "pytest-asyncio>=1.0\n",
        "test_a.py": source,
    }
    migration = migrate_files(files)
    assert [f"{f.line} {f.code}" for f in migration.findings] == ["2 LS317"]
    assert "(2 here, lines 2, 3)" in migration.findings[0].message


def test_the_set_up_of_a_base_class_in_a_helper_module_is_read(tmp_path: Path) -> None:
    source = "class Base:\n    async def setup_method(self):\n        self.value = 1\n"
    test = "from helpers import Base\n\n\nclass TestOne(Base):\n    async def test_it(self): ...\n"
    for name, text in {"pytest.ini": MODERN, "helpers.py": source, "test_a.py": test}.items():
        (tmp_path / name).write_text(text)
    (suite,) = load_suites([tmp_path])
    assert isinstance(suite, Suite)
    (change,) = migrate(suite, Options()).changes
    assert change.path == "helpers.py"


@pytest.mark.parametrize(
    ("method", "reported"),
    [
        ("def _callTestMethod(self, method):\n        asyncio.run(method())\n", False),
        ("def run(self, result=None):\n        return super().run(result)\n", True),
        (
            "def run(self, result=None):\n"
            "        method = getattr(self, self._testMethodName)\n"
            "        setattr(self, self._testMethodName, lambda: asyncio.run(method()))\n"
            "        return super().run(result)\n",
            False,
        ),
        ("def __call__(self, *args):\n        super().__call__(*args)\n", True),
        ("def _callTestMethod(self, m):\n        super()._callTestMethod(m)\n", True),
        ("def _callTestMethod(self, m):\n        super()._callTestMethod(wrap(m))\n", False),
        (
            "def _callTestMethod(self, m):\n"
            "        m = wrap(m)\n"
            "        super()._callTestMethod(m)\n",
            False,
        ),
        ("def helper(self):\n        asyncio.run(self.test_a())\n", True),
    ],
)
def test_a_test_case_that_calls_its_tests_itself(method: str, reported: bool) -> None:
    files = {
        "pytest.ini": MODERN,
        "requirements.txt": "pytest-asyncio>=1.0\n",
        "base.py": "import asyncio\nimport unittest\n\n\n"
        f"class Base(unittest.TestCase):\n    {method}",
        "test_a.py": "from base import Base\n\n\nclass TestA(Base):\n"
        "    async def test_a(self):\n        pass\n",
    }
    found = [text for text in messages(migrate_files(files)) if "LS317" in text]
    assert bool(found) is reported


NEVER = "async def test_{}(): ...\n"
IMPORTING = "import pytest\n\n"
OUTSIDE = {
    "no pytest outside of testpaths": ("testpaths = tests\n", {"app/test_api.py": NEVER}, False),
    "pytest outside of testpaths": (
        "testpaths = tests\n",
        {"app/test_api.py": IMPORTING + NEVER},
        True,
    ),
    "inside testpaths": ("testpaths = app\n", {"app/test_api.py": NEVER}, True),
    "another name": ("python_files = check_*.py\n", {"test_api.py": IMPORTING + NEVER}, False),
    "--ignore": ("addopts = --ignore=app/manual\n", {"app/manual/test_b.py": NEVER}, False),
    "--ignore of a file": ("addopts = --ignore app/test_b.py\n", {"app/test_b.py": NEVER}, False),
    "--ignore-glob": ("addopts = --ignore-glob=*anual*\n", {"app/manual/test_b.py": NEVER}, False),
    "norecursedirs": ("norecursedirs = manual\n", {"app/manual/test_b.py": NEVER}, False),
    "norecursedirs is no file": ("norecursedirs = test_*\n", {"app/test_b.py": NEVER}, True),
    "collect_ignore": (
        "",
        {"app/conftest.py": "collect_ignore = ['test_b.py']\n", "app/test_b.py": NEVER},
        False,
    ),
    "collect_ignore, a folder by append": (
        "",
        {
            "conftest.py": "collect_ignore = []\ncollect_ignore.append('app/manual')\n",
            "app/manual/test_b.py": NEVER,
        },
        False,
    ),
    "collect_ignore_glob": (
        "",
        {"conftest.py": "collect_ignore_glob = ['*_b.py']\n", "app/test_b.py": NEVER},
        False,
    ),
    "collect_ignore on one platform": (
        "",
        {
            "conftest.py": "import sys\n\nif sys.platform == 'win32':\n"
            "    collect_ignore = ['test_b.py']\n",
            "test_b.py": NEVER,
        },
        True,
    ),
    "another file's": (
        "",
        {"app/conftest.py": "collect_ignore = ['test_c.py']\n", "app/test_b.py": NEVER},
        True,
    ),
}
TAKEN_OUT = {
    "function": (NEVER + "\ntest_{}.__test__ = False\n", False),
    "module": ("__test__ = False\n\n" + NEVER, False),
    "class": ("class TestA:\n    __test__ = False\n    async def test_{}(self): ...\n", False),
    "base class": (
        "class Base:\n    __test__ = False\n    async def test_{}(self): ...\n\n"
        "class TestA(Base): ...\n",
        False,
    ),
    "subclass of such a base": (
        "class Base:\n    __test__ = False\n    async def test_{}(self): ...\n\n"
        "class TestA(Base):\n    __test__ = True\n",
        True,
    ),
    "deleted": (NEVER + "\ndel test_{}\n", False),
    "skipped module": ("import pytest\npytest.skip(allow_module_level=True)\n" + NEVER, False),
    "script": ("if __name__ == '__main__':\n    " + NEVER, False),
    "type checker": (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import shop\n\n    " + NEVER,
        False,
    ),
    "type checker, class": (
        "import typing as t\n\nif t.TYPE_CHECKING:\n    class TestA:\n"
        "        async def test_{}(self): ...\n",
        False,
    ),
    "not for the type checker": (
        "from typing import TYPE_CHECKING\n\nif not TYPE_CHECKING:\n    " + NEVER,
        True,
    ),
    "else": (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import shop\nelse:\n    "
        + NEVER,
        True,
    ),
}


def never_run_of(options: str, files: dict[str, str]) -> bool:
    suite = {
        "pytest.ini": STRICT + "asyncio_default_fixture_loop_scope = function\n" + options,
        "requirements.txt": "pytest-asyncio>=1.0\n",
        "test_first.py": "import pytest\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n",
        **{path: text.replace("{}", "other") for path, text in files.items()},
    }
    return any("LS317" in text for text in messages(migrate_files(suite)))


@pytest.mark.parametrize(("options", "files", "reported"), OUTSIDE.values(), ids=OUTSIDE.keys())
def test_modules_that_pytest_does_not_collect(
    options: str, files: dict[str, str], reported: bool
) -> None:
    assert never_run_of(options, files) is reported


@pytest.mark.parametrize(("source", "reported"), TAKEN_OUT.values(), ids=TAKEN_OUT.keys())
def test_what_the_code_takes_out_of_the_collection(source: str, reported: bool) -> None:
    assert never_run_of("", {"test_b.py": source}) is reported


@pytest.mark.parametrize("part", ["    @pytest.fixture\n", ""])
def test_definitions_for_type_checkers_are_no_overrides(part: str) -> None:
    source = (
        "import asyncio, typing, pytest\n\nif typing.TYPE_CHECKING:\n"
        f"{part}    def event_loop():\n        return asyncio.get_event_loop()\n\n"
        "async def test_a(): ...\n"
    )
    files = {"pytest.ini": AUTO, "requirements.txt": "pytest-asyncio==0.21\n", "test_a.py": source}
    migration = migrate_files(files)
    assert not migration.findings
    assert "test_a.py" not in [change.path for change in migration.changes]


@pytest.mark.parametrize(
    ("imports", "returns", "annotation", "imports_after"),
    [
        (
            "",
            " -> None",
            " -> AsyncIterator[None]",
            "from collections.abc import AsyncIterator\n\n",
        ),
        ("", "", "", ""),
        (
            "from typing import AsyncIterator\n\n",
            " -> None",
            " -> AsyncIterator[None]",
            "from typing import AsyncIterator\n\n",
        ),
        ("import typing\n\n", " -> None", " -> typing.AsyncIterator[None]", "import typing\n\n"),
    ],
)
def test_annotation_of_a_set_up_that_yields(
    imports: str, returns: str, annotation: str, imports_after: str
) -> None:
    text = f"{imports}import pytest\n\n\nclass TestIt:\n"
    text += f"    async def setup_method(self){returns}:\n        self.value = await one()\n\n"
    text += f"    async def teardown_method(self){returns}:\n        await one()\n\n"
    text += "    @pytest.mark.asyncio\n    async def test_a(self): ...\n\n\nasync def one(): ...\n"
    result = after({"pytest.ini": "[pytest]\n", "test_a.py": text})["test_a.py"]
    assert result.startswith(f"{imports_after}import pytest\nimport pytest_asyncio\n")
    assert f"async def setup_method(self){annotation}:\n" in result
    assert "        yield\n        await one()\n" in result
