"""LS106: an event_loop_policy becomes loop factories."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import AUTO, after, messages, migrate_files

TESTS = "async def test_one():\n    pass\n"
MODERN = AUTO + "asyncio_default_fixture_loop_scope = function\n"


def policy(decorator: str, value: str) -> str:
    body = f"def event_loop_policy(request):\n    return {value}\n"
    return (
        f"import asyncio\n\nimport pytest\nimport uvloop\n\n\n@pytest.fixture{decorator}\n{body}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (policy('(scope="session")', "uvloop.EventLoopPolicy()"),
         '    return {"uvloop": uvloop.new_event_loop}\n'),
        (policy("(params=[asyncio.DefaultEventLoopPolicy(), uvloop.EventLoopPolicy()],"
                ' ids=["asyncio", "uvloop"])', "request.param"),
         '    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}\n'),
    ],
)  # fmt: skip
def test_policy_of_a_modern_suite_becomes_factories(text: str, expected: str) -> None:
    files = {"pytest.ini": MODERN, "conftest.py": text, "test_x.py": TESTS}
    assert after(files)["conftest.py"].endswith(
        f"def pytest_asyncio_loop_factories():\n{expected}"
    )


@pytest.mark.parametrize(
    "body",
    [
        "import asyncio\n\n    return asyncio.get_event_loop_policy()",
        "from asyncio import DefaultEventLoopPolicy\n\n    yield DefaultEventLoopPolicy()",
    ],
)
def test_the_default_policy_of_a_local_import_is_deleted(body: str) -> None:
    text = f"import pytest\n\n\n@pytest.fixture\ndef event_loop_policy():\n    {body}\n"
    files = {"pytest.ini": MODERN, "conftest.py": f"import os\n{text}", "test_x.py": TESTS}
    assert after(files)["conftest.py"] == "import os\n"


def test_another_policy_of_a_local_import_is_a_finding() -> None:
    text = policy("", "uvloop.EventLoopPolicy()").replace("import uvloop\n", "")
    text = text.replace("    return", "    import uvloop\n\n    return")
    files = {"pytest.ini": MODERN, "conftest.py": text, "test_x.py": TESTS}
    assert "conftest.py:7 LS106 action" in messages(migrate_files(files))


def test_policy_with_params_made_elsewhere_is_a_finding() -> None:
    files = {
        "pytest.ini": MODERN,
        "conftest.py": policy("(params=POLICIES)", "request.param"),
        "test_x.py": TESTS,
    }
    found = migrate_files(files)
    assert "conftest.py:8 LS106 action" in messages(found)
