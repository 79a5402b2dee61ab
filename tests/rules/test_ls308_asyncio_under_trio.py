"""LS308: asyncio in tests that also run on trio."""

from __future__ import annotations

from tests.rules.reported import MODERN, found

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


def test_ls308_fixtures_that_trio_does_not_run() -> None:
    """pytest-asyncio runs one on a loop, a plain one runs on none: only the test is under trio."""
    for fixture in (
        QUEUER.replace("pytest.fixture", "pytest_asyncio.fixture"),
        QUEUER.replace("async def", "def"),
    ):
        lines = found(BACKENDS + SLEEPER + fixture, "LS308", pytest__ini=STRICT)
        assert lines == ["test_a.py:13 LS308 note"]
