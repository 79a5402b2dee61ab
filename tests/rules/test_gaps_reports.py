"""LS202, LS30x and the record of a run: cases that mutants have shown to be without a test."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from loopscope.analysis.suite.trace import Trace, TracedFunction
from loopscope.pipeline import migrate
from loopscope.rules.registry import describe, find_rule
from loopscope.types import Migration, Options, Scope, Target
from tests.suites_in_memory import AUTO, STRICT, after, messages, migrate_files, suite_of

HEAD = "import asyncio\n\nimport pytest\nimport pytest_asyncio\n\n\n"
MODERN = AUTO + "asyncio_default_fixture_loop_scope = function\n"
OVERRIDE = (
    "@pytest.fixture{}\ndef event_loop():\n    loop = {}()\n    yield loop\n    loop.close()\n\n\n"
)
TEST = "async def test_one():\n    pass\n"


def found(files: dict[str, str], code: str) -> list[str]:
    findings = migrate_files({"pytest.ini": AUTO, **files}).findings
    return [f"{f.path}:{f.line} {f.message}" for f in findings if f.code == code]


# -- the least version -----------------------------------------------------------------------


def least(files: dict[str, str], **options: object) -> str:
    """Return the floor that a requirement without one gets."""
    files = {"pytest.ini": MODERN, "requirements.txt": "pytest-asyncio>=0.21\n", **files}
    return after(files, **options)["requirements.txt"].partition(">=")[2].strip()


PLAIN = OVERRIDE.format("", "asyncio.new_event_loop")
LEAST = {
    "nothing new": ("1.0", PLAIN + TEST),
    "loop factory": ("1.4", "import uvloop\n" + OVERRIDE.format("", "uvloop.new_event_loop")),
    "bound sync fixture": (
        "1.1",
        "@pytest.fixture\ndef client(event_loop, request):\n"
        "    return Client(event_loop, request.getfixturevalue('tmp_path'))\n\n\n"
        "async def test_two(client):\n    pass\n",
    ),
    "clean-up that the runner does": (
        "1.1",
        PLAIN.replace(
            "    loop.close()",
            "    loop.run_until_complete(loop.shutdown_asyncgens())\n    loop.close()",
        ),
    ),
    "debug mode": (
        "1.2",
        PLAIN.replace("    yield", "    loop.set_debug(True)\n    yield"),
    ),
}


@pytest.mark.parametrize("what", LEAST)
def test_least_version(what: str) -> None:
    version, source = LEAST[what]
    files = {"conftest.py": HEAD + source} if "event_loop()" in source else {}
    module = HEAD + TEST if files else HEAD + source + "\n\n" + TEST
    assert least({**files, "test_a.py": module}).startswith(version)


def test_least_version_of_a_default_for_tests() -> None:
    wide = HEAD + OVERRIDE.format('(scope="session")', "asyncio.new_event_loop")
    files = {"conftest.py": wide, "test_a.py": TEST}
    assert least({**files, "pytest.ini": AUTO}, target=Target(0, 26)).startswith("0.26")
    module = wide.replace("session", "module")
    files = {"conftest.py": module, "test_a.py": TEST}
    explicit = least({**files, "pytest.ini": AUTO}, target=Target(0, 26), style="explicit")
    assert explicit.startswith("0.24")


def test_least_version_of_wide_loops_that_sync_code_takes_away() -> None:
    wide = HEAD + OVERRIDE.format('(scope="session")', "asyncio.new_event_loop")
    runs = "\n\ndef test_two():\n    asyncio.run(asyncio.sleep(0))\n"
    files = {"conftest.py": wide, "test_a.py": "import asyncio\n\n\n" + TEST + runs}
    assert least({**files, "pytest.ini": AUTO}).startswith("1.2")
    narrow = HEAD + PLAIN
    assert least({**files, "conftest.py": narrow, "pytest.ini": AUTO}).startswith("1.0")


def test_least_version_of_fixture_scope() -> None:
    source = HEAD + (
        "@pytest_asyncio.fixture(scope='module')\nasync def db():\n    return 1\n\n\n"
        "@pytest.mark.asyncio(loop_scope='module')\nasync def test_it(db):\n    pass\n"
    )
    assert least({"pytest.ini": STRICT, "test_a.py": source}).startswith("1.5")


# -- reports ---------------------------------------------------------------------------------


def test_ls301_after_a_fixture_that_is_right_and_a_function_that_is_none() -> None:
    source = HEAD + (
        "def helper():\n    pass\n\n\n"
        "@pytest_asyncio.fixture\nasync def right():\n    return 1\n\n\n"
        "@pytest_asyncio.fixture(scope='module', loop_scope='function')\n"
        "async def wrong():\n    return 1\n\n\n"
    )
    files = {"pytest.ini": MODERN, "test_a.py": source + TEST}
    assert messages(migrate_files(files, safe_only=True)) == ["test_a.py:17 LS301 action"]


def test_ls302_fixture_that_extends_a_narrower_one_of_its_name() -> None:
    """pytest refuses that too, but a name means several fixtures then: it is not looked at."""
    files = {
        "conftest.py": HEAD + "@pytest.fixture\ndef res():\n    return 1\n",
        "test_a.py": HEAD + "@pytest.fixture(scope='module')\ndef res(res):\n    return 1\n\n\n"
        "async def test_one(res):\n    pass\n",
    }
    assert not found(files, "LS302")


def test_ls305_own_loop_may_be_closed_where_the_override_stays() -> None:
    source = HEAD + OVERRIDE.format("", "asyncio.new_event_loop")
    sync = "def test_close(event_loop):\n    event_loop.close()\n"
    files = {"conftest.py": source, "test_a.py": HEAD + sync, "sub/test_b.py": "x = 1\n"}
    assert not found(files, "LS305")


def test_ls305_plugins_loop_may_not_be_closed() -> None:
    sync = "def test_close(event_loop):\n    event_loop.close()\n\n\n"
    assert found({"test_a.py": HEAD + sync + TEST}, "LS305")


BACKENDS = (
    "@pytest.fixture(params=['asyncio', 'trio'])\ndef anyio_backend(request):\n"
    "    return request.param\n\n\n"
)


def test_ls308_says_nothing_of_what_other_rules_look_for() -> None:
    source = (
        HEAD
        + BACKENDS
        + (
            "@pytest.mark.anyio\nasync def test_it(anyio_backend_name):\n"
            "    asyncio.get_event_loop_policy()\n\n\n"
            "@pytest.mark.anyio\nasync def test_other():\n    await asyncio.sleep(0)\n"
        )
    )
    lines = [
        text.split()[0] for text in found({"pytest.ini": STRICT, "test_a.py": source}, "LS308")
    ]
    assert lines == ["test_a.py:19"]


WRAPPED = """\
    import functools

    import pytest


    def sync(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)
        return wrapper


    class {}:
        @pytest.mark.asyncio
        @sync
        async def test_it(self):
            pass


    {}
    """


def test_ls313_test_that_two_classes_collect_is_reported_once() -> None:
    more = "class TestMore(TestBase):\n        pass"
    files = {"pytest.ini": STRICT, "test_a.py": dedent(WRAPPED.format("TestBase", more))}
    assert len(found(files, "LS313")) == 1


def test_ls313_marked_sync_test_that_returns_nothing() -> None:
    source = HEAD + "@pytest.mark.asyncio\ndef test_it():\n    asyncio.sleep(0)\n"
    assert not found({"pytest.ini": STRICT, "test_a.py": source}, "LS313")


def test_description_is_the_reason_of_the_module() -> None:
    rule = find_rule("ls101")
    assert rule is not None
    text = describe(rule)
    assert "an override of ``event_loop`` goes" in text
    assert text.count("LS101") == 1


# -- the record of a run ---------------------------------------------------------------------


def traced(
    files: dict[str, str], *functions: TracedFunction, mode: str = AUTO, **options: object
) -> Migration:
    """Return the migration by a record in which every test used every fixture."""
    suite = suite_of({"pytest.ini": mode, **files})
    tests = [
        f"{path}::{line.partition('def ')[2].partition('(')[0]}"
        for path, text in files.items()
        for line in text.splitlines()
        if "def test_" in line
    ]
    names = frozenset(one.fixture for one in functions if one.fixture)
    asynchronous = frozenset(test for test in tests if "sync" not in test)
    record = Trace(functions, dict.fromkeys(tests, names), async_tests=asynchronous)
    return migrate(replace(suite, trace=record), Options(**options))  # type: ignore[arg-type]


def told(migration: Migration) -> list[str]:
    return [f"{f.path}:{f.line} {f.code} {f.level.value}: {f.message}" for f in migration.findings]


LEGACY = HEAD + OVERRIDE.format('(scope="module")', "asyncio.new_event_loop")


def test_fixture_from_outside_that_takes_the_current_loop() -> None:
    client = TracedFunction("", 7, "plugin", "client", on_loop=True)
    (text,) = told(traced({"test_a.py": LEGACY + TEST}, client))
    assert text.startswith("test_a.py:14 LS102 action: the fixture client of plugin takes")


@pytest.mark.parametrize("own", ["", "@pytest_asyncio.fixture\nasync def db(): ...\n\n\n"])
def test_default_follows_a_fixture_from_outside(own: str) -> None:
    """It names no loop scope, and nothing on 0.21 relied on the configured default."""
    server = TracedFunction("", 7, "plugin", "server", is_async=True, on_loop=True)
    files = {"test_a.py": LEGACY + own + "async def test_one(server):\n    pass\n"}
    migration = traced(files, server, mode=MODERN)
    assert [text.partition(":")[0] for text in messages(migration)] == ["test_a.py"]
    (config,) = [change for change in migration.changes if change.path == "pytest.ini"]
    assert b"fixture_loop_scope = module" in config.after


def test_default_stays_where_a_fixture_from_outside_is_on_narrower_loops() -> None:
    server = TracedFunction("", 7, "plugin", "server", is_async=True, on_loop=True)
    wide = HEAD + OVERRIDE.format('(scope="session")', "asyncio.new_event_loop")
    config = MODERN + "asyncio_default_test_loop_scope = session\n"
    files = {
        "pytest.ini": config,
        "requirements.txt": "pytest-asyncio==0.21.1\n",
        "conftest.py": wide + "@pytest_asyncio.fixture\nasync def db(): ...\n",
        **{f"test_{name}.py": "async def test_one(db): ...\n" for name in "abcd"},
        "sub/conftest.py": HEAD + PLAIN,
        "sub/test_e.py": "async def test_one(server): ...\n",
    }
    used = {f"{path}::test_one": frozenset({"db"}) for path in files if path.startswith("test_")}
    used["sub/test_e.py::test_one"] = frozenset({"server"})
    record = Trace((server,), used, async_tests=frozenset(used))
    migration = migrate(replace(suite_of(files), trace=record), Options())
    assert not [text for text in messages(migration) if "LS390" in text]
    result = {change.path: change.after.decode() for change in migration.changes}
    assert "pytest.ini" not in result
    assert '@pytest_asyncio.fixture(loop_scope="session")' in result["conftest.py"]


def test_async_fixture_from_outside_does_not_take_the_current_loop() -> None:
    server = TracedFunction("", 7, "plugin", "server", is_async=True, on_loop=True)
    (text,) = told(traced({"test_a.py": LEGACY + TEST}, server))
    assert text.startswith("test_a.py:14 LS104 note: the fixture server of plugin is async")


def test_fixture_from_outside_without_a_loop_is_not_mentioned() -> None:
    assert not told(traced({"test_a.py": LEGACY + TEST}, TracedFunction("", 7, "plugin", "path")))


def test_override_from_outside_allows_for_its_scope() -> None:
    source = HEAD + "@pytest_asyncio.fixture(scope='module')\nasync def db():\n    return 1\n\n\n"
    source += "async def test_one(db):\n    pass\n"
    loop = TracedFunction("", 7, "plugin", "event_loop", scope=Scope.SESSION)
    migration = traced({"test_a.py": source}, loop)
    assert any(
        "plugin overrides event_loop with scope session" in text for text in told(migration)
    )
    made = {change.path: change.after.decode() for change in migration.changes}
    assert "asyncio_default_test_loop_scope = session" in made["pytest.ini"]


def test_edits_say_that_the_run_has_shown_a_test_only_where_no_mark_does() -> None:
    source = (
        LEGACY + "@chosen\n" + TEST + "\n\n@pytest.mark.asyncio\n" + TEST.replace("one", "two")
    )
    source = source.replace('(scope="module")', '(scope="module")')
    migration = traced({"test_a.py": source}, mode=STRICT)
    said = [
        (edit.definition, "it ran on a loop" in edit.message)
        for change in migration.changes
        for edit in change.edits
        if edit.code == "LS105"
    ]
    assert ("test_one", True) in said
    assert ("test_two", True) not in said


def test_overrides_and_converted_fixtures_of_the_suite_are_not_said_to_be_unbound() -> None:
    source = (
        "@pytest.fixture\ndef client():\n    return asyncio.get_event_loop()\n\n\n"
        "async def test_one(client):\n    pass\n"
    )
    files = {"test_a.py": LEGACY + source}
    loop = TracedFunction("test_a.py", 7, "test_a", "event_loop", on_loop=True)
    client = TracedFunction("test_a.py", 14, "test_a", "client", on_loop=True)
    assert not [text for text in told(traced(files, loop, client)) if "cannot be bound" in text]


def test_fixture_that_no_target_can_bind_is_said_to_be_unbound() -> None:
    files = {
        "conftest.py": HEAD + "@pytest.fixture\ndef client():\n    return make()\n",
        "test_a.py": LEGACY + "async def test_one(client):\n    pass\n",
        "test_b.py": "async def test_two(client):\n    pass\n",
    }
    client = TracedFunction("conftest.py", 7, "conftest", "client", on_loop=True)
    texts = [
        text
        for text in told(traced(files, client, target=Target(1, 0)))
        if "cannot be bound" in text
    ]
    assert [text.split(": ")[0] for text in texts] == ["conftest.py:8 LS102 action"]
