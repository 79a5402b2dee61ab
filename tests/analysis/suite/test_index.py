"""Which tests pytest collects where."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import model_of

TESTS = "async def test_a():\n    pass\n\n\ndef test_b():\n    pass\n\n\ndef helper():\n    pass\n"


@pytest.mark.parametrize(
    ("imports", "expected"),
    [
        ("from shared import *\n", ["test_x.py::test_a", "test_x.py::test_b"]),
        ("from shared import test_a, helper\n", ["test_x.py::test_a"]),
        ("from shared import test_a as test_c\n", ["test_x.py::test_c"]),
        ("from shared import test_a as case\n", []),
        ("import shared\n", []),
        ("from shared import test_a\ndef test_a():\n    pass\n", ["test_x.py::test_a"]),
    ],
)
def test_imported_test_functions(imports: str, expected: list[str]) -> None:
    model = model_of({"shared.py": TESTS, "test_x.py": imports})
    assert [test.id for test in model.tests] == expected


def test_modules_that_import_each_other() -> None:
    files = {
        "test_a.py": "from test_b import *\ndef test_one():\n    pass\n",
        "test_b.py": "from test_a import *\ndef test_two():\n    pass\n",
    }
    assert {"test_a.py::test_one", "test_a.py::test_two", "test_b.py::test_two"} <= {
        test.id for test in model_of(files).tests
    }


def test_both_of_two_tests_that_a_condition_chooses_from() -> None:
    source = (
        "if True:\n    async def test_a():\n        pass\nelse:\n    def test_a():\n        pass\n"
    )
    tests = model_of({"test_x.py": source}).tests
    assert [test.function.is_async for test in tests] == [True, False]
