"""LS101: sync tests on loops of another kind keep them by a policy, which no factory can give."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, after, messages, migrate_files

HEAD = "import asyncio\n\nimport pytest\nimport uvloop\n\n\n"
TESTS = "async def test_one(pool):\n    assert pool\n\n\n"
SYNC = "def test_sync(event_loop, pool):\n    assert event_loop and pool\n"
POOL = "\n\n@pytest.fixture{}\nasync def pool():\n    return asyncio.get_running_loop()\n"


def override(*body: str, scope: str = "", head: str = HEAD) -> str:
    lines = "".join(f"    {line}\n" for line in body)
    given = f'(scope="{scope}")' if scope else ""
    return f"{head}@pytest.fixture{given}\ndef event_loop():\n{lines}"


def suite(
    conftest: str, tests: str = TESTS + SYNC, ini: str = AUTO, path: str = ""
) -> dict[str, str]:
    pool = POOL.format('(scope="session")' if "session" in conftest else "")
    return {
        "pytest.ini": ini,
        f"{path}conftest.py": conftest + pool,
        f"{path}test_a.py": tests,
    }


NEW = ("loop = uvloop.new_event_loop()", "yield loop", "loop.close()")
SET = (
    "asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())",
    "loop = asyncio.new_event_loop()",
    "yield loop",
    "loop.close()",
)
POLICY = (
    '@pytest.fixture(scope="session")\ndef event_loop_policy():\n'
    "    return uvloop.EventLoopPolicy()\n"
)
BRIDGE = "async def event_loop():\n    return asyncio.get_running_loop()\n"


@pytest.mark.parametrize("body", [NEW, SET])
@pytest.mark.parametrize("scope", ["", "session"])
@pytest.mark.parametrize("path", ["", "tests/"])
def test_a_policy_stands_in_the_place_of_the_override(
    body: tuple[str, ...], scope: str, path: str
) -> None:
    files = suite(override(*body, scope=scope), path=path)
    conftest = after(files)[f"{path}conftest.py"]
    assert POLICY in conftest
    assert BRIDGE in conftest
    assert "action" not in " ".join(messages(migrate_files(files)))


def test_the_policy_is_a_note_from_then_on() -> None:
    first = after(suite(override(*NEW)))
    again = migrate_files(first)
    assert not again.changes
    (note,) = (finding for finding in again.findings if finding.code == "LS106")
    assert note.level.value == "note"
    assert "the sync test test_sync uses async fixtures" in note.message


def test_no_sync_test_is_made_async_for_a_factory_that_cannot_be() -> None:
    plain = "def test_plain(pool):\n    assert pool\n\n\n"
    result = after(suite(override(*NEW), TESTS + plain + SYNC))
    assert plain in result["test_a.py"]


def test_sync_tests_that_can_be_async_get_a_factory() -> None:
    plain = "def test_plain(pool):\n    assert pool\n"
    result = after(suite(override(*NEW), TESTS + plain))
    assert f"async {plain}" in result["test_a.py"]
    assert "pytest_asyncio_loop_factories" in result["conftest.py"]


NEARER = "import asyncio\n\nimport pytest\n\n\n"


def test_a_plain_override_below_made_its_loop_by_the_policy() -> None:
    files = suite(override(*SET, scope="session"))
    nearer = override("yield asyncio.new_event_loop()", scope="module", head=NEARER)
    files["test_b.py"] = f"{nearer}\n\nasync def test_b():\n    pass\n"
    result = after(files)
    assert "event_loop_policy" in result["conftest.py"]
    assert "def event_loop" not in result["test_b.py"]


CLASS = ("loop = Loop()", "yield loop", "loop.close()")
ASKS_ITSELF = (
    "class Loop(asyncio.SelectorEventLoop):\n    def __init__(self):\n"
    "        super().__init__()\n        self.other = asyncio.new_event_loop()\n\n\n"
)
OF_POLICY = ("loop = Policy().new_event_loop()", "yield loop", "loop.close()")
ASKS_BY_METHOD = (
    "class Policy(asyncio.DefaultEventLoopPolicy):\n    def new_event_loop(self):\n"
    "        return make_loop()\n\n\ndef make_loop():\n    return asyncio.new_event_loop()\n\n\n"
)
FUNCTION = ("loop = make_loop()", "yield loop", "loop.close()")
OWN = "import asyncio\n\nimport pytest\n\n\nclass Loop(asyncio.SelectorEventLoop): ...\n\n\n"
MAKES_OWN = ("loop = Loop()", "yield loop", "loop.close()")
ERROR = AUTO + "filterwarnings =\n    {}\n"


@pytest.mark.parametrize(
    "files",
    [
        suite(override(*FUNCTION, head=HEAD + "from app import make_loop\n\n")),
        suite(override(*CLASS, head=HEAD + ASKS_ITSELF)),
        suite(override(*OF_POLICY, head=HEAD + ASKS_BY_METHOD)),
        {
            **suite(override(*CLASS, head=HEAD + "from loops import Loop\n\n")),
            "loops.py": "import asyncio\n\n\n" + ASKS_ITSELF,
        },
        suite(
            override(*NEW),
            "import pytest\n\npytestmark = pytest.mark.filterwarnings('error')\n\n\n"
            + TESTS
            + SYNC,
        ),
        suite(override(*NEW), ini=ERROR.format("error")),
        suite(override(*NEW), ini=ERROR.format("error::pytest.PytestDeprecationWarning")),
        suite(override(*NEW), ini=AUTO + "addopts = -W error::DeprecationWarning\n"),
        {
            **suite(override(*NEW, scope="session")),
            "b/conftest.py": override(
                "yield asyncio.new_event_loop()", head=NEARER, scope="session"
            ),
            "b/test_b.py": "async def test_b():\n    pass\n",
        },
        {
            **suite(override(*NEW) + "\n\nasyncio.set_event_loop_policy(make())\n"),
            "test_b.py": override("yield asyncio.new_event_loop()", head=NEARER)
            + "\n\nasync def test_b():\n    pass\n",
        },
        {
            **suite(override(*MAKES_OWN, head=OWN), path="tests/"),
            "conftest.py": override(*NEW),
            "test_b.py": "async def test_b():\n    pass\n",
        },
        {
            **suite(override(*NEW)),
            "test_b.py": override("with things() as loop:", "    yield loop", head=NEARER)
            + "\n\nasync def test_b():\n    pass\n",
        },
        {
            **suite(override(*NEW, scope="session"), path="tests/"),
            "more/test_c.py": "async def test_c():\n    pass\n",
        },
        suite(
            override(*NEW) + "\n\n@pytest.fixture\ndef event_loop_policy():\n    return make()\n"
        ),
    ],
    ids=[
        "function",
        "recursion",
        "recursion of a policy",
        "imported recursion",
        "mark",
        "error",
        "category",
        "addopts",
        "plain below on a wide loop",
        "plain below, and a policy",
        "another kind above",
        "unread below",
        "elsewhere",
        "policy",
    ],
)
def test_a_policy_would_not_do(files: dict[str, str]) -> None:
    found = [finding for finding in migrate_files(files).findings if finding.code == "LS101"]
    assert any(
        "sync tests use it: loop factories reach async tests only (test_sync)" in finding.message
        for finding in found
    )


@pytest.mark.parametrize(
    "filters",
    [
        "error\n    ignore::DeprecationWarning",
        "error::RuntimeWarning",
        "error:coroutine",
        "default",
    ],
)
def test_other_warnings_as_errors_do_not_matter(filters: str) -> None:
    files = suite(override(*NEW), ini=ERROR.format(filters))
    assert POLICY in after(files)["conftest.py"]


@pytest.mark.parametrize(
    "mine", ["class LoopPolicy: ...", "LoopPolicy = 1", "from app import LoopPolicy"]
)
def test_the_class_takes_no_name_of_the_file(mine: str) -> None:
    conftest = after(suite(override(*MAKES_OWN, head=f"{OWN}{mine}\n\n\n")))["conftest.py"]
    assert mine in conftest
    assert "class LoopPolicy2(asyncio.DefaultEventLoopPolicy):" in conftest
    assert "return LoopPolicy2()" in conftest


def test_no_policy_of_one_module_for_a_fixture_on_the_loop_of_the_session() -> None:
    wide = override("yield asyncio.new_event_loop()", scope="session", head=NEARER)
    async_test = "async def test_b(pool):\n    assert pool\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": NEARER.rstrip() + POOL.format(""),
        "more/conftest.py": wide,
        "more/test_b.py": async_test,
        "more/test_c.py": async_test,
        "test_a.py": f"{override(*MAKES_OWN, head=OWN)}\n\n{SYNC}",
    }
    found = [finding for finding in migrate_files(files).findings if finding.code == "LS101"]
    assert [finding.path for finding in found] == ["test_a.py"]
