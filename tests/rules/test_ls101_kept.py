"""LS101: an override that is left to a person keeps what it stands on, and what hides it."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after, messages, migrate_files

HEAD = "import asyncio\n\nimport pytest\nimport uvloop\n\n\n"
PLAIN = '@pytest.fixture(scope="{}")\ndef event_loop():\n    loop = asyncio.new_event_loop()\n'
PLAIN += "    yield loop\n    loop.close()\n"
KIND = PLAIN.replace("asyncio.new", "uvloop.new")
TEST = "\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
WAYS = {
    "an argument": "(event_loop):\n    start(event_loop)\n    yield event_loop\n    stop()\n",
    "getfixturevalue": "(request):\n    loop = request.getfixturevalue('event_loop')\n"
    "    start(loop)\n    yield loop\n    stop()\n",
}


def override(scope: str, way: str) -> str:
    return f'{HEAD}@pytest.fixture(scope="{scope}")\ndef event_loop{way}'


def actions(files: dict[str, str]) -> list[str]:
    return [text for text in messages(migrate_files(files)) if " action" in text]


def again(files: dict[str, str]) -> dict[str, str]:
    """Return the files after a second migration, which must find what the first has found."""
    once = after(files)
    assert after(once) == once
    assert len(actions(once)) == len(actions(files))
    return once


# -- what it builds on ---------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS.keys())
@pytest.mark.parametrize("scope", ["session", "module"])
def test_what_it_builds_on_stays(way: str, scope: str) -> None:
    outer = HEAD + PLAIN.format(scope)
    files = {
        "conftest.py": outer,
        "a/conftest.py": override("module", way),
        "a/test_a.py": HEAD + TEST,
        "test_b.py": HEAD + TEST,
    }
    assert again(files)["conftest.py"] == outer
    assert [text.partition(":")[0] for text in actions(files)] == ["a/conftest.py", "conftest.py"]


def test_what_it_builds_on_stays_over_several_folders() -> None:
    way = WAYS["an argument"]
    outer = HEAD + PLAIN.format("session")
    files = {
        "conftest.py": outer,
        "a/conftest.py": override("session", "(event_loop):\n    return event_loop\n"),
        "a/b/conftest.py": override("module", way),
        "a/b/test_a.py": HEAD + TEST,
    }
    result = again(files)
    assert {path: result[path] for path in files if path.endswith("conftest.py")} == {
        path: files[path] for path in files if path.endswith("conftest.py")
    }


def test_what_an_ordinary_one_builds_on_stays() -> None:
    """Only sync tests meet the inner one, which stays as an ordinary fixture."""
    outer = HEAD + PLAIN.format("session")
    files = {
        "conftest.py": outer,
        "a/conftest.py": override("session", WAYS["an argument"]),
        "a/test_a.py": "def test_a(event_loop):\n    event_loop.call_soon(print)\n",
        "test_b.py": HEAD + TEST,
    }
    assert "def event_loop():\n    loop = " in again(files)["conftest.py"]


def test_what_nobody_builds_on_goes() -> None:
    files = {
        "conftest.py": HEAD + PLAIN.format("session"),
        "a/conftest.py": override("module", "():\n    with app() as loop:\n        yield loop\n"),
        "a/test_a.py": HEAD + TEST,
        "test_b.py": HEAD + TEST,
    }
    assert "event_loop" not in after(files)["conftest.py"]


# -- what hides it -------------------------------------------------------------------------------


@pytest.mark.parametrize("nearer", ["test_x.py", "x/conftest.py", "a class"])
def test_plain_override_that_hides_another_kind_stays(nearer: str) -> None:
    """Without it, its tests would see the kind of the outer one, for which no policy may stand."""
    if nearer == "a class":
        body = PLAIN.format("class").replace("event_loop():", "event_loop(self):")
        source = "class TestA:\n" + "".join(f"    {line}\n" for line in body.splitlines())
        source += "\n    @pytest.mark.asyncio\n    async def test_a(self): ...\n"
        files = {"test_x.py": HEAD + source}
    elif nearer == "test_x.py":
        files = {"test_x.py": HEAD + PLAIN.format("module") + TEST}
    else:
        files = {nearer: HEAD + PLAIN.format("module"), "x/test_x.py": HEAD + TEST}
    place = next(iter(files))
    files |= {"conftest.py": HEAD + KIND.format("session"), "test_y.py": HEAD + TEST}
    files["pytest.ini"] = "[pytest]\nfilterwarnings = error\n"
    assert "asyncio.new_event_loop()" in again(files)[place]
    assert sorted(text.partition(":")[0] for text in actions(files)) == ["conftest.py", place]


def test_plain_override_that_hides_a_plain_one_goes() -> None:
    files = {
        "conftest.py": HEAD + PLAIN.format("session").replace("    loop.close()", "    work()"),
        "test_x.py": HEAD + PLAIN.format("module") + TEST,
        "test_y.py": HEAD + TEST,
    }
    assert "new_event_loop" not in after(files)["test_x.py"]


def test_plain_override_whose_place_a_bridge_takes_goes() -> None:
    asks = "\n\ndef test_sync(event_loop):\n    store = [event_loop]\n"
    files = {
        "conftest.py": HEAD + KIND.format("session"),
        "test_x.py": HEAD + PLAIN.format("module") + TEST + asks,
        "test_y.py": HEAD + TEST,
    }
    result = after(files)
    assert "async def event_loop():" in result["test_x.py"]
    assert "asyncio.new_event_loop()" not in result["test_x.py"]
