"""Names and scopes of fixtures that constants of their module give."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import STRICT, after

OVERRIDE = """\
    import asyncio, pytest

    {constant}

    @pytest.fixture({arguments})
    def {function}():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()
    """
TEST = "import pytest\n@pytest.mark.asyncio\nasync def test_a(): ...\n"


def migrated(constant: str, arguments: str, function: str) -> dict[str, str]:
    conftest = OVERRIDE.format(constant=constant, arguments=arguments, function=function)
    return after({"pytest.ini": STRICT, "conftest.py": conftest, "test_a.py": TEST})


def test_name_of_an_override() -> None:
    result = migrated("NAME = 'event_loop'", "scope='session', name=NAME", "own")
    assert "def own" not in result["conftest.py"]
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]


def test_scope_of_an_override() -> None:
    result = migrated("SCOPE = 'module'", "scope=SCOPE", "event_loop")
    assert "asyncio_default_test_loop_scope = module" in result["pytest.ini"]


def test_one_that_is_assigned_twice_is_no_constant() -> None:
    result = migrated("NAME = 'event_loop'\n    NAME = 'other'", "name=NAME", "own")
    assert "def own" in result["conftest.py"]


STARS = {
    "straight": {"names.py": "{}"},
    "through another": {"names.py": "from values import *\n", "values.py": "{}"},
    "by name through another": {"names.py": "from values import NAME\n", "values.py": "{}"},
    "after others": {"names.py": "from others import *\n{}", "others.py": "OTHER = 1\n"},
}


@pytest.mark.parametrize("way", STARS)
def test_constants_of_a_star_import(way: str) -> None:
    files = {path: text.format("NAME = 'event_loop'\n") for path, text in STARS[way].items()}
    conftest = OVERRIDE.format(
        constant="from names import *", arguments="scope='session', name=NAME", function="own"
    )
    result = after({"pytest.ini": STRICT, "conftest.py": conftest, "test_a.py": TEST, **files})
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]


@pytest.mark.parametrize(
    "helper",
    [
        "shared = functools.partial(pytest.fixture, scope='session')\n",
        "def shared(function):\n    return pytest.fixture(scope='session')(function)\n",
        "shared = lambda function: pytest.fixture(scope='session')(function)\n",
    ],
)
def test_fixture_decorator_of_a_star_import(helper: str) -> None:
    files = {
        "pytest.ini": STRICT,
        "helpers.py": f"import functools, pytest\n{helper}",
        "conftest.py": (
            "import asyncio\nfrom helpers import *\n\n"
            "@shared\ndef event_loop():\n"
            "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
        ),
        "test_a.py": TEST,
    }
    result = after(files)
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]


def test_constant_of_a_star_import_names_a_request() -> None:
    files = {
        "pytest.ini": STRICT,
        "names.py": "LOOP = 'event_loop'\n",
        "conftest.py": (
            "import pytest\nfrom names import *\n\n@pytest.fixture\ndef db(request):\n"
            "    return request.getfixturevalue(LOOP)\n"
        ),
        "test_a.py": "import pytest\n@pytest.mark.asyncio\nasync def test_a(db): ...\n",
    }
    assert "async def event_loop" in after(files)["conftest.py"]
