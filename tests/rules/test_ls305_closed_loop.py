"""LS305: what closes a loop that others use."""

from __future__ import annotations

from textwrap import indent

import pytest

from tests.rules.reported import ASYNC_TEST, HEAD, found
from tests.suites_in_memory import after, messages, migrate_files


@pytest.mark.parametrize(
    ("body", "level"),
    [
        ("event_loop.close()", "action"),
        ("asyncio.get_event_loop().close()", "note"),
        ("loop = asyncio.get_event_loop()\n    loop.close()", "note"),
    ],
)
def test_ls305_sync_test_closes_the_loop(body: str, level: str) -> None:
    assert found(f"def test_it(event_loop):\n    {body}\n", "LS305")[0].endswith(level)


def test_ls305_wide_loops_are_in_danger() -> None:
    source = (
        "def test_it():\n    asyncio.get_event_loop().close()\n\n\n"
        "@pytest.mark.asyncio(loop_scope='module')\nasync def test_wide():\n    pass\n"
    )
    assert found(source, "LS305") == ["test_a.py:7 LS305 action"]


def test_ls305_hook_closes_the_loop() -> None:
    hook = (
        "import asyncio\n\n\ndef pytest_sessionfinish():\n    asyncio.get_event_loop().close()\n"
    )
    assert found("", "LS305", conftest__py=hook) == ["conftest.py:5 LS305 action"]


@pytest.mark.parametrize(
    "body",
    [
        "policy = asyncio.get_event_loop_policy()\n    loop = policy.get_event_loop()\n"
        "    loop.close()",
        "try:\n        loop = asyncio.get_event_loop()\n    except RuntimeError:\n"
        "        loop = None\n    if loop is not None:\n        loop.close()",
        "loop = asyncio.get_event_loop()\n    loop.close()\n"
        "    asyncio.set_event_loop(asyncio.new_event_loop())",
    ],
    ids=["policy", "or none", "a new one follows"],
)
def test_ls305_hook_closes_the_loop_by_a_variable(body: str) -> None:
    hook = f"import asyncio\n\n\ndef pytest_fixture_post_finalizer(fixturedef):\n    {body}\n"
    said = found("", "LS305", conftest__py=hook)
    assert [message.partition(" ")[2] for message in said] == ["LS305 action"]


def test_ls305_hook_of_the_bridge_closes_its_loop_at_every_run() -> None:
    hook = (
        "import asyncio\nimport pytest\n\n\ndef pytest_fixture_post_finalizer(fixturedef):\n"
        '    if fixturedef.argname != "event_loop":\n        return\n'
        "    policy = asyncio.get_event_loop_policy()\n    loop = policy.get_event_loop()\n"
        "    loop.close()\n    policy.set_event_loop(policy.new_event_loop())\n    count()\n\n\n"
        "@pytest.fixture\ndef event_loop():\n"
        "    yield asyncio.get_event_loop_policy().new_event_loop()\n    clean()\n"
    )
    test = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one():\n    pass\n"
    files = {"conftest.py": hook, "test_a.py": test}
    for _ in range(2):
        assert "LS305 action" in " ".join(messages(migrate_files(files)))
        files = after(files)


def test_ls305_finalizer_closes_the_loop() -> None:
    source = """\
    @pytest.fixture
    def client(request, event_loop):
        request.addfinalizer(event_loop.close)
        return 1
    """
    assert found(source, "LS305") == ["test_a.py:8 LS305 action"]


@pytest.mark.parametrize(
    "body",
    [
        "loop = asyncio.new_event_loop()\n    loop.close()",
        "loop = asyncio.get_event_loop()\n    loop = object()\n    loop.close()",
        "with pytest.raises(RuntimeError):\n        asyncio.get_event_loop().close()",
        "loop = make_loop()\n    loop.close()",
        "asyncio.get_event_loop().run_until_complete(client.close())",
        "global event_loop\n    event_loop.close()",
    ],
    ids=["own loop", "assigned anew", "refused", "unknown", "another close", "a global"],
)
def test_ls305_nothing_is_closed(body: str) -> None:
    assert not found(f"def test_it():\n    {body}\n", "LS305")


def test_ls305_override_closes_its_own_loop() -> None:
    conftest = HEAD + (
        "@pytest.fixture\ndef event_loop():\n    loop = asyncio.get_event_loop()\n"
        "    yield loop\n    loop.close()\n"
    )
    files = {
        "conftest.py": conftest,
        "test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\n" + ASYNC_TEST,
    }
    assert not messages(migrate_files(files))


ENDS = """\
    policy = asyncio.get_event_loop_policy()
    try:
        loop = policy.get_event_loop()
    except RuntimeError:
        loop = None
    if loop is not None:
        try:
            if not loop.is_closed():
                asyncio.runners._cancel_all_tasks(loop)
                loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()
    policy.set_event_loop(policy.new_event_loop())
"""
GUARD = '    if fixturedef.argname != "event_loop":\n        return\n'
ONLY = '    if fixturedef.argname == "event_loop":\n'


@pytest.mark.parametrize(
    ("body", "goes"),
    [
        (GUARD + ENDS, True),
        ('    """End the loop."""\n' + GUARD + ENDS, True),
        (ONLY + indent(ENDS, "    "), True),
        (ONLY + "        asyncio.get_event_loop_policy().get_event_loop().close()\n", True),
        (ENDS, False),
        (GUARD + ENDS + "    print(fixturedef)\n", False),
        (GUARD + ENDS + "    fixturedef.seen = True\n", False),
        (GUARD.replace("event_loop", "loop") + ENDS, False),
        (ONLY + indent(ENDS, "    ") + "    else:\n        print(1)\n", False),
    ],
)
@pytest.mark.parametrize("override", [True, False])
def test_hook_that_only_ends_the_loops_of_the_fixture(
    body: str, goes: bool, override: bool
) -> None:
    text = "import asyncio\nimport gc\n\nimport pytest\n\n\n@pytest.hookimpl(trylast=True)\n"
    text += f"def pytest_fixture_post_finalizer(fixturedef, request):\n{body}"
    text += (
        "\n\n@pytest.fixture\ndef event_loop():\n"
        "    yield asyncio.new_event_loop()\n    gc.collect()\n"
    ) * override
    test = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
    files = {"conftest.py": text, "test_a.py": test, "requirements.txt": "pytest-asyncio<1\n"}
    migration = migrate_files(files)
    acts = [one.code for one in migration.findings if one.level.value == "action"]
    assert bool(acts) is not goes
    result = {change.path: change.after.decode() for change in migration.changes}
    assert goes is ("post_finalizer" not in result.get("conftest.py", text))
    assert not goes or result["requirements.txt"] == "pytest-asyncio>=1.1\n"
    assert not goes or not migrate_files({**files, **result}).changes


def test_such_a_hook_stays_with_an_override_that_stays() -> None:
    text = "import asyncio\nimport pytest\n\n\n"
    text += f"def pytest_fixture_post_finalizer(fixturedef, request):\n{GUARD}{ENDS}\n\n"
    text += "@pytest.fixture\ndef event_loop(make):\n    yield make()\n"
    test = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
    found = messages(migrate_files({"conftest.py": text, "test_a.py": test}))
    assert any("LS305 action" in one for one in found)
