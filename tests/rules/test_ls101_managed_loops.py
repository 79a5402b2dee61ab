"""LS101: overrides whose loop a context manager, a generator or a cached function makes."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after, messages, migrate_files

HEAD = "import asyncio\nimport contextlib\nimport functools\nimport sys\n\nimport pytest\n\n\n"
TESTS = (
    "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_one(): ...\n\n\n"
    "@pytest.mark.asyncio\nasync def test_two(): ...\n"
)
OVERRIDE = '\n\n@pytest.fixture(scope="session")\ndef event_loop():\n'
MANAGER = "@contextlib.contextmanager\n"
GENERATOR = "def managed():\n    loop = asyncio.new_event_loop()\n"
BARE = "    yield loop\n    loop.close()\n"
GUARDED = "    try:\n        yield loop\n    finally:\n        loop.close()\n"
WITH = "    with managed() as loop:\n        yield loop\n"
FROM = "    yield from managed()\n"


@pytest.mark.parametrize("end", [BARE, GUARDED])
@pytest.mark.parametrize(("decorator", "body"), [(MANAGER, WITH), ("", FROM)])
def test_plain_loop(decorator: str, body: str, end: str) -> None:
    maker, override = HEAD + decorator + GENERATOR + end, OVERRIDE + body
    result = after({"conftest.py": maker + override, "test_x.py": TESTS})
    assert "event_loop()" not in result["conftest.py"].replace("new_event_loop()", "")
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]
    imported = HEAD + "from loops import managed\n" + override
    result = after({"loops.py": maker, "conftest.py": imported, "test_x.py": TESTS})
    assert result["conftest.py"].strip().startswith("import")
    assert "managed" not in result["conftest.py"]


@pytest.mark.parametrize(
    "maker",
    [
        MANAGER + GENERATOR + "    start(loop)\n" + BARE,
        MANAGER + GENERATOR + "    loop.set_debug(True)\n" + BARE,
        MANAGER + GENERATOR.replace("asyncio.new", "uvloop.new") + BARE,
        MANAGER + GENERATOR.replace("managed()", "managed(app)") + BARE,
        "@other\n" + GENERATOR + BARE,
    ],
)
def test_it_does_more(maker: str) -> None:
    files = {"conftest.py": HEAD + maker + OVERRIDE + WITH, "test_x.py": TESTS}
    assert any(" LS101 action" in item for item in messages(migrate_files(files)))


def test_match_is_a_loop_factory() -> None:
    body = (
        "    match sys.platform:\n        case 'win32':\n"
        "            loop = asyncio.ProactorEventLoop()\n        case _:\n"
        "            loop = asyncio.new_event_loop()\n"
    )
    result = after({"conftest.py": HEAD + OVERRIDE + body + BARE, "test_x.py": TESTS})
    assert 'return {"event_loop": new_event_loop}' in result["conftest.py"]
    assert "match sys.platform:" in result["conftest.py"]


@pytest.mark.parametrize("cache", ["functools.lru_cache(maxsize=None)", "functools.cache"])
def test_cached_function_is_the_loop_factory(cache: str) -> None:
    maker = f"@{cache}\ndef make():\n    return asyncio.new_event_loop()\n"
    override = OVERRIDE + "    loop = make()\n" + BARE
    result = after({"conftest.py": HEAD + maker + override, "test_x.py": TESTS})
    assert 'return {"event_loop": make}' in result["conftest.py"]
