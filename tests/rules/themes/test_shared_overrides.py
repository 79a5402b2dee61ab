"""Overrides that see each other, and those that stay: found by the random suites."""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.suites_in_memory import AUTO, after, messages, migrate_files


def override(decorator: str = "", *body: str) -> str:
    lines = "".join(f"    {line}\n" for line in body or ("yield asyncio.new_event_loop()",))
    return (
        f"import asyncio\n\nimport pytest\n\n\n@pytest.fixture{decorator}\n"
        f"def event_loop():\n{lines}"
    )


def test_override_below_one_that_works_keeps_its_own_bridge() -> None:
    work = override("", "loop = asyncio.new_event_loop()", "up()", "yield loop")
    files = {
        "pytest.ini": AUTO,
        "conftest.py": work,
        "test_x.py": override('(scope="module")') + "\n\nasync def test_one():\n    pass\n",
        "test_y.py": "async def test_two():\n    pass\n",
    }
    migration = migrate_files(files)
    assert not [text for text in messages(migration) if "LS390" in text]
    assert "async def event_loop():" in after(files)["test_x.py"]


def test_autouse_bridge_is_on_the_loop_of_async_tests_beside_sync_ones() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": override('(scope="class", autouse=True)'),
        "test_x.py": """\
            def test_sync():
                pass


            class TestX:
                async def test_one(self):
                    pass
            """,
    }
    assert "LS390" not in "".join(messages(migrate_files(files)))


def test_override_below_an_autouse_one_keeps_its_own_bridge() -> None:
    files = {
        "pytest.ini": AUTO,
        "conftest.py": override('(scope="session", autouse=True)'),
        "test_x.py": override('(scope="module")') + "\n\nasync def test_one():\n    pass\n",
        "test_y.py": "import asyncio\n\n\ndef test_sync():\n    asyncio.get_event_loop()\n"
        "\n\nasync def test_two():\n    pass\n",
    }
    assert "LS390" not in "".join(messages(migrate_files(files)))
    assert "async def event_loop():" in after(files)["test_x.py"]


ASKS = """\
    import asyncio

    import pytest


    @pytest.mark.usefixtures("event_loop")
    def test_sync():
        assert not asyncio.get_event_loop().is_running()
    """


def ordinary(*body: str) -> str:
    files = {"pytest.ini": AUTO, "conftest.py": override("", *body), "test_x.py": ASKS}
    return after(files)["conftest.py"].partition("def event_loop():\n")[2]


def test_loop_that_stays_is_set_before_it_is_handed_out() -> None:
    body = (
        "try:",
        "    loop = asyncio.get_running_loop()",
        "except RuntimeError:",
        "    loop = asyncio.new_event_loop()",
        "yield loop  # all tests",
        "loop.close()",
    )
    assert dedent(ordinary(*body)) == dedent("""\
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        yield loop  # all tests
        loop.close()
        asyncio.set_event_loop(None)
        """)


def test_loop_that_stays_and_is_handed_out_at_once() -> None:
    assert dedent(ordinary("return asyncio.new_event_loop()")) == dedent("""\
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        yield loop
        asyncio.set_event_loop(None)
        """)


def test_loop_that_stays_inside_a_try() -> None:
    body = ("loop = asyncio.new_event_loop()", "try:", "    yield loop", "finally:",
            "    loop.close()")  # fmt: skip
    assert "    try:\n        asyncio.set_event_loop(loop)\n        yield loop\n" in ordinary(
        *body
    )


def test_usefixtures_in_a_pytestmark() -> None:
    test = "\n\n\nasync def test_one():\n    pass\n"
    for before, expected in (
        ('pytestmark = pytest.mark.usefixtures("event_loop")', "async def"),
        ('pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("event_loop", "db")]',
         'pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("db")]'),
        ('pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("event_loop")]',
         "pytestmark = [pytest.mark.slow]"),
    ):  # fmt: skip
        source = f"import pytest\n\n{before}{test}"
        migration = after({"pytest.ini": AUTO, "conftest.py": override(), "test_x.py": source})
        text = migration["test_x.py"]
        assert "event_loop" not in text
        assert expected in text


def test_getfixturevalue_in_a_coroutine_is_the_running_loop() -> None:
    source = """\
        async def test_one(request):
            request.getfixturevalue("event_loop").call_soon(print)
        """
    result = after({"pytest.ini": AUTO, "conftest.py": override(), "test_x.py": source})
    assert "    asyncio.get_running_loop().call_soon(print)\n" in result["test_x.py"]
    assert result["conftest.py"] == ""


def test_of_two_tests_with_one_name_the_last_is_collected() -> None:
    twice = "async def test_one(event_loop):\n    pass\n\n\n"
    body = """\
        class TestX:
            def test_two(self):
                pass

            async def test_two(self):
                pass
        """
    files = {
        "pytest.ini": AUTO,
        "test_x.py": override('(scope="module")') + "\n\n" + twice * 2 + dedent(body),
        "test_y.py": "".join(f"async def test_{n}():\n    pass\n\n\n" for n in range(9)),
    }
    text = after(files)["test_x.py"]
    assert text.startswith(
        'import pytest\n\npytestmark = pytest.mark.asyncio(loop_scope="module")'
    )
    assert migrate_files(files).loops_before == 10


def test_strings_in_the_work_of_an_override_keep_every_byte() -> None:
    work = 'up(loop, """\n CREATE\n\n        x\n""")'
    after_close = "down(\n'x')"
    body = f"{work}\n    yield loop\n    loop.close()\n    {after_close}\n"
    files = {
        "pytest.ini": AUTO,
        "test_a.py": "import asyncio\n\nimport pytest\n\n\nclass TestA:\n  @pytest.fixture\n"
        "  def event_loop(self):\n    loop = asyncio.new_event_loop()\n    " + body + "\n"
        "  async def test_a(self):\n    pass\n",
    }
    assert not migrate_files(files).errors
    assert '"""\n CREATE\n\n        x\n"""' in after(files)["test_a.py"]


def test_a_pytestmark_comes_below_imports_that_come_late() -> None:
    files = {
        "pytest.ini": AUTO,
        "test_a.py": """\
            import sys

            sys.path.insert(0, "src")

            import asyncio

            import pytest


            @pytest.fixture(scope="module")
            def event_loop():
                yield asyncio.new_event_loop()


            async def test_a():
                pass
            """,
        "test_b.py": "async def test_b():\n    pass\n\n\nasync def test_c():\n    pass\n",
    }
    text = after(files)["test_a.py"]
    assert text.index("import pytest\n") < text.index("pytestmark = ")


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_strings_in_moved_work_keep_their_line_ends(end: str) -> None:
    text = override("", "loop = asyncio.new_event_loop()", 'up("""', '""")', "yield loop")
    files = {
        "pytest.ini": AUTO,
        "test_a.py": (text + "\n\nasync def test_a():\n    pass\n").replace("\n", end),
    }
    done = after(files)["test_a.py"]
    assert f'up("""{end}' in done
    assert "\n" not in done.replace(end, "")


def test_a_pytestmark_comes_below_imports_behind_a_function() -> None:
    late = """\
        def helper():
            pass


        import asyncio

        import pytest


        @pytest.fixture(scope="module")
        def event_loop():
            yield asyncio.new_event_loop()


        async def test_a():
            pass
        """
    files = {
        "pytest.ini": AUTO,
        "test_a.py": late,
        "test_b.py": "async def test_b():\n    pass\n\n\nasync def test_c():\n    pass\n",
    }
    text = after(files)["test_a.py"]
    assert text.startswith("def helper")
    assert text.index("import pytest\n") < text.index("pytestmark = ")
