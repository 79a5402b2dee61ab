"""Overrides of every scope, in every place where pytest finds them."""

from __future__ import annotations

from .sample import AUTO, STRICT, Sample, override, sample

# Tests that write down their loop in a module of the suite, so that others can look at it.
_SEEN = "seen = []\n"

_TWO_TESTS = """
import asyncio

import pytest
from seen import seen

pytestmark = pytest.mark.asyncio


async def test_one():
    seen.append(asyncio.get_running_loop())


async def test_two():
    assert (seen[-1] is asyncio.get_running_loop()) is {same}
    seen.append(asyncio.get_running_loop())
"""


def _with_override(scope: str) -> str:
    """Put the two tests below an override of their own."""
    _, imports, tests = _TWO_TESTS.format(same=True).partition("from seen import seen\n")
    return override(scope).replace("import pytest\n", f"import pytest\n{imports}") + tests


_LATER = """
import asyncio

import pytest
from seen import seen


@pytest.mark.asyncio
async def test_later():
    assert (seen[-1] is asyncio.get_running_loop()) is {same}
"""

_CLASSES = """
import asyncio

import pytest


@pytest.mark.asyncio
class TestFirst:
    loops = []

    async def test_one(self):
        self.loops.append(asyncio.get_running_loop())

    async def test_two(self):
        assert self.loops == [asyncio.get_running_loop()]


class TestSecond:
    loops = []

    @pytest.mark.asyncio
    async def test_one(self):
        self.loops.append(asyncio.get_running_loop())
        assert self.loops[0] not in TestFirst.loops

    @pytest.mark.asyncio
    async def test_two(self):
        assert self.loops == [asyncio.get_running_loop()]
"""

_ROOT: dict[str, Sample] = {
    f"{scope}_in_root_conftest": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": override(scope),
            "seen.py": _SEEN,
            "test_a.py": _TWO_TESTS.format(same=together),
            "test_b.py": _LATER.format(same=afterwards),
        }
    )
    for scope, together, afterwards in [
        ("function", False, False),
        ("module", True, False),
        ("session", True, True),
    ]
}

_PLACES: dict[str, Sample] = {
    "class_in_root_conftest": sample(
        {"pytest.ini": STRICT, "conftest.py": override("class"), "test_classes.py": _CLASSES}
    ),
    "class_in_the_class": sample(
        {
            "pytest.ini": AUTO,
            "test_classes.py": """
                import asyncio

                import pytest

                loops = []


                class TestOwnLoop:
                    @pytest.fixture(scope="class")
                    def event_loop(self):
                        loop = asyncio.new_event_loop()
                        yield loop
                        loop.close()

                    async def test_one(self):
                        loops.append(asyncio.get_running_loop())

                    async def test_two(self):
                        assert loops == [asyncio.get_running_loop()]


                async def test_outside():
                    assert asyncio.get_running_loop() not in loops


                async def test_outside_again():
                    assert asyncio.get_running_loop() not in loops
                """,
        }
    ),
    "package_in_root_conftest": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": override("package"),
            "seen.py": _SEEN,
            "tests/__init__.py": "",
            "tests/test_a.py": _TWO_TESTS.format(same=True),
            "tests/test_b.py": _LATER.format(same=True),
        },
        may_join=True,
    ),
    "package_in_two_packages": sample(
        {
            "pytest.ini": STRICT,
            "conftest.py": override("package"),
            "seen.py": _SEEN,
            "first/__init__.py": "",
            "first/test_a.py": _TWO_TESTS.format(same=True),
            "second/__init__.py": "",
            "second/test_c.py": _TWO_TESTS.format(same=True),
        },
        may_join=True,
    ),
    "package_in_each_of_two_packages": sample(
        {
            "pytest.ini": AUTO,
            "seen.py": _SEEN,
            "first/__init__.py": "",
            "first/conftest.py": override("package"),
            "first/test_a.py": _TWO_TESTS.format(same=True),
            "first/test_b.py": _LATER.format(same=True),
            "second/__init__.py": "",
            "second/conftest.py": override("package"),
            "second/test_c.py": _TWO_TESTS.format(same=True),
        },
        may_join=True,  # package loops of all packages are one since 1.0
    ),
    "package_with_a_sub_package": sample(
        {
            "pytest.ini": STRICT,
            "seen.py": _SEEN,
            "tests/__init__.py": "",
            "tests/conftest.py": override("package"),
            "tests/test_a.py": _TWO_TESTS.format(same=True),
            "tests/unit/__init__.py": "",
            "tests/unit/test_b.py": _TWO_TESTS.format(same=True),
        },
        may_join=True,
    ),
    "module_in_nested_conftest": sample(
        {
            "pytest.ini": AUTO,
            "seen.py": _SEEN,
            "tests/slow/conftest.py": override("module"),
            "tests/slow/test_a.py": _TWO_TESTS.format(same=True),
            "tests/slow/test_b.py": _LATER.format(same=False),
            "tests/quick/test_c.py": _TWO_TESTS.format(same=False),
        }
    ),
    "session_in_nested_conftest": sample(
        {
            "pytest.ini": AUTO,
            "seen.py": _SEEN,
            "tests/integration/conftest.py": override("session"),
            "tests/integration/test_a.py": _TWO_TESTS.format(same=True),
            "tests/integration/test_b.py": _LATER.format(same=True),
            "tests/unit/test_c.py": _TWO_TESTS.format(same=False),
        }
    ),
    "two_modules_with_their_own": sample(
        {
            "pytest.ini": STRICT,
            "seen.py": _SEEN,
            "test_a.py": _with_override("module"),
            "test_b.py": _with_override("module"),
            "test_c.py": _TWO_TESTS.format(same=False),
        }
    ),
    "session_in_a_test_module": sample(
        {
            "pytest.ini": STRICT,
            "seen.py": _SEEN,
            "test_a.py": _with_override("session"),
            "test_b.py": _LATER.format(same=False),
        }
    ),
    "in_a_plugin_module": sample(
        {
            "pytest.ini": AUTO,
            "conftest.py": 'pytest_plugins = ["plugins.loops"]\n',
            "plugins/__init__.py": "",
            "plugins/loops.py": override("session"),
            "seen.py": _SEEN,
            "tests/test_a.py": _TWO_TESTS.format(same=True),
            "tests/test_b.py": _LATER.format(same=True),
        }
    ),
    "imported_by_name": sample(
        {
            "pytest.ini": STRICT,
            "helpers.py": override("module"),
            "seen.py": _SEEN,
            "test_a.py": "from helpers import event_loop  # noqa: F401\n"
            + _TWO_TESTS.format(same=True),
            "test_b.py": "from helpers import event_loop  # noqa: F401\n"
            + _TWO_TESTS.format(same=True),
            "test_c.py": _LATER.format(same=False),
        }
    ),
}

SAMPLES: dict[str, Sample] = {**_ROOT, **_PLACES}
