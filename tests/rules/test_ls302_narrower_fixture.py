"""Rules that only report: scopes, backends, policies."""

from __future__ import annotations

import pytest

from tests.rules.reported import ASYNC_TEST, HEAD, MODERN, found
from tests.suites_in_memory import after, messages, migrate_files

# -- LS301 -----------------------------------------------------------------------------------

NARROW_LOOP = """\
@pytest_asyncio.fixture(scope="session", loop_scope="module")
async def database():
    yield 1
"""


def test_ls301_fixture_wider_than_its_loop() -> None:
    assert found(NARROW_LOOP, "LS301") == ["test_a.py:7 LS301 action"]


def test_ls301_default_loop_scope_is_narrower() -> None:
    source = '@pytest_asyncio.fixture(scope="session")\nasync def database():\n    yield 1\n'
    assert found(source, "LS301") == ["test_a.py:7 LS301 action"]


@pytest.mark.parametrize("loop_scope", ['"session"', '"package"', "SCOPE"])
def test_ls301_as_wide_or_unknown(loop_scope: str) -> None:
    source = NARROW_LOOP.replace('"module"', loop_scope).replace(
        'scope="session"', 'scope="class"', 1
    )
    assert not found(source, "LS301")


def test_ls301_widened_in_a_legacy_suite() -> None:
    override = (
        '@pytest.fixture(scope="session")\ndef event_loop():\n    yield asyncio.new_event_loop()\n'
    )
    test = "\n\n@pytest.mark.asyncio\nasync def test_a(database):\n    pass\n"
    files = {"conftest.py": HEAD + override, "test_a.py": HEAD + NARROW_LOOP + test}
    assert not messages(migrate_files(files))
    assert 'loop_scope="session"' in after(files)["test_a.py"]


# -- LS302 -----------------------------------------------------------------------------------

ASKER = '@pytest.fixture(scope="session")\ndef wide(narrow):\n    return 1\n\n\n'
NARROW = "@pytest.fixture\ndef narrow():\n    return 1\n\n\n"
USER = "def test_it(wide):\n    pass\n"


def test_ls302_session_fixture_requests_function_fixture() -> None:
    assert found(ASKER + NARROW + USER, "LS302") == ["test_a.py:7 LS302 action"]


def test_ls302_another_test_finds_a_wide_one() -> None:
    wide = HEAD + NARROW.replace("fixture", 'fixture(scope="session")') + USER
    conftest = HEAD + NARROW + ASKER
    files = {"pytest.ini": MODERN, "conftest.py": conftest, "test_a.py": wide, "test_b.py": USER}
    assert not [text for text in messages(migrate_files(files)) if "LS302" in text]


@pytest.mark.parametrize(
    "narrow",
    [
        "from elsewhere import narrow\n\n\n" + NARROW,
        NARROW.replace("fixture", "fixture(scope=chosen)"),
        "if True:\n    @pytest.fixture\n    def narrow():\n        return 1\n\n\n",
    ],
    ids=["imported from outside", "callable scope", "conditional"],
)
def test_ls302_not_certain(narrow: str) -> None:
    assert not found(ASKER + narrow + USER, "LS302")


def test_ls302_parametrized_directly() -> None:
    user = '@pytest.mark.parametrize("narrow", [1])\n' + USER.replace("wide", "wide, narrow")
    assert not found(ASKER + NARROW + user, "LS302")


# -- LS308 -----------------------------------------------------------------------------------

BACKENDS = """\
@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request):
    return request.param


"""
SLEEPER = "@pytest.mark.anyio\nasync def test_it(fx):\n    await asyncio.sleep(0)\n\n\n"
QUEUER = "@pytest.fixture\nasync def fx():\n    return asyncio.Queue()\n\n\n"
STRICT = MODERN.replace("auto", "strict")


def test_ls308_test_and_fixture_need_asyncio() -> None:
    lines = found(BACKENDS + SLEEPER + QUEUER, "LS308", pytest__ini=STRICT)
    assert lines == ["test_a.py:13 LS308 note", "test_a.py:18 LS308 note"]


def test_ls308_asyncio_backend_only() -> None:
    assert not found(BACKENDS.replace(', "trio"', "") + SLEEPER, "LS308", pytest__ini=STRICT)
    one = '@pytest.mark.parametrize("anyio_backend", ["asyncio"])\n'
    assert not found(BACKENDS + one + SLEEPER, "LS308", pytest__ini=STRICT)


def test_ls308_test_looks_at_the_backend() -> None:
    source = BACKENDS + SLEEPER.replace("(fx)", "(anyio_backend_name)")
    assert not found(source, "LS308", pytest__ini=STRICT)


# -- LS311 -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "asyncio.set_event_loop_policy(None)\n",
        "class Policy(asyncio.DefaultEventLoopPolicy):\n    pass\n",
        "def test_it():\n" + "    asyncio.get_event_loop_policy()\n" * 2,
    ],
)
def test_ls311_policies(source: str) -> None:
    assert [text.split()[1:] for text in found(source, "LS311")] == [["LS311", "note"]]


def test_ls311_gone_with_the_override_or_the_call() -> None:
    source = HEAD + (
        "@pytest.fixture\ndef event_loop():\n"
        "    yield asyncio.get_event_loop_policy().new_event_loop()\n\n\n"
        "@pytest.mark.asyncio\nasync def test_it():\n"
        "    asyncio.get_event_loop_policy().get_event_loop()\n"
    )
    assert not messages(migrate_files({"test_a.py": source}))
    assert "policy" not in after({"test_a.py": source})["test_a.py"]


def test_ls311_policy_fixture_that_stays() -> None:
    source = (
        "@pytest.fixture\ndef event_loop_policy():\n"
        "    return asyncio.WindowsProactorEventLoopPolicy()\n"
    )
    files = {"pytest.ini": MODERN, "conftest.py": HEAD + source, "test_a.py": ASYNC_TEST}
    assert "conftest.py:8 LS311 note" in messages(migrate_files(files))


# -- LS312 -----------------------------------------------------------------------------------


def test_ls312_written() -> None:
    source = """\
    @pytest_asyncio.fixture(loop_scope="package")
    async def fx():
        return 1


    @pytest.mark.asyncio(loop_scope="package")
    async def test_it(fx):
        pass
    """
    assert found(source, "LS312") == ["test_a.py:7 LS312 note", "test_a.py:11 LS312 note"]


def test_ls312_configured() -> None:
    config = MODERN.replace("= function", "= package")
    assert found("", "LS312", pytest__ini=config) == ["pytest.ini:1 LS312 note"]


def test_ls312_emitted_for_a_package_override() -> None:
    override = (
        '@pytest.fixture(scope="package")\ndef event_loop():\n    yield asyncio.new_event_loop()\n'
    )
    files = {
        "a/__init__.py": "",
        "a/conftest.py": HEAD + override,
        "a/test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\n" + ASYNC_TEST,
    }
    assert messages(migrate_files(files)) == ["a/conftest.py:7 LS312 note"]
