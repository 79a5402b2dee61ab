from __future__ import annotations

import pytest

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.suite.namespaces import Namespaces
from loopscope.types import CrossSuiteFiles, PytestConfig

PATHS = ("tests/__init__.py", "tests/helpers.py", "src/pkg/sub/__init__.py")


@pytest.mark.parametrize(
    ("module", "path"),
    [
        (".", "tests/__init__.py"),
        (".helpers", "tests/helpers.py"),
        (".__init__", "tests/__init__.py"),
        ("helpers", "tests/helpers.py"),
        ("tests", "tests/__init__.py"),
        ("tests.helpers", "tests/helpers.py"),
        ("tests/helpers", "tests/helpers.py"),  # as pytest_plugins may have it
        ("pkg.sub", "src/pkg/sub/__init__.py"),
        ("pkg", None),
        ("typing", None),
    ],
)
def test_module_is_found_by_its_last_name(module: str, path: str | None) -> None:
    files = {path: FileFacts(path) for path in PATHS}
    names = Namespaces(files, PytestConfig(), CrossSuiteFiles())
    assert names.find("tests/test_a.py", module) == path
