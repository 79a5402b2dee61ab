"""LS101: loops of another kind come from loop factories, or from a policy below 1.4."""

from __future__ import annotations

from textwrap import dedent

import pytest

from loopscope.types import Target
from tests.suites_in_memory import AUTO, after, migrate_files

TESTS = "async def test_one():\n    pass\n"


def override(decorator: str, *body: str, header: str = "") -> str:
    lines = "\n".join(f"    {line}" for line in body)
    return (
        f"import asyncio\n\nimport pytest\nimport uvloop\n{header}\n\n"
        f"@pytest.fixture{decorator}\ndef event_loop(request):\n{lines}\n"
    )


def conftest(text: str, **options: object) -> str:
    """Return a conftest after the migration, below its imports."""
    files = {"pytest.ini": AUTO, "conftest.py": text, "test_x.py": TESTS}
    result = after(files, **options)["conftest.py"]
    return result.split("\n\n\n", 1)[1]


def reason(text: str, **options: object) -> str:
    """Why a person must replace the override of this conftest."""
    files = {"pytest.ini": AUTO, "conftest.py": text, "test_x.py": TESTS}
    (finding,) = (f for f in migrate_files(files, **options).findings if f.code == "LS101")
    return finding.message


MAKE = "from app import make\n"
PARAM = ("loop = request.param()", "yield loop", "loop.close()")
TWO = """\
    def pytest_asyncio_loop_factories():
        return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
    """


def test_function_that_makes_the_loop_is_the_factory() -> None:
    text = override("", "loop = uvloop.new_event_loop()", "yield loop", "loop.close()")
    assert conftest(text) == dedent("""\
        def pytest_asyncio_loop_factories():
            return {"uvloop": uvloop.new_event_loop}
        """)


def test_loop_that_is_returned_at_once() -> None:
    text = override("", "return uvloop.new_event_loop()")
    assert '{"uvloop": uvloop.new_event_loop}' in conftest(text)


CONFIGURED = override(
    '(scope="session")',
    "loop = asyncio.new_event_loop()",
    "loop.set_task_factory(asyncio.eager_task_factory)  # 3.12",
    "asyncio.set_event_loop(loop)",
    "yield loop",
    "loop.close()",
)


def test_loop_that_is_configured_is_configured_while_it_runs() -> None:
    """Loop factories would reach no sync test, and need pytest-asyncio 1.4."""
    assert conftest(CONFIGURED) == dedent("""\
        @pytest_asyncio.fixture(scope="session", loop_scope="session")
        async def event_loop():
            loop = asyncio.get_running_loop()
            loop.set_task_factory(asyncio.eager_task_factory)  # 3.12
            return loop


        @pytest.fixture(autouse=True)
        def _event_loop_first(request):
            if pytest_asyncio.is_async_test(request.node):
                request.getfixturevalue("event_loop")
        """)


def test_loop_that_is_configured_has_a_factory_where_only_safe_edits_are_wanted() -> None:
    assert conftest(CONFIGURED, safe_only=True) == dedent("""\
        def new_event_loop():
            loop = asyncio.new_event_loop()
            loop.set_task_factory(asyncio.eager_task_factory)  # 3.12
            return loop


        def pytest_asyncio_loop_factories():
            return {"event_loop": new_event_loop}
        """)


def test_home_made_loop_counts_where_the_override_closes_it() -> None:
    text = override("", "loop = make()", "yield loop", "loop.close()", header=MAKE)
    assert '{"event_loop": make}' in conftest(text)
    left = override("", "loop = make()", "yield loop", header=MAKE)
    assert "it does more than making a loop" in reason(left)


@pytest.mark.parametrize(
    "decorator",
    [
        '(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])',
        '(params=[pytest.param(asyncio.new_event_loop, id="asyncio"),'
        ' pytest.param(uvloop.new_event_loop, id="uvloop")])',
    ],
)
def test_params_that_are_functions(decorator: str) -> None:
    assert conftest(override(decorator, *PARAM)) == dedent(TWO)


def test_params_that_are_modules() -> None:
    text = override("(params=[asyncio, uvloop])", "yield request.param.new_event_loop()")
    assert conftest(text) == dedent(TWO)


@pytest.mark.parametrize(
    "body",
    [
        ("kind = request.param", 'if kind == "uvloop":', "    loop = uvloop.new_event_loop()",
         "else:", "    loop = asyncio.new_event_loop()", "yield loop", "loop.close()"),
        ('loop = (asyncio if request.param != "uvloop" else uvloop).new_event_loop()',
         "yield loop", "loop.close()"),
    ],
)  # fmt: skip
def test_params_that_are_strings_choose_a_branch(body: tuple[str, ...]) -> None:
    assert conftest(override('(params=["asyncio", "uvloop"])', *body)) == dedent(TWO)


def test_params_without_names_are_numbered_as_in_the_test_ids() -> None:
    text = override("(params=[asyncio.new_event_loop, uvloop.new_event_loop])", *PARAM)
    assert '"new_event_loop0": asyncio' in conftest(text)
    policies = override(
        "(params=[asyncio.DefaultEventLoopPolicy(), uvloop.EventLoopPolicy()])",
        "asyncio.set_event_loop_policy(request.param)",
        "loop = asyncio.new_event_loop()",
        "yield loop",
    )
    assert conftest(policies) == dedent("""\
        def new_event_loop0():
            asyncio.set_event_loop_policy(asyncio.DefaultEventLoopPolicy())
            return asyncio.new_event_loop()


        def new_event_loop1():
            asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
            return asyncio.new_event_loop()


        def pytest_asyncio_loop_factories():
            return {"event_loop0": new_event_loop0, "event_loop1": new_event_loop1}
        """)


def test_params_that_only_repeat_the_tests() -> None:
    text = override("(params=[1, 2])", "yield asyncio.new_event_loop()")
    assert '{"1": asyncio.new_event_loop, "2": asyncio.new_event_loop}' in conftest(text)


@pytest.mark.parametrize(
    ("decorator", "why"),
    [
        ("(params=KINDS)", "its params are not written in the decorator"),
        ("(params=[*KINDS])", "its params are not written in the decorator"),
        ("(params=[asyncio, uvloop], ids=str)", "the ids of its params are not written"),
        ("(params=[asyncio, pytest.param(uvloop, marks=pytest.mark.slow)])", "carry marks"),
        ("(params=[asyncio, uvloop], ids=['a'])", "more params than ids"),
    ],
)
def test_params_that_cannot_be_read(decorator: str, why: str) -> None:
    assert why in reason(override(decorator, "yield request.param.new_event_loop()"))


@pytest.mark.parametrize(
    ("body", "work"),
    [
        (("loop = request.param.new_event_loop()", "up()", "yield loop", "down()"), "down()"),
        (("loop = request.param.new_event_loop()", "up(loop)", "yield loop"), "up(loop)"),
    ],
)
def test_params_beside_work(body: tuple[str, ...], work: str) -> None:
    text = override("(params=[asyncio])", *body)
    assert f"it makes a loop of another kind and does more: {work}" in reason(text)


def test_work_before_the_loop_is_handed_out_goes_into_the_factory() -> None:
    text = override(
        "",
        "fast = enable()",
        "assert fast",
        "loop = uvloop.new_event_loop()",
        "up()",
        "yield loop",
    )
    assert conftest(text).startswith(
        "def new_event_loop():\n    fast = enable()\n    assert fast\n"
        "    loop = uvloop.new_event_loop()\n    up()\n    return loop\n"
    )


def test_override_below_that_makes_a_default_loop_is_not_overruled() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": override("", "yield uvloop.new_event_loop()"),
        "test_x.py": override("", "yield asyncio.new_event_loop()") + "\n\n" + TESTS,
        "test_y.py": TESTS.replace("one", "two"),
    }
    finding, nearer = migrate_files(files).findings
    assert "test_one below it has a loop of its own" in finding.message
    assert "Delete it along with that one" in nearer.message


# -- a test module or class: the hook of the nearest conftest -----------------------------------


def test_kind_of_a_module_moves_to_the_nearest_conftest() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": "import uvloop as uv\n\nNAME = uv.__name__\n",
        "sub/test_x.py": override("", "yield uvloop.new_event_loop()") + "\n\n" + TESTS,
        "test_y.py": TESTS,
    }
    result = after(files)
    assert result["conftest.py"] == dedent("""\
        import asyncio

        import uvloop as uv

        NAME = uv.__name__


        def pytest_asyncio_loop_factories(item):
            if item.path.name == "test_x.py":
                return {"uvloop": uv.new_event_loop}
            return {"asyncio": asyncio.new_event_loop}
        """)
    assert "event_loop" not in result["sub/test_x.py"]


def test_two_modules_share_one_hook_and_one_function() -> None:
    configured = (
        "loop = uvloop.new_event_loop()",
        "loop.slow_callback_duration = 1",
        "yield loop",
    )
    files = {
        "pytest.ini": AUTO,
        "conftest.py": "",
        "test_x.py": override("", *configured) + "\n\n" + TESTS,
        "test_y.py": override("", *configured) + "\n\n" + TESTS,
    }
    text = after(files)["conftest.py"]
    assert text.count("def new_event_loop") == text.count("def pytest_asyncio_loop_factories") == 1
    assert text.count('return {"uvloop": new_event_loop}') == 2


CLASS = """\
    import pytest
    import uvloop


    class TestX:
        @pytest.fixture
        def event_loop(self):
            yield uvloop.new_event_loop()

        async def test_one(self):
            pass
    """


def test_kind_of_a_class() -> None:
    files = {"pytest.ini": AUTO, "conftest.py": "", "test_x.py": dedent(CLASS)}
    condition = 'item.path.name == "test_x.py" and item.cls and item.cls.__qualname__ == "TestX"'
    assert f"    if {condition}:\n" in after(files)["conftest.py"]


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"test_x.py": CLASS + "\n\n    class TestY(TestX):\n        pass\n"}, "inherit from"),
        ({"sub/test_x.py": "def test_a():\n    pass\n"}, "not the only one below"),
        ({"conftest.py": override("", "yield uvloop.new_event_loop()")},
         "so does an override in a conftest"),
        ({"test_x.py": CLASS.replace("uvloop.new_event_loop", "MyLoop")
          + "\n\n    class MyLoop:\n        pass\n"}, "which no conftest can import"),
    ],
)  # fmt: skip
def test_kind_of_a_class_that_a_hook_cannot_tell(more: dict[str, str], why: str) -> None:
    files = {"pytest.ini": AUTO, "conftest.py": "", "test_x.py": CLASS, **more}
    found = [f.message for f in migrate_files(files).findings if f.path == "test_x.py"]
    assert len(found) == 1, found
    assert why in found[0]


# -- older targets: a policy ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        ("loop = uvloop.new_event_loop()", "yield loop", "loop.close()"),
        ("asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())",
         "loop = asyncio.new_event_loop()", "yield loop"),
        ("yield uvloop.EventLoopPolicy().new_event_loop()",),
    ],
)  # fmt: skip
def test_policy_makes_the_loops_below_1_4(body: tuple[str, ...]) -> None:
    assert conftest(override("", *body), target=Target(1, 2)) == dedent("""\
        @pytest.fixture(scope="session")
        def event_loop_policy():
            return uvloop.EventLoopPolicy()
        """)


def test_policies_for_params_below_1_4() -> None:
    text = override("(params=[asyncio, uvloop])", "yield request.param.new_event_loop()")
    policies = "[asyncio.DefaultEventLoopPolicy(), uvloop.EventLoopPolicy()]"
    expected = f'@pytest.fixture(scope="session", params={policies}, ids=["asyncio", "uvloop"])'
    assert conftest(text, target=Target(1, 3)).startswith(expected + "\ndef event_loop_policy(")


def test_loop_that_no_policy_makes_is_a_finding_below_1_4() -> None:
    text = override("", "loop = make_selector_loop()", "yield loop", "loop.close()")
    assert "loop factories need --target 1.4" in reason(text, target=Target(1, 3))


@pytest.mark.parametrize("making", ["asyncio.new_event_loop()", "uvloop.new_event_loop()"])
def test_debug_mode_of_some_params_is_an_action(making: str) -> None:
    """pytest-asyncio's runner sets the mode itself, after the factory."""
    body = [f"loop = {making}", "loop.set_debug(request.param)", "yield loop"]
    files = {"pytest.ini": AUTO, "conftest.py": override("(params=[True, False])", *body)}
    (finding,) = migrate_files({**files, "test_x.py": TESTS}).findings
    assert finding.code == "LS101"
    assert "asyncio_debug" in finding.message


@pytest.mark.parametrize(
    "lines",
    [
        ("loop = uvloop.new_event_loop()", "loop.set_debug(True)", "yield loop", "loop.close()"),
        ("loop = uvloop.Loop()", "loop.set_debug(enabled=True)", "return loop"),
    ],
)
def test_debug_mode_of_a_factory_is_an_option_where_all_loops_have_it(
    lines: tuple[str, ...],
) -> None:
    files = {"pytest.ini": AUTO, "conftest.py": override("", *lines), "test_x.py": TESTS}
    migrated = after(files)
    assert "asyncio_debug = true" in migrated["pytest.ini"]
    assert "set_debug" not in migrated["conftest.py"]
    assert "pytest_asyncio_loop_factories" in migrated["conftest.py"]
    assert after(migrated) == migrated


def test_debug_mode_of_a_factory_for_a_part_is_an_action_without_assumptions() -> None:
    lines = ("loop = uvloop.Loop()", "loop.set_debug(True)", "yield loop", "loop.close()")
    files = {"a/conftest.py": override("", *lines), "a/test_x.py": TESTS, "test_y.py": TESTS}
    (finding, *_) = migrate_files({"pytest.ini": AUTO, **files}, safe_only=True).findings
    assert (finding.code, finding.path) == ("LS101", "a/conftest.py")
    assert "asyncio_debug" in finding.message


def test_params_that_come_from_the_tests_are_an_action_that_says_what_to_do() -> None:
    fixture = override("", "yield request.param()")
    test = '@pytest.mark.parametrize("event_loop", [asyncio.new_event_loop], indirect=True)\n'
    test += "@pytest.mark.asyncio\nasync def test_one(event_loop): ...\n"
    found = migrate_files({"test_x.py": fixture + "\n\n" + test}).findings
    assert [finding.code for finding in found] == ["LS101", "LS318"]
    assert "pytest_asyncio_loop_factories" in found[0].message


IMPORTED = override("", "loop = uvloop.new_event_loop()", "yield loop", "loop.close()")


@pytest.mark.parametrize(
    ("conftest", "left"),
    [
        ("from helpers import event_loop  # noqa: F401\n\nX = 1\n", ""),
        ("import helpers\n\nevent_loop = helpers.event_loop\n", ""),
        ("from helpers import *\n", "from helpers import *"),
    ],
)
def test_override_that_a_conftest_imports_has_its_hook_there(conftest: str, left: str) -> None:
    files = {"pytest.ini": AUTO, "helpers.py": IMPORTED, "conftest.py": conftest}
    migrated = after({**files, "test_x.py": TESTS})
    hook = 'def pytest_asyncio_loop_factories():\n    return {"uvloop": uvloop.new_event_loop}\n'
    assert hook in migrated["conftest.py"]
    assert "import uvloop" in migrated["conftest.py"]
    assert left in migrated["conftest.py"]
    assert "event_loop(" not in migrated["helpers.py"]
    assert "event_loop\n" not in migrated["conftest.py"].replace("new_event_loop", "")
    assert after(migrated) == migrated


@pytest.mark.parametrize(
    "files",
    [
        {"conftest.py": "from helpers import event_loop\n", "test_x.py": TESTS,
         "helpers.py": IMPORTED.replace("uvloop.new", "OurLoop().new")
         + "class OurLoop(uvloop.EventLoopPolicy): ...\n"},
        {"a/conftest.py": "from helpers import event_loop\n", "a/test_x.py": TESTS,
         "a/b/conftest.py": override("", "loop = asyncio.new_event_loop()", "yield loop"),
         "a/b/test_y.py": TESTS, "helpers.py": IMPORTED},
    ],
    ids=["of its own class", "another below"],
)  # fmt: skip
def test_imported_override_that_no_hook_replaces_is_an_action(files: dict[str, str]) -> None:
    migration = migrate_files({"pytest.ini": AUTO, **files})
    assert any(f.code == "LS101" and f.level.value == "action" for f in migration.findings)


@pytest.mark.parametrize("places", [("a/conftest.py", "b/conftest.py"), ("a/test_x.py",)])
def test_imported_override_that_no_hook_replaces_gets_a_policy(places: tuple[str, ...]) -> None:
    files = {"a/test_x.py": TESTS, "b/test_y.py": TESTS, "helpers.py": IMPORTED}
    for place in places:
        files[place] = "from helpers import event_loop  # noqa: F401\n" + files.get(place, "")
    result = after({"pytest.ini": AUTO, **files})
    assert "return uvloop.EventLoopPolicy()" in result["helpers.py"]
    for place in places:
        first = result[place].splitlines()[0]
        assert first == "from helpers import event_loop_policy  # noqa: F401"


def test_kind_of_a_class_beside_wide_loops_comes_from_a_policy() -> None:
    wide = "import pytest\n\n\n@pytest.mark.asyncio(loop_scope='module')\n" + TESTS
    files = {"pytest.ini": AUTO, "conftest.py": "", "test_x.py": dedent(CLASS), "test_y.py": wide}
    assert (
        "    @classmethod\n    def event_loop_policy(cls):\n"
        "        return uvloop.EventLoopPolicy()\n"
    ) in after(files)["test_x.py"]


APP = """\
import asyncio


def parse(line): ...


class Server:
    def run(self):
        main()


def main():
    asyncio.get_event_loop().run_until_complete(serve())


async def serve(): ...
"""
METHOD = "    def test_it(self): ...\n"


@pytest.mark.parametrize(
    ("test", "blocks"),
    [
        ("def test_it():\n    app.parse('')\n", False),
        ("def test_it(line):\n    app.parse(line)\n", False),
        ("def test_it():\n    app.main()\n", True),
        ("def test_it():\n    app.Server().run()\n", True),
        ("def test_it(served):\n    app.parse('')\n", True),
        ("def test_it():\n    assert asyncio.get_event_loop()\n", True),
        (f"class TestIt:\n    def setup_method(self):\n        app.main()\n\n{METHOD}", True),
    ],
)  # fmt: skip
def test_sync_test_that_is_seen_to_use_a_loop_stands_in_the_way(test: str, blocks: bool) -> None:
    fixtures = "@pytest.fixture\ndef line():\n    return ''\n\n\n"
    fixtures += "@pytest.fixture\ndef served():\n    app.main()\n"
    head = "import asyncio\n\nimport app\nimport pytest"
    files = {
        "pytest.ini": AUTO,
        "app.py": APP,
        "conftest.py": override('(scope="session")', "yield uvloop.new_event_loop()"),
        "test_x.py": f"{head}\n\n\n{fixtures}\n\n{TESTS}\n\n{test}",
    }
    result = after(files)["conftest.py"]
    assert ("def event_loop_policy" in result) is blocks
    assert ("def pytest_asyncio_loop_factories" in result) is not blocks


@pytest.mark.parametrize(
    "fixture",
    [
        "@pytest.fixture\ndef home(event_loop):\n    return event_loop.run_until_complete(up())\n",
        "@pytest.fixture\ndef home(event_loop):\n    yield 1\n"
        "    event_loop.run_until_complete(up())\n",
        "@pytest.fixture\ndef home():\n"
        "    return asyncio.get_event_loop().run_until_complete(up())\n",
    ],
)
def test_sync_test_follows_a_fixture_that_becomes_async_for_a_factory(fixture: str) -> None:
    """Nothing else would set its fixture up on a loop of that kind."""
    head = "import asyncio\n\nimport pytest\n\n\nasync def up(): ...\n\n\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": override('(scope="session")', "yield uvloop.new_event_loop()"),
        "test_x.py": f"{head}{fixture}\n\ndef test_sync(home):\n    assert home\n\n\n{TESTS}",
    }
    result = after(files)
    assert "async def test_sync(home):" in result["test_x.py"]
    assert "pytest_asyncio_loop_factories" in result["conftest.py"]


@pytest.mark.parametrize(
    "body",
    [
        "home.run_until_complete(up())",
        "run = home.run_until_complete\n    run(up())",
        "drive(home)",
        "request.getfixturevalue(NAME).run_until_complete(up())",
        "loop = request.getfixturevalue('event_loop')\n    loop.run_until_complete(up())",
        "asyncio.run(up())",
    ],
)
def test_sync_test_that_drives_a_loop_itself_is_not_made_async_for_a_factory(body: str) -> None:
    head = "import asyncio\n\nimport pytest\n\nNAME = 'event_loop'\n\n\nasync def up(): ...\n\n\n"
    head += "def drive(loop):\n    loop.run_until_complete(up())\n\n\n"
    head += "@pytest.fixture\ndef home(event_loop):\n"
    head += "    return event_loop.run_until_complete(up())\n\n\n"
    files = {
        "pytest.ini": AUTO,
        "conftest.py": override('(scope="session")', "yield uvloop.new_event_loop()"),
        "test_x.py": f"{head}def test_sync(home, request):\n    {body}\n\n\n{TESTS}",
    }
    changes = {one.path: one.after.decode() for one in migrate_files(files).changes}
    assert "async def test_sync" not in changes.get("test_x.py", "")


def test_the_factory_takes_no_name_of_the_file() -> None:
    made = ("loop = asyncio.SelectorEventLoop()", "loop.mark = 1", "yield loop", "loop.close()")
    mine = "\n\ndef new_event_loop(number):\n    return number"
    result = conftest(override("", *made, header=mine))
    assert "def new_event_loop(number):" in result
    assert '{"event_loop": new_event_loop_2}' in result
