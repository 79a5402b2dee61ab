"""LS302: fixtures that request a narrower one."""

from __future__ import annotations

import pytest

from tests.rules.reported import HEAD, MODERN, found
from tests.suites_in_memory import messages, migrate_files

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
