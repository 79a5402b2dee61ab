"""LS102: requests that stand in no parameter, but in names of fixtures and calls of helpers."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.suites_in_memory import AUTO, after, messages, migrate_files

HEAD = "import asyncio\nimport pytest\n\n"
BRIDGE = "async def event_loop():\n    return asyncio.get_running_loop()\n"
FIXTURE = "@pytest.fixture\ndef loop(request):\n    return request.getfixturevalue({})\n"
TEST = "async def test_it(loop):\n    pass\n"
HELPER = "import asyncio\n\ndef make():\n    return asyncio.get_event_loop().create_future()\n"


def migrated(source: str, **others: str) -> str:
    files = {f"{name}.py": text for name, text in others.items()}
    return after({"pytest.ini": AUTO, "test_a.py": HEAD + source, **files})["test_a.py"]


@pytest.mark.parametrize(
    ("before", "argument"),
    [
        ("", "'event_loop'"),
        ("", "'event' + '_loop'"),
        ("LOOP = 'event_loop'\n", "LOOP"),
        ("LOOP = 'event' + '_loop'\n", "LOOP"),
        ("KIND = 'event'\n", "f'{KIND}_loop'"),
        ("NAMES = ('event_loop', 'db')\n", "NAMES[0]"),
    ],
)
def test_name_that_can_be_read(before: str, argument: str) -> None:
    assert BRIDGE in migrated(before + FIXTURE.format(argument) + TEST)


@pytest.mark.parametrize(
    "source",
    [
        "@pytest.fixture\ndef loop(request):\n    name = 'event_loop'\n"
        "    return request.getfixturevalue(name)\n",
        "@pytest.fixture\ndef loop(request):\n    for name in ('db', 'event_loop'):\n"
        "        found = request.getfixturevalue(name)\n    return found\n",
        "@pytest.fixture(params=['event_loop'])\ndef loop(request):\n"
        "    return request.getfixturevalue(request.param)\n",
        "def get(request, name):\n    return request.getfixturevalue(name)\n"
        "@pytest.fixture\ndef loop(request):\n    return get(request, 'event_loop')\n",
        "def get(request):\n    return request.getfixturevalue('event_loop')\n"
        "@pytest.fixture\ndef loop(request):\n    return get(request)\n",
        "@pytest.mark.parametrize('name', ['event_loop'])\ndef test_b(name, request):\n"
        "    request.getfixturevalue(name)\n@pytest.fixture\ndef loop():\n    pass\n",
    ],
)
def test_name_from_elsewhere(source: str) -> None:
    assert BRIDGE in migrated(source + TEST)


@pytest.mark.parametrize(
    "source",
    [
        "@pytest.fixture(params=['db'])\ndef loop(request):\n"
        "    return request.getfixturevalue(request.param)\n",
        "@pytest.fixture\ndef loop(request, kind):\n"
        "    return request.getfixturevalue(f'{kind}_client')\n",
        "@pytest.fixture\ndef loop(request):\n"
        "    return request.getfixturevalue(request.node.name)\n",
    ],
)
def test_names_of_other_fixtures(source: str) -> None:
    files = {"pytest.ini": AUTO, "test_a.py": HEAD + source + TEST}
    assert not messages(migrate_files(files))
    assert after(files)["test_a.py"] == files["test_a.py"]


@pytest.mark.parametrize(
    ("source", "line"),
    [
        (
            "@pytest.fixture(params=['event'])\ndef loop(request):\n"
            "    return request.getfixturevalue(f'{request.param}_loop')\n",
            6,
        ),
        (
            "async def test_b(request):\n    name = 'event_loop'\n"
            "    request.getfixturevalue(name)\n",
            6,
        ),
        (
            "def get(request):\n    return request.getfixturevalue('event_loop')\n"
            "async def test_b(request):\n    get(request)\n",
            6,
        ),
        ("def pytest_runtest_setup(item):\n    item.fixturenames.insert(0, 'event_loop')\n", 4),
    ],
)
def test_name_that_a_person_must_see_to(source: str, line: int) -> None:
    test = "async def test_it():\n    pass\n"
    files = {"pytest.ini": AUTO, "test_a.py": HEAD + source + test}
    assert f"test_a.py:{line} LS102 action" in messages(migrate_files(files))


@pytest.mark.parametrize(
    "source",
    [
        "import helpers\n@pytest.fixture\ndef loop():\n    return helpers.make()\n",
        "from helpers import make\ndef again():\n    return make()\n"
        "@pytest.fixture\ndef loop():\n    return again()\n",
        "import helpers\nclass Client:\n    def __init__(self):\n        helpers.make()\n"
        "@pytest.fixture\ndef loop():\n    return Client()\n",
    ],
)
def test_current_loop_through_calls(source: str) -> None:
    result = migrated(source + TEST, helpers=HELPER)
    assert "@pytest.fixture\nasync def loop" in result


def test_current_loop_through_a_call_before_any_loop_is_there() -> None:
    source = "import helpers\n@pytest.fixture(scope='session')\ndef loop():\n    helpers.make()\n"
    files = {"pytest.ini": AUTO, "test_a.py": HEAD + source + TEST, "helpers.py": HELPER}
    assert "test_a.py:6 LS102 action" in messages(migrate_files(files))


def test_helper_that_only_async_code_or_a_nested_function_calls() -> None:
    source = dedent("""\
        import helpers

        @pytest.fixture
        def loop():
            def later():
                return helpers.make()
            return later

        async def test_it(loop):
            loop()
            helpers.make()
        """)
    assert migrated(source, helpers=HELPER) == HEAD + source


def test_setup_method_that_calls_a_helper() -> None:
    source = dedent("""\
        import helpers

        class TestIt:
            def setup_method(self):
                self.future = helpers.make()

            async def test_it(self):
                self.future.set_result(1)
        """)
    assert "def _current_event_loop" in migrated(source, helpers=HELPER)


SYNC = "def test_sync():\n    pass\n"


@pytest.mark.parametrize(
    ("value", "left"),
    [("event_loop", ""), ("db event_loop", "usefixtures = db\n")],
)
def test_usefixtures_of_the_configuration_goes_where_all_tests_are_async(
    value: str, left: str
) -> None:
    ini = f"{AUTO}usefixtures = {value}\n"
    result = after({"pytest.ini": ini, "test_a.py": "async def test_it():\n    pass\n"})
    assert left in result["pytest.ini"]
    assert "event_loop\n" not in result["pytest.ini"]


def test_usefixtures_of_the_configuration_is_answered_for_all_tests() -> None:
    ini = f"{AUTO}usefixtures = event_loop\n"
    files = {"pytest.ini": ini, "a/test_a.py": SYNC, "b/test_b.py": TEST.replace("loop", "")}
    assert not messages(migrate_files(files))
    result = after(files)
    assert "usefixtures = event_loop\n" in result["pytest.ini"]
    assert BRIDGE in result["conftest.py"]


def test_usefixtures_of_the_configuration_that_nothing_answers() -> None:
    toml = "[tool.pytest.ini_options]\nasyncio_mode = 'auto'\nusefixtures = ['db', 'event_loop']\n"
    files = {"pyproject.toml": toml, "test_a.py": "async def test_it():\n    pass\n"}
    assert messages(migrate_files(files)) == ["pyproject.toml:3 LS102 action"]


def test_question_for_the_fixture_that_async_tests_no_longer_have() -> None:
    source = (
        "@pytest.fixture\ndef loop(request):\n    return 'event_loop' in request.fixturenames\n"
    )
    files = {"pytest.ini": AUTO, "test_a.py": HEAD + source + TEST}
    assert messages(migrate_files(files)) == ["test_a.py:6 LS102 action"]


def test_current_loop_through_a_method_of_a_class() -> None:
    source = dedent("""\
        class Maker:
            @staticmethod
            def make():
                return asyncio.get_event_loop().create_future()

        @pytest.fixture
        def loop():
            return Maker.make()

        """)
    assert "@pytest.fixture\nasync def loop" in migrated(source + TEST)


@pytest.mark.parametrize(
    ("imported", "value"),
    [
        ("import names", "names.LOOP"),
        ("import names as our", "our.LOOP"),
        ("from names import LOOP", "LOOP"),
        ("from names import LOOP as NAME", "NAME"),
        ("from names import *", "LOOP"),
        ("from names import NAMES", 'NAMES["loop"]'),
        ("from names import Fixtures", "Fixtures.LOOP"),
        ("from names import PREFIX", 'PREFIX + "_loop"'),
        ("from names import NAMES", "NAMES[key]"),
    ],
)
@pytest.mark.parametrize("place", ["fixture", "test"])
def test_name_is_an_imported_constant(imported: str, value: str, place: str) -> None:
    files = {
        "pytest.ini": "[pytest]\n",
        "names.py": (
            'LOOP = "event_loop"\nNAMES = {"loop": "event_loop"}\nPREFIX = "event"\n'
            'class Fixtures:\n    LOOP = "event_loop"\n'
        ),
        "test_a.py": (
            f"import pytest\n{imported}\nkey = input()\n\n"
            + "@pytest.fixture\n" * (place == "fixture")
            + f"def {'one' if place == 'fixture' else 'test_one'}(request):\n"
            f"    return request.getfixturevalue({value})\n\n"
            "@pytest.mark.asyncio\nasync def test_a(" + "one" * (place == "fixture") + "): ...\n"
        ),
    }
    assert "async def event_loop" in after(files)["test_a.py"]


DRIVES = "asyncio.get_event_loop().run_until_complete(asyncio.sleep(0))"
DB = "@pytest_asyncio.fixture\nasync def db(): ...\n\n"


@pytest.mark.parametrize(
    "user",
    [
        'def test_one(request):\n    request.getfixturevalue("db")\n    {}\n',
        'NAME = "db"\ndef test_one(request):\n    request.getfixturevalue(NAME)\n    {}\n',
        'def get(request): return request.getfixturevalue("db")\n'
        "def test_one(request):\n    get(request)\n    {}\n",
        "class TestOne:\n    def test_one(self, request):\n"
        '        request.getfixturevalue("db")\n        {}\n',
        '@pytest.fixture\ndef one(request):\n    request.getfixturevalue("db")\n    {}\n'
        "def test_one(one): ...\n",
    ],
)
def test_who_gets_an_async_fixture_while_it_runs_stays_sync(user: str) -> None:
    text = f"import asyncio, pytest, pytest_asyncio\n\n{DB}{user.format(DRIVES)}"
    migration = migrate_files({"pytest.ini": AUTO, "test_a.py": text})
    changed = "".join(change.after.decode() for change in migration.changes)
    assert "async def test_one" not in changed
    assert "async def one" not in changed
