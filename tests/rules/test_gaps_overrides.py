"""LS101, LS106 and LS311: cases that mutants of the code have shown to be without a test."""

from __future__ import annotations

import pytest

from loopscope.types import Target
from tests.suites_in_memory import AUTO, after, messages, migrate_files

HEAD = "import asyncio\n\nimport pytest\nimport uvloop\n\n\n"
MAKE = ("loop = asyncio.new_event_loop()", "yield loop", "loop.close()")
KIND = tuple(line.replace("asyncio.", "uvloop.") for line in MAKE)
POLICY_WORK = (
    "loop = asyncio.new_event_loop()",
    "start(asyncio.get_event_loop_policy())",
    "yield loop",
    "loop.close()",
)
WORK = ("loop = asyncio.new_event_loop()", "start()", "yield loop", "loop.close()")
TEST = "async def test_one():\n    pass\n"


def override(*body: str, decorator: str = "", head: str = HEAD) -> str:
    lines = "".join(f"    {line}\n" for line in body)
    return f"{head}@pytest.fixture{decorator}\ndef event_loop():\n{lines}"


def edits(files: dict[str, str], **options: object) -> list[str]:
    changes = migrate_files({"pytest.ini": AUTO, **files}, **options).changes
    return [f"{c.path}:{e.line} {e.code} {e.message}" for c in changes for e in c.edits]


def found(files: dict[str, str], **options: object) -> list[str]:
    findings = migrate_files({"pytest.ini": AUTO, **files}, **options).findings
    return [f"{f.path}:{f.line} {f.code} {f.level.value}: {f.message}" for f in findings]


def test_message_about_one_kind_of_loop_does_not_count_it() -> None:
    made = edits({"conftest.py": override(*KIND), "test_a.py": TEST})
    assert "conftest.py:8 LS101 override replaced by a loop factory" in made


def test_message_about_params_counts_them() -> None:
    text = override(
        "loop = request.param()", "yield loop", "loop.close()",
        decorator="(params=[asyncio.new_event_loop, uvloop.new_event_loop])",
    ).replace("event_loop():", "event_loop(request):")  # fmt: skip
    made = edits({"conftest.py": text, "test_a.py": TEST})
    what = "override replaced by a loop factory for each of its 2 params"
    assert f"conftest.py:8 LS101 {what}" in made


def test_factories_below_each_other_both_go() -> None:
    files = {
        "conftest.py": override(*KIND),
        "sub/conftest.py": override(*KIND),
        "sub/test_b.py": TEST.replace("one", "two"),
        "test_a.py": TEST,
    }
    assert not found(files)
    result = after({"pytest.ini": AUTO, **files})
    assert "pytest_asyncio_loop_factories" in result["conftest.py"]
    assert "pytest_asyncio_loop_factories" in result["sub/conftest.py"]


def test_factory_above_another_loop_is_for_a_person() -> None:
    files = {
        "conftest.py": override(*KIND),
        "sub/conftest.py": override(*MAKE),
        "sub/test_b.py": TEST.replace("one", "two"),
        "test_a.py": TEST,
    }
    assert any("test_two below it has a loop of its own" in text for text in found(files))


def test_loops_that_two_modules_import_by_name_come_from_a_policy() -> None:
    files = {
        "loops.py": override(*KIND),
        "test_a.py": f"from loops import event_loop\n{TEST}",
        "test_b.py": f"from loops import event_loop\n{TEST}",
        "test_c.py": TEST,
    }
    result = after(files)
    assert "def event_loop_policy" in result["loops.py"]
    for path in ("test_a.py", "test_b.py"):
        assert result[path].startswith("from loops import event_loop_policy\n")
    assert result["test_c.py"] == TEST


def test_work_is_replaced_from_1_0_on_and_not_before() -> None:
    files = {"conftest.py": override(*WORK), "test_a.py": TEST}
    for target in ("1.0", "1.1"):
        assert "does its work" in "".join(edits(files, target=Target.parse(target)))
    assert "older than 1.0" in "".join(found(files, target=Target.parse("0.26")))


@pytest.mark.parametrize(
    ("target", "option"), [("1.1", False), ("1.2", True), ("1.5", True)]
)  # fmt: skip
def test_debug_mode_of_the_root_becomes_an_option_from_1_2_on(target: str, option: bool) -> None:
    body = ("loop = asyncio.new_event_loop()", "loop.set_debug(True)", "yield loop")
    files = {"pytest.ini": AUTO, "conftest.py": override(*body), "test_a.py": TEST}
    result = after(files, target=Target.parse(target))
    assert ("asyncio_debug" in result["pytest.ini"]) is option
    assert ("set_debug" in result["conftest.py"]) is not option


@pytest.mark.parametrize("base", ["from elsewhere import *\n", "from other import event_loop\n"])
def test_import_of_what_may_be_there_is_not_complained_about(base: str) -> None:
    files = {"base.py": base, "conftest.py": "from base import event_loop\n", "test_a.py": TEST}
    assert not [text for text in found(files) if "no longer has it" in text]


def test_import_of_what_cannot_be_read_is_not_complained_about_twice() -> None:
    base = override(*MAKE).replace("@pytest.fixture", "@pytest.mark.slow\n@wide()")
    base = base.replace("@pytest", "wide = pytest.fixture\n\n\n@pytest", 1)
    files = {"base.py": base, "conftest.py": "from base import event_loop\n", "test_a.py": TEST}
    assert not [text for text in found(files) if "no longer has it" in text]


def test_import_of_what_is_gone() -> None:
    files = {"base.py": "one = 1\n", "conftest.py": "from base import event_loop\n"}
    assert "no longer has it" in "".join(found({**files, "test_a.py": TEST}))


def test_override_that_nobody_sees_in_a_modern_suite_is_only_noted() -> None:
    files = {
        "pytest.ini": AUTO + "asyncio_default_fixture_loop_scope = function\n",
        "helpers.py": override(*MAKE),
        "test_a.py": TEST,
    }
    assert messages(migrate_files(files)) == ["helpers.py:8 LS101 note"]


def test_override_that_nobody_sees_without_async_tests_is_only_noted() -> None:
    files = {"helpers.py": override(*MAKE), "test_a.py": "def test_one():\n    pass\n"}
    assert "helpers.py:8 LS101 note" in messages(migrate_files({"pytest.ini": AUTO, **files}))


def test_override_that_nobody_sees_beside_async_tests_is_for_a_person() -> None:
    files = {"helpers.py": override(*MAKE), "test_a.py": TEST}
    assert "helpers.py:8 LS101 action" in messages(migrate_files({"pytest.ini": AUTO, **files}))


def test_unreadable_override_after_a_helper_without_pytest() -> None:
    files = {
        "aaa.py": "import asyncio\n\n\ndef now():\n    return asyncio.get_event_loop()\n",
        "test_a.py": "from kit import fixture as wide\n" + HEAD + "\n\n"
        "@wide()\ndef event_loop():\n    yield asyncio.new_event_loop()\n\n\n" + TEST,
    }
    assert "cannot be read as a fixture" in "".join(found(files))


def test_override_after_one_that_stays_ordinary_in_the_same_file() -> None:
    """The first is met by sync tests only, the second by async ones."""
    first = (
        "class TestSync:\n"
        "    @pytest.fixture\n"
        "    def event_loop(self):\n"
        "        loop = asyncio.new_event_loop()\n"
        "        yield loop\n"
        "        loop.close()\n\n"
        "    def test_sync(self, event_loop):\n"
        "        event_loop.call_soon(print)\n\n\n"
    )
    second = override(*MAKE, head="")
    files = {"pytest.ini": AUTO, "test_a.py": HEAD + first + second + "\n\n" + TEST}
    result = after(files)["test_a.py"]
    assert "    def event_loop(self):" in result
    assert "\ndef event_loop():" not in result


POLICY = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture{}\ndef event_loop_policy():\n"
    "    return asyncio.WindowsSelectorEventLoopPolicy()\n"
)


def test_policy_of_the_root_becomes_a_factory_for_wide_loops_too() -> None:
    files = {
        "pytest.ini": AUTO + "asyncio_default_test_loop_scope = session\n"
        "asyncio_default_fixture_loop_scope = session\n",
        "conftest.py": POLICY.format('(scope="session")'),
        "test_a.py": TEST,
    }
    assert "pytest_asyncio_loop_factories" in after(files)["conftest.py"]


def test_policy_of_a_folder_beside_wide_loops_is_for_a_person() -> None:
    files = {
        "pytest.ini": AUTO + "asyncio_default_test_loop_scope = session\n"
        "asyncio_default_fixture_loop_scope = session\n",
        "sub/conftest.py": POLICY.format('(scope="session")'),
        "sub/test_a.py": TEST,
    }
    assert "sub/conftest.py:7 LS106 note" in messages(migrate_files(files))
    files["test_b.py"] = TEST  # on the same loop
    assert "sub/conftest.py:7 LS106 action" in messages(migrate_files(files))


def policies(*body: str) -> list[str]:
    """LS311 about an override in a conftest."""
    files = {"conftest.py": override(*body), "test_a.py": TEST}
    return [text for text in found(files) if "LS311" in text]


def test_policy_that_goes_with_work_that_nobody_set_up() -> None:
    files = {
        "conftest.py": override(*POLICY_WORK),
        "sub/conftest.py": override(*MAKE),
        "sub/test_a.py": TEST,
    }
    assert not [text for text in found(files) if "LS311" in text]
    assert "policy" not in after({"pytest.ini": AUTO, **files})["conftest.py"]


def test_policy_that_stays_in_a_factory() -> None:
    make = "loop = asyncio.get_event_loop_policy().new_event_loop()"
    assert policies("kit.install_uvloop()", make, "yield loop", "loop.close()")


def test_policy_that_stays_in_the_work_of_an_override() -> None:
    assert policies(*POLICY_WORK)


def test_work_beside_nothing_of_policies() -> None:
    assert not policies(*WORK)


def test_import_of_an_override_that_becomes_a_bridge_stays_beside_a_class_with_its_own() -> None:
    loops = "import asyncio, pytest\n\n@pytest.fixture\ndef event_loop():\n" + "".join(
        f"    {line}\n" for line in MAKE
    )
    files = {
        "pytest.ini": AUTO,
        "loops.py": loops,
        "test_a.py": (
            "import asyncio, pytest\nfrom loops import event_loop\n\n"
            "def test_s(event_loop):\n    loop = event_loop\n    assert not loop.is_running()\n\n"
            "class TestA:\n    @pytest.fixture\n    def event_loop(self):\n"
            + "".join(f"        {line}\n" for line in MAKE)
            + "\n    async def test_b(self): ...\n"
        ),
    }
    result = after(files)["test_a.py"]
    assert "from loops import event_loop\n" in result
    assert "new_event_loop" not in result


def test_bridge_for_an_override_that_is_imported_by_the_name_of_its_function() -> None:
    loops = "import asyncio, pytest\n\n@pytest.fixture(name='event_loop')\ndef {}():\n" + "".join(
        f"    {line}\n" for line in MAKE
    )
    asks = "def test_s(event_loop):\n    loop = event_loop\n    assert not loop.is_running()\n"
    files = {
        "pytest.ini": AUTO,
        "loops.py": loops.format("_event_loop"),
        "conftest.py": "from loops import _event_loop\n",
        "test_a.py": f"{asks}\nasync def test_a(): ...\n",
    }
    result = after(files)
    assert result["conftest.py"] == files["conftest.py"]
    assert "(name='event_loop')\nasync def _event_loop():" in result["loops.py"]


@pytest.mark.parametrize("inner", [("loop.set_debug(True)",), ()])
def test_debug_mode_is_an_option_where_all_loops_have_it(inner: tuple[str, ...]) -> None:
    made = "loop = asyncio.new_event_loop()"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": override(made, "loop.set_debug(True)", "yield loop"),
        "test_a.py": TEST,
        "inner/conftest.py": override(made, *inner, "yield loop"),
        "inner/test_b.py": TEST,
    }
    result = after(files)
    assert ("asyncio_debug" in result["pytest.ini"]) is bool(inner)
    assert ("set_debug" in result["conftest.py"]) is not bool(inner)
    assert "set_debug" not in result["inner/conftest.py"]
