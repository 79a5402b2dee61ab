"""Which tests pytest collects where."""

from __future__ import annotations

import pytest

from loopscope.analysis.file.reader import read_file
from loopscope.analysis.suite.classify import Settings
from loopscope.analysis.suite.closure import RequestKind
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.types import PytestConfig
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


def test_definitions_that_a_condition_chooses_from_have_closures_of_their_own() -> None:
    source = (
        "import pytest\n\n@pytest.fixture\ndef one(): ...\n\n@pytest.fixture\ndef two(): ...\n\n"
        "if True:\n    def test_a(one): ...\nelse:\n    def test_a(two): ...\n"
    )
    model = model_of({"test_x.py": source})
    found = [[item.fixture.name for item in model.closure(test).fixtures] for test in model.tests]
    assert found == [["one"], ["two"]]


CLASSES = (
    "class TestOuter:\n    def test_a(self): ...\n"
    "    class TestInner:\n        def test_b(self): ...\n"
)
IDS = ["TestOuter::test_a", "TestOuter::TestInner::test_b"]


def test_classes_within_classes_and_imported_ones() -> None:
    files = {"test_a.py": CLASSES, "test_b.py": "from test_a import TestOuter\n"}
    ids = [test.id for test in model_of(files).tests]
    assert ids == [f"{path}::{name}" for path in files for name in IDS]


@pytest.mark.parametrize("base", ["unittest.TestCase", "IsolatedAsyncioTestCase", "OurTestCase"])
def test_test_cases_are_not_pytest_asyncios_business(base: str) -> None:
    source = f"import unittest\n\nclass Cases({base}):\n    async def test_a(self): ...\n"
    model = model_of({"test_x.py": source})
    assert [test.unittest for test in model.index.tests] == [True]
    assert not model.tests


def configured(files: dict[str, str], **options: str | tuple[str, ...]) -> SuiteModel:
    facts = {path: read_file(path, text) for path, text in files.items()}
    return SuiteModel(facts, PytestConfig("pytest.ini", options=options), Settings())


def test_plugins_of_the_command_line() -> None:
    files = dict.fromkeys(("one.py", "two.py", "three.py"), "")
    assert configured(files, addopts="one -p two -q three").index.plugins == ("two.py",)


def test_empty_option_is_the_default() -> None:
    files = {"test_x.py": "def test_a(): ...\n", "y.py": "def test_b(): ...\n"}
    for value in ("", ()):
        assert configured(files, python_files=value).index.test_modules == ("test_x.py",)
    assert configured(files, python_files=("y.py",)).index.test_modules == ("y.py",)


def test_method_that_is_called_is_the_one_of_the_class() -> None:
    source = (
        "class TestOther:\n    def ask(self): ...\n\n"
        "class TestIt:\n    def ask(self): ...\n    def test_a(self, res):\n        self.ask()\n"
    )
    model = model_of({"test_x.py": source})
    assert model.closures.call_graph.of(Key("test_x.py", 4)) == (Key("test_x.py", 3),)


HELPER = "def get(request, name):\n    return request.getfixturevalue(name)\n\n"


@pytest.mark.parametrize(("name", "asks"), [("event_loop", True), ("database", False)])
def test_helper_that_gets_the_name_of_a_fixture(name: str, asks: bool) -> None:
    source = f'{HELPER}def test_a(request):\n    get(request, "{name}")\n'
    model = model_of({"test_x.py": source})
    kinds = [request.kind for request in model.closure(model.tests[0]).requests]
    assert kinds == ([RequestKind.GETFIXTUREVALUE] if asks else [])
