"""LS109: sync tests whose code asks for the current loop."""

from __future__ import annotations

import pytest

from loopscope.types import Safety
from tests.suites_in_memory import AUTO, after, migrate_files

ASKS = "import asyncio\n\n\ndef test_sync():\n    asyncio.get_event_loop().call_soon(print)\n"
ASYNC_TEST = "\n\nasync def test_other():\n    pass\n"
FILES = {"pytest.ini": AUTO, "test_a.py": ASKS + ASYNC_TEST}


def test_a_fixture_gives_them_one() -> None:
    result = after(FILES)
    assert "@pytest.fixture(autouse=True)\ndef _ambient_event_loop(" in result["conftest.py"]
    assert not migrate_files(result).changes


def test_that_is_an_assumption() -> None:
    edits = [edit for change in migrate_files(FILES).changes for edit in change.edits]
    assert [e.safety for e in edits if e.code == "LS109"] == [Safety.ASSUMPTION]


def test_not_where_it_is_not_wanted_or_nobody_asks() -> None:
    assert "conftest.py" not in after(FILES, ambient_loop=False)
    assert "conftest.py" not in after({"pytest.ini": AUTO, "test_a.py": ASYNC_TEST.lstrip()})


OVERRIDE = (
    "import asyncio, pytest\n\n@pytest.fixture(scope='{}')\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
)
BRIDGED = {
    "by usefixtures": "import pytest\n"
    + ASKS.replace("def ", "@pytest.mark.usefixtures('event_loop')\ndef "),
    "by an argument": ASKS.replace("test_sync()", "test_sync(event_loop)").replace(
        "asyncio.get_event_loop()", "event_loop.is_running()\n    asyncio.get_event_loop()"
    ),
}


@pytest.mark.parametrize("test", BRIDGED.values(), ids=BRIDGED.keys())
@pytest.mark.parametrize("other", ["function", "session"])
def test_a_wide_bridge_makes_no_loop_current_after_a_narrower_one(test: str, other: str) -> None:
    files = {
        "pytest.ini": AUTO,
        "a/conftest.py": OVERRIDE.format("session"),
        "a/test_a.py": test + ASYNC_TEST,
        "b/conftest.py": OVERRIDE.format(other),
        "b/test_b.py": ASYNC_TEST.lstrip(),
    }
    assert ("_ambient_event_loop" in after(files)["a/conftest.py"]) is (other == "function")


@pytest.mark.parametrize(("locked", "added"), [("1.3.0", True), ("1.4.0", False)])
def test_a_lock_file_with_a_release_that_leaves_no_loop(locked: str, added: bool) -> None:
    files = {
        "pytest.ini": AUTO + "asyncio_default_fixture_loop_scope = function\n",
        "requirements.txt": "pytest-asyncio>=1.1\n",
        "uv.lock": f'version = 1\n\n[[package]]\nname = "pytest-asyncio"\nversion = "{locked}"\n'
        'source = { registry = "https://pypi.org/simple" }\n',
        "test_a.py": "import asyncio\n\n\ndef test_a():\n    asyncio.get_event_loop()\n\n\n"
        "async def test_b():\n    pass\n",
    }
    codes = {e.code for change in migrate_files(files).changes for e in change.edits}
    assert ("LS109" in codes) is added


ASKING_FIXTURE = """\
import asyncio, pytest

@pytest.fixture{scope}
def client():
    return asyncio.get_event_loop()

@pytest.fixture
def run(event_loop):
    return event_loop.run_until_complete

def test_sync({arguments}):
    run(asyncio.sleep(0))
"""


@pytest.mark.parametrize(
    ("arguments", "scope", "first"),
    [
        ("client, run", "", True),
        ("run, client", "", False),
        ("event_loop, client, run", "", False),
        ("client, event_loop, run", "", True),
        ("run, client", "(scope='module')", True),  # wider scopes are set up first
    ],
)
def test_a_fixture_that_asks_before_the_tests_loop_is_there(
    arguments: str, scope: str, first: bool
) -> None:
    asks = ASKING_FIXTURE.format(arguments=arguments, scope=scope)
    result = after({"pytest.ini": AUTO, "test_a.py": asks + ASYNC_TEST})
    assert ("conftest.py" in result) is first


SHOP = """\
import asyncio

class Cart:
    def __init__(self):
        self.loop = asyncio.get_event_loop()

    def total(self):
        return 0

class Order:
    def send(self):
        asyncio.get_event_loop().call_soon(print)

def empty():
    return 0
"""
CALLS_IT = {
    "constructor": ("shop.Cart()", True),
    "method": ("order = shop.Order()\n    order.send()", True),
    "helper": ("make()\n\ndef make():\n    return shop.Cart()", True),
    "other function": ("shop.empty()", False),
    "other method": ("shop.Order()", False),
    "later": ("assert lambda: shop.Cart()", False),
    "loop of its own": (
        "loop = asyncio.new_event_loop()\n    loop.run_until_complete(shop.Cart(loop).save())",
        False,
    ),
    "by itself, too": (
        "asyncio.get_event_loop()\n    asyncio.new_event_loop().run_until_complete(shop.Cart())",
        True,
    ),
}


@pytest.mark.parametrize(("body", "asks"), CALLS_IT.values(), ids=CALLS_IT.keys())
@pytest.mark.parametrize(
    "head", ["def test_sync():\n    ", "class TestA:\n  def test_sync(self):\n    "]
)
def test_a_suite_on_1x_needs_it_where_a_test_calls_what_asks(
    body: str, asks: bool, head: str
) -> None:
    files = {
        "pytest.ini": AUTO + "asyncio_default_fixture_loop_scope = function\npythonpath = .\n",
        "requirements.txt": "pytest-asyncio==1.3.0\n",
        "shop.py": SHOP,
        "test_a.py": f"import asyncio, shop\n\n{head}{body}\n{ASYNC_TEST}",
    }
    codes = {edit.code for change in migrate_files(files).changes for edit in change.edits}
    assert ("LS109" in codes) is asks
    legacy = {**files, "requirements.txt": "pytest-asyncio==0.21.0\n", "pytest.ini": AUTO}
    codes = {edit.code for change in migrate_files(legacy).changes for edit in change.edits}
    assert ("LS109" in codes) is (body != "shop.empty()")  # there a mention is enough


TRIES = {
    "caught": ("except RuntimeError:\n        pass", False),
    "everything caught": ("except:\n        return None", False),
    "one of several": ("except (OSError, RuntimeError):\n        loop = None", False),
    "another error": ("except OSError:\n        pass", True),
    "raised again": ("except RuntimeError as error:\n        raise ValueError from error", True),
    "cleaned up only": ("finally:\n        print()", True),
}


@pytest.mark.parametrize(("handler", "asks"), TRIES.values(), ids=TRIES.keys())
@pytest.mark.parametrize("call", ["asyncio.get_event_loop()", "asyncio.Future()"])
def test_a_suite_on_1x_needs_none_for_code_that_goes_on_without_a_loop(
    handler: str, asks: bool, call: str
) -> None:
    shop = f"import asyncio\n\n\ndef run():\n    try:\n        loop = {call}\n    {handler}\n"
    files = {
        "pytest.ini": AUTO + "asyncio_default_fixture_loop_scope = function\npythonpath = .\n",
        "requirements.txt": "pytest-asyncio==1.3.0\n",
        "shop.py": shop,
        "test_a.py": f"import shop\n\n\ndef test_run():\n    shop.run()\n\n\n{ASYNC_TEST}",
    }
    codes = {edit.code for change in migrate_files(files).changes for edit in change.edits}
    assert ("LS109" in codes) is asks
    nested = shop.replace("loop = ", "loop = lambda: ").replace("run()", "run(loop=None)")
    codes = {e.code for c in migrate_files({**files, "shop.py": nested}).changes for e in c.edits}
    assert "LS109" not in codes


def reason(**files: str) -> str:
    """Return what the edit of LS109 says, "" where there is none; test_a.py has an async test."""
    source = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    source["test_a.py"] = source["test_a.py"] + ASYNC_TEST
    migration = migrate_files({"pytest.ini": AUTO + "pythonpath = .\n", **source})
    edits = [edit for change in migration.changes for edit in change.edits]
    return next((edit.message for edit in edits if edit.code == "LS109"), "")


UTIL = "import asyncio\n\n\ndef make_client():\n    return asyncio.get_event_loop()\n"
HELPED = "import util\n\n\n"
LATER = "def later(call): ...\n\n\n"
LEADS = "import util\n\n\nclass Shop:\n    def __init__(self):\n        util.make_client()\n"
FIXED = (
    "import pytest, util\n\n\n@pytest.fixture\ndef client():\n    return util.make_client()\n\n\n"
)
CALLED = "util.make_client() (util.py:4), which calls asyncio.get_event_loop()".removeprefix(
    "util."
)


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (ASKS, "test_a.py::test_sync calls asyncio.get_event_loop()"),
        (f"{HELPED}def test_sync():\n    util.make_client()\n",
         f"test_a.py::test_sync calls {CALLED}"),
        (f"{HELPED}class TestA:\n    def test_sync(self):\n        util.make_client()\n",
         f"test_a.py::TestA::test_sync calls {CALLED}"),
        (f"{HELPED}{LATER}def test_sync():\n    later(util.make_client)\n",
         f"test_a.py::test_sync reaches {CALLED}"),
        ("import shop\n\n\ndef test_sync():\n    shop.Shop()\n",
         f"test_a.py::test_sync calls {CALLED}"),
        ("from shop import Shop\n\nSHOPS = [Shop]\n\n\ndef test_sync():\n    SHOPS[0]()\n",
         f"test_a.py::test_sync reaches {CALLED}"),
        (f"{FIXED}def test_sync(client): ...\n",
         f"test_a.py::test_sync uses client (test_a.py:5), which calls {CALLED}"),
        ("import asyncio\n\n\nclass TestA:\n    def setup_method(self):\n"
         "        asyncio.get_event_loop()\n\n    def test_sync(self): ...\n",
         "setup_method of test_a.py::TestA::test_sync asks for the current loop"),
    ],
)  # fmt: skip
def test_the_edit_names_the_test_and_the_call(test: str, why: str) -> None:
    assert reason(test_a=test, util=UTIL, shop=LEADS) == f"fixture added: {why}"


@pytest.mark.parametrize(
    "test",
    [
        f"{HELPED}def test_sync():\n    assert util\n".replace("assert util", "assert True"),
        f"{HELPED}def test_sync(): ...\n\n\nasync def test_two():\n    util.make_client()\n",
        f"{HELPED}async def run():\n    util.make_client()\n\n\n"
        "def test_sync():\n    asyncio.run(run())\n",
        f"{HELPED}loop = util.make_client()\n\n\ndef test_sync(): ...\n",
    ],
)
def test_what_only_stands_in_imported_code_needs_no_loop(test: str) -> None:
    assert reason(test_a=test, util=UTIL, shop=LEADS) == ""


@pytest.mark.parametrize(
    ("keywords", "needs"),
    [
        ("", False),
        ('(loop_scope="module")', True),
        ('(scope="module", loop_scope="module")', True),
    ],
)
def test_an_async_fixture_set_up_for_the_test_alone_leaves_its_loop(
    keywords: str, needs: bool
) -> None:
    """A second run finds the option of the first one, and an override left to a person."""
    left = "import pytest\n\n\nclass TestIt:\n    @pytest.fixture(scope='class')\n"
    left += "    def event_loop(self):\n        yield from make()\n"
    left += "\n    async def test_it(self): ...\n"
    ini = AUTO + "asyncio_default_fixture_loop_scope = function\n"
    fixture = f"\n\n@pytest_asyncio.fixture{keywords}\nasync def pool():\n    return 1\n"
    tests = ASKS.replace("test_sync()", "test_sync(pool)").replace(
        "import asyncio\n", "import asyncio\nimport pytest_asyncio\n"
    )
    files = {"pytest.ini": ini, "test_a.py": tests + fixture + ASYNC_TEST, "test_b.py": left}
    edits = [edit.code for change in migrate_files(files).changes for edit in change.edits]
    assert ("LS109" in edits) is needs
