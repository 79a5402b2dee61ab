"""LS106: a policy that is set while tests run no longer decides of what kind loops are."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import messages, migrate_files, suite_of

IMPORTS = "import asyncio\n\nimport pytest\nimport uvloop\n\n\n"
TESTS = (
    "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n\n\n"
    "@pytest.mark.asyncio\nasync def test_b(): ...\n"
)
OVERRIDE = (
    "\n\n@pytest.fixture{}\ndef event_loop({}):\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
)
SETS = "    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())\n"
YIELDS = "    yield\n    asyncio.set_event_loop_policy(None)\n"


def twice(files: dict[str, str]) -> tuple[list[str], list[str]]:
    """Return what is said of a suite before and after its migration, notes left out."""
    migration = migrate_files(files)
    result = {path: data.decode() for path, data in suite_of(files).files.items()}
    result.update({change.path: change.after.decode() for change in migration.changes})
    first, second = (
        [item.partition(":")[0] + item[-13:-7] for item in messages(found) if "action" in item]
        for found in (migration, migrate_files(result))
    )
    return first, second


@pytest.mark.parametrize(
    "code",
    [
        "@pytest.fixture(autouse=True)\ndef fast():\n    uvloop.install()\n",
        "@pytest.fixture(autouse=True)\ndef fast():\n"
        "    asyncio.set_event_loop_policy(policy=uvloop.EventLoopPolicy())\n",
        f'@pytest.fixture(autouse=True, scope="session")\ndef fast():\n{SETS}{YIELDS}',
        f'@pytest.fixture(autouse=True, scope="module")\ndef fast():\n{SETS}{YIELDS}',
        "def pytest_runtest_setup(item):\n    if item.own_markers:\n        uvloop.install()\n",
        "def pytest_runtest_call(item):\n    uvloop.install()\n",
    ],
)
@pytest.mark.parametrize("override", ["", OVERRIDE.format("", "")])
def test_later_loops_were_of_that_kind(code: str, override: str) -> None:
    files = {"conftest.py": IMPORTS + code + override, "test_x.py": TESTS}
    first, second = twice(files)
    assert first == second == ["conftest.py LS106"]


def test_of_two_policies_the_first_is_told() -> None:
    code = (
        "@pytest.fixture(autouse=True)\ndef fast():\n    if KIND:\n        uvloop.install()\n"
        f"    else:\n    {SETS}"
    )
    found = messages(migrate_files({"conftest.py": IMPORTS + code, "test_x.py": TESTS}))
    assert [text for text in found if "LS106" in text] == ["conftest.py:10 LS106 action"]


@pytest.mark.parametrize(
    "code",
    [
        "def setup_module():\n    uvloop.install()\n",
        "def fast():\n    uvloop.install()\n\n\n@pytest.fixture\ndef a():\n    fast()\n\n\n"
        '@pytest.mark.usefixtures("a")\ndef test_first(): ...\n',
        "def test_first():\n    uvloop.install()\n",
    ],
)
def test_in_a_test_module(code: str) -> None:
    files = {"test_x.py": IMPORTS + code + TESTS.removeprefix("import pytest\n")}
    first, second = twice(files)
    assert first == second == ["test_x.py LS106"]


@pytest.mark.parametrize("scope", ["", '(scope="session")'])
def test_override_that_asks_for_such_a_fixture_stays(scope: str) -> None:
    fixture = f"@pytest.fixture{scope}\ndef fast():\n{SETS}{YIELDS}"
    base = f"\n\n@pytest.fixture{scope}\ndef base(fast): ...\n"
    for name, more in (("fast", ""), ("base", base)):
        files = {
            "conftest.py": IMPORTS + fixture + more + OVERRIDE.format(scope, name),
            "test_x.py": TESTS,
        }
        first, second = twice(files)
        assert "conftest.py LS101" in first
        assert "conftest.py LS101" in second


@pytest.mark.parametrize(
    "code",
    [
        "def pytest_configure(config):\n    uvloop.install()\n",
        "def pytest_runtest_setup(item):\n    uvloop.install()\n",
        "uvloop.install()\n",
        f"@pytest.fixture(autouse=True)\ndef fast():\n{SETS}{YIELDS}",
        '@pytest.fixture(autouse=True, scope="session")\ndef fast():\n'
        "    asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())\n",
        "@pytest.fixture\ndef unused():\n    uvloop.install()\n",
        "def run():\n    uvloop.install()\n",
        '@pytest.fixture(autouse=True, scope="session")\ndef fast():\n'
        "    uvloop.install()\n" + OVERRIDE.format('(scope="session")', ""),
    ],
)
def test_kind_of_no_loop_changes(code: str) -> None:
    assert twice({"conftest.py": IMPORTS + code, "test_x.py": TESTS}) == ([], [])


@pytest.mark.parametrize(
    "code",
    [
        "from asyncio import set_event_loop_policy as set_policy\n\n\n"
        '@pytest.fixture(scope="module", autouse=True)\ndef fast():\n'
        "    set_policy(uvloop.EventLoopPolicy())\n",
        "@contextlib.contextmanager\ndef using(policy):\n"
        f"    asyncio.set_event_loop_policy(policy)\n{YIELDS}\n\n"
        '@pytest.fixture(scope="session", autouse=True)\ndef fast():\n'
        "    with using(uvloop.EventLoopPolicy()):\n        yield\n",
        '@pytest.fixture(scope="module", autouse=True)\ndef fast():\n'
        "    from uvloop import install as go\n\n    go()\n",
    ],
)
def test_by_other_names(code: str) -> None:
    files = {"conftest.py": f"import contextlib\n{IMPORTS}{code}", "test_x.py": TESTS}
    assert twice(files) == (["conftest.py LS106"], ["conftest.py LS106"])


def test_policy_of_another_platform_is_right_in_a_suite_on_1_x() -> None:
    code = (
        '@pytest.fixture(scope="session", autouse=True)\ndef fast():\n'
        '    if sys.platform == "win32":\n'
        "        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())\n"
    )
    files = {"conftest.py": f"import sys\n{IMPORTS}{code}", "test_x.py": TESTS}
    assert twice(files) == (["conftest.py LS106"], [])


def test_session_loop_that_is_made_after_a_sync_test_has_set_the_policy() -> None:
    code = (
        '@pytest.fixture(autouse=True, scope="session")\ndef fast():\n    uvloop.install()\n'
        + OVERRIDE.format('(scope="session")', "")
    )
    sync = "def test_sync(): ...\n"
    files = {"conftest.py": IMPORTS + code, "test_a.py": sync, "test_x.py": TESTS}
    assert twice(files) == (["conftest.py LS106"], ["conftest.py LS106"])


def test_no_action_where_a_hook_gives_the_loops() -> None:
    code = (
        "def pytest_asyncio_loop_factories(config, item):\n"
        '    return {"uvloop": uvloop.new_event_loop}\n\n\n'
        "@pytest.fixture(autouse=True)\ndef fast():\n    uvloop.install()\n"
    )
    ini = "[pytest]\nasyncio_default_fixture_loop_scope = function\n"
    files = {"pytest.ini": ini, "conftest.py": IMPORTS + code, "test_x.py": TESTS}
    assert twice(files) == ([], [])


@pytest.mark.parametrize(
    ("arguments", "condition", "level"),
    [
        ("settings", "settings.get('policy')", "note"),
        ("settings=None", "settings and settings.policy", "note"),
        ("*, fast=False", "fast", "note"),
        ("*, fast=True", "fast", "action"),
        ("fast=True", "fast", "action"),
        ("settings", "HAS_UVLOOP", "action"),
        ("settings", "sys.platform != 'win32'", "action"),
    ],
)
def test_product_code_that_does_so_where_its_caller_wants_it(
    arguments: str, condition: str, level: str
) -> None:
    body = f"def run({arguments}):\n    if {condition}:\n        uvloop.install()\n"
    test = "import app\nimport pytest\n\n\ndef test_first():\n    app.run({})\n\n\n" + TESTS
    files = {
        "setup.py": "",
        "app.py": f"import sys\n\nimport uvloop\n\nHAS_UVLOOP = True\n\n\n{body}",
        "test_x.py": test,
    }
    found = messages(migrate_files(files))
    assert [text for text in found if "LS106" in text] == [f"app.py:10 LS106 {level}"]
    files["app.py"] = body.replace("run", "helper")
    files["test_x.py"] = files["app.py"] + files["test_x.py"].replace("app.run", "helper")
    files["test_x.py"] = "import uvloop\n" + files["test_x.py"]
    found = messages(migrate_files(files))
    assert not [text for text in found if "LS106 note" in text]  # a test knows what it asks for
