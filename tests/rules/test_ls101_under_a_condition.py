"""LS101: overrides under a condition; what is said can be followed in each branch."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import migrate_files

HEAD = "import asyncio\nimport sys\n\nimport pytest\n\n"
TEST = "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one(): ...\n"
PLAIN = "asyncio.new_event_loop()"
KIND = "asyncio.ProactorEventLoop()"


def override(makes: str, before: str = "") -> str:
    return (
        '    @pytest.fixture(scope="session")\n    def event_loop():\n'
        f"        loop = {makes}\n{before}        yield loop\n        loop.close()\n"
    )


def said(code: str) -> list[str]:
    files = {"conftest.py": HEAD + code, "test_x.py": TEST}
    return [item.message for item in migrate_files(files).findings if item.code == "LS101"]


NOTHING = "    pass\n"


@pytest.mark.parametrize(
    ("branch", "other", "texts"),
    [
        (override(PLAIN), NOTHING, ["only makes a loop"]),
        (NOTHING, override(PLAIN), ["only makes a loop"]),
        (override(KIND), NOTHING, ["where the condition holds"]),
        (override(KIND), override(PLAIN), ["where the condition holds", "only makes a loop"]),
        (override(PLAIN, "        start()\n"), NOTHING, ["Move what it does into"]),
    ],
)
def test_each_branch_has_its_own_advice(branch: str, other: str, texts: list[str]) -> None:
    found = said(f'if sys.platform == "win32":\n{branch}else:\n{other}')
    assert len(found) == len(texts)
    assert all(text in message for text, message in zip(texts, found, strict=True))
    assert all("pytest_plugins" not in message for message in found)
