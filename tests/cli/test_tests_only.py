"""Product code is a group of its own in every report, and --tests-only leaves it alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from loopscope.types import Options
from tests.folders import contents
from tests.suites_in_memory import migrate_files

Run = Callable[..., Any]
Tree = Callable[[dict[str, str]], None]

ASKS = "import asyncio\n\n\nasync def now():\n    return asyncio.get_event_loop().time()\n"
KEEPS = ASKS + "\n\ndef old():\n    return asyncio.get_event_loop()\n"
SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "src/shop/clock.py": KEEPS,
    "tests/helpers.py": ASKS,
    "tests/test_a.py": (
        "from helpers import now\nfrom shop import clock\n\n\n"
        "async def test_a():\n    await now()\n    await clock.now()\n"
    ),
}


def product_of(files: dict[str, str], **options: Any) -> set[str]:
    """Return the files of product code that are named for a call in them."""
    return set(migrate_files({"pytest.ini": SUITE["pytest.ini"], **files}, **options).product)


# -- what it is -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["clock.py", "shop/clock.py", "src/shop/clock.py", "shop/testing/clock.py", "latest/clock.py"],
)
def test_what_lies_outside_of_the_tests_is_product_code_also_when_tests_import_it(
    path: str,
) -> None:
    name = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
    test = f"import {name}\n\n\nasync def test_a(): ...\n"
    assert product_of({path: ASKS, "tests/test_a.py": test}) == {path}
    assert product_of({path: ASKS, "tests/test_a.py": test.partition("\n")[2]}) == {path}


@pytest.mark.parametrize(
    ("path", "test"),
    [
        ("tests/helpers.py", "tests/test_a.py"),
        ("tests/fakes/server.py", "tests/test_a.py"),
        ("shop/tests/helpers.py", "shop/tests/test_a.py"),
        ("unit_tests/helpers.py", "unit_tests/test_a.py"),
        ("tests-e2e/pages/helpers.py", "tests-e2e/test_a.py"),
        ("test_a.py", "test_a.py"),
        ("conftest.py", "tests/test_a.py"),
    ],
)
def test_what_the_tests_are_made_of_is_none(path: str, test: str) -> None:
    files = {test: "async def test_a(): ...\n"}
    assert product_of({**files, path: ASKS}) == set()
    assert migrate_files({**files, path: ASKS}, tests_only=True).changes[-1].path == path


def test_folder_that_the_configuration_names_is_one_of_tests() -> None:
    files = {
        "qa/helpers.py": ASKS,
        "qa/test_a.py": "import helpers\n\n\nasync def test_a(): ...\n",
    }
    assert product_of(files) == {"qa/helpers.py"}
    assert product_of({**files, "pytest.ini": "[pytest]\ntestpaths = qa\n"}) == set()


def test_folder_of_product_code_that_is_named_nearly_like_tests_holds_none() -> None:
    test = "from ab_test import run\n\n\nasync def test_a(): ...\n"
    assert product_of({"ab_test/run.py": ASKS, "tests/test_a.py": test}) == {"ab_test/run.py"}


@pytest.mark.parametrize(
    "conftest",
    ['pytest_plugins = ["shop.plugin"]\n', "from shop.plugin import one\n"],
)
def test_module_with_fixtures_of_the_tests_is_none(conftest: str) -> None:
    plugin = ASKS + "\n\nimport pytest\n\n\n@pytest.fixture\ndef one(): ...\n"
    test = "async def test_a(one): ...\n"
    files = {"shop/plugin.py": plugin, "conftest.py": conftest, "tests/test_a.py": test}
    assert product_of(files) == set()


def test_folder_of_tests_with_a_configuration_of_its_own(loopscope: Run, tree: Tree) -> None:
    tree({f"shop/tests/{name}": text for name, text in SUITE.items()})
    tree({"shop/tests/client.py": ASKS, "shop/setup.py": ""})
    [suite] = json.loads(loopscope("check", "shop/tests", "--format", "json").out)["suites"]
    assert suite["changes"]
    assert suite["product"] == []


# -- --tests-only -----------------------------------------------------------------------


def test_tests_only_leaves_it_out(loopscope: Run, tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)
    result = loopscope("migrate", "--tests-only")
    assert result.code == 0
    assert "clock.py" not in result.out
    after = contents(tmp_path)
    assert after["src/shop/clock.py"] == KEEPS.encode()
    assert b"get_running_loop" in after["tests/helpers.py"]
    assert loopscope("check", "--tests-only").code == 0
    assert loopscope("check").code == 1


def test_tests_only_stands_in_the_table_and_can_be_taken_back(loopscope: Run, tree: Tree) -> None:
    tree({**SUITE, "pyproject.toml": "[tool.loopscope]\ntests_only = true\n"})
    assert "clock.py" not in loopscope("check").out
    assert "clock.py" in loopscope("check", "--no-tests-only").out


def test_patched_name_in_product_code_is_no_matter_then() -> None:
    test = (
        "from unittest.mock import patch\nimport shop.clock\n\n\n"
        'async def test_a():\n    with patch("shop.clock.asyncio.get_event_loop"):\n'
        "        await shop.clock.now()\n"
    )
    files = {"pytest.ini": "[pytest]\nasyncio_mode = auto\n", "shop/clock.py": ASKS}
    files["tests/test_a.py"] = test
    codes = {one.code for one in migrate_files(files).findings}
    assert "LS309" in codes
    assert "LS309" not in {one.code for one in migrate_files(files, tests_only=True).findings}
    assert Options().tests_only is False


# -- as the part that is given --------------------------------------------------------------


@pytest.mark.parametrize("part", ["src", "src/shop/clock.py"])
def test_product_code_alone_is_right_without_the_rest(
    part: str, loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    override = (
        "import asyncio, pytest\n\n\n@pytest.fixture(scope='session')\ndef event_loop():\n"
        "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
    )
    tree({**SUITE, "conftest.py": override, "requirements.txt": "pytest-asyncio==0.21.1\n"})
    before = contents(tmp_path)
    result = loopscope("migrate", part)
    assert (result.code, result.err) == (0, "")
    after = contents(tmp_path)
    assert {path for path in after if after[path] != before[path]} == {"src/shop/clock.py"}
    assert loopscope("check", part).code == 0
    assert loopscope("check", part, "tests").code == 1
    assert "tests/helpers.py" in loopscope("check", part, "tests", "-v").out


# -- in reports -------------------------------------------------------------------------


def test_text_shows_it_last(loopscope: Run, tree: Tree) -> None:
    tree(SUITE)
    lines = loopscope("check").out.splitlines()
    at = lines.index("changed in product code:")
    assert lines[at + 1 : at + 4] == ["src/shop/clock.py: 1 edit", "", "notes in product code:"]
    assert lines[at + 4].startswith("src/shop/clock.py:9:12: LS303 note: ")
    lines = loopscope("check", "-v").out.splitlines()
    at = lines.index("  product code")
    assert any(line.startswith("tests/helpers.py:") for line in lines[:at])
    place = "src/shop/clock.py:5:5"
    assert lines[at + 1] == f"{place}: LS107 now: get_event_loop() becomes get_running_loop()"


def test_json_lists_its_files(loopscope: Run, tree: Tree) -> None:
    tree(SUITE)
    [suite] = json.loads(loopscope("check", "--format", "json").out)["suites"]
    assert suite["product"] == ["src/shop/clock.py"]
    assert {one["path"] for one in suite["changes"]} > set(suite["product"])
    document = loopscope("check", "--tests-only", "--format", "json").out
    assert json.loads(document)["suites"][0]["product"] == []


def test_github_titles_and_sarif_tags_say_it(loopscope: Run, tree: Tree) -> None:
    tree(SUITE)
    lines = loopscope("check", "--format", "github").out.splitlines()
    product = [line for line in lines if "title=LS107 running-loop (product code)::" in line]
    assert len(product) == 1
    assert lines.index(product[0]) > lines.index(
        next(line for line in lines if "file=tests/helpers.py" in line)
    )
    [run] = json.loads(loopscope("check", "--format", "sarif").out)["runs"]
    tagged = {
        one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for one in run["results"]
        if one.get("properties") == {"tags": ["product-code"]}
    }
    assert tagged == {"src/shop/clock.py"}


def test_html_page_has_a_section_for_it(loopscope: Run, tree: Tree, tmp_path: Path) -> None:
    tree(SUITE)
    loopscope("check", "--html", "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert page.index("tests/helpers.py") < page.index("<h3>Left to do in product code</h3>")
    at = page.index("<h3>Would change, product code</h3>")
    assert "src/shop/clock.py" in page[at:]


def test_patch_dir_gives_it_a_patch_of_its_own_and_each_applies_alone(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    tree({f"{name}/{path}": text for name in ("one", "two") for path, text in SUITE.items()})
    result = loopscope("migrate", "--patch-dir", "patches")
    assert {path.name for path in (tmp_path / "patches").iterdir()} == {
        "one.patch", "one-product.patch", "two.patch", "two-product.patch",
    }  # fmt: skip
    assert "git apply patches/one-product.patch" in result.out
    assert b"shop" not in (tmp_path / "patches/one.patch").read_bytes()
    for name in ("one-product", "two"):
        patch = f"patches/{name}.patch"
        subprocess.run(["git", "apply", patch], cwd=tmp_path, check=True, timeout=60)
    after = contents(tmp_path)
    assert b"get_running_loop" in after["one/src/shop/clock.py"]
    assert b"get_running_loop" not in after["one/tests/helpers.py"]
    assert b"get_running_loop" in after["two/tests/helpers.py"]


def test_patches_of_suites_never_overwrite_each_other(
    loopscope: Run, tree: Tree, tmp_path: Path
) -> None:
    names = ("a", "a-product")
    tree({f"{name}/{path}": text for name in names for path, text in SUITE.items()})
    loopscope("migrate", "--patch-dir", "patches")
    assert len(list((tmp_path / "patches").iterdir())) == 4
