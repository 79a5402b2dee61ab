"""LS101: what becomes of an override, and of what stands around it."""

from __future__ import annotations

from textwrap import dedent

import pytest

from loopscope.types import Safety
from tests.rules.changed import ASYNC_TEST, SESSION, changed
from tests.suites_in_memory import AUTO, after, messages, migrate_files


def test_comment_attached_to_an_override_goes_with_it_and_a_banner_stays() -> None:
    changed(
        "conftest.py",
        """\
        import asyncio

        import pytest

        # -- fixtures --

        # One loop for all.
        @pytest.fixture(scope="session")
        def event_loop():
            yield asyncio.new_event_loop()


        @pytest.fixture
        def name():
            return "n"
        """,
        """\
        import pytest

        # -- fixtures --


        @pytest.fixture
        def name():
            return "n"
        """,
    )


def test_class_that_held_nothing_but_the_override_gets_a_pass() -> None:
    files = {
        "pytest.ini": AUTO,
        "base.py": """\
            import asyncio
            import pytest


            class Loops:
                @pytest.fixture
                def event_loop(self):
                    yield asyncio.new_event_loop()
            """,
        "test_x.py": """\
            from base import Loops


            class TestX(Loops):
                async def test_one(self):
                    pass
            """,
    }
    assert after(files)["base.py"] == "class Loops:\n    pass\n"


def test_override_under_a_condition_is_left_to_a_person() -> None:
    source = (
        dedent(SESSION).replace("@pytest", "if True:\n    @pytest").replace("\ndef", "\n    def")
    )
    source = source.replace("\n    loop", "\n        loop").replace(
        "\n    yield", "\n        yield"
    )
    migration = migrate_files({"conftest.py": source, "pytest.ini": AUTO, "test_x.py": ASYNC_TEST})
    assert messages(migration) == ["conftest.py:8 LS101 action"]


@pytest.mark.parametrize(
    ("before", "after_yield", "deleted"),
    [
        (["loop._close = loop.close", "loop.close = lambda: None"], ["loop._close()"], True),
        (["close = loop.close", "loop.close = lambda *_: None"], ["close()"], True),
        (
            ["close, loop.close = loop.close, lambda: None"],
            ["close()"],
            False,
        ),
        (
            ["kept = loop.close", "loop.close = lambda: None"],
            ["loop.close = kept", "loop.close()"],
            True,
        ),
        (["loop.close = lambda: print(1)"], [], False),
        (["loop.run_forever = lambda: None"], ["loop.close()"], False),
    ],
)
def test_override_that_keeps_others_from_closing_its_loop(
    before: list[str], after_yield: list[str], deleted: bool
) -> None:
    lines = ["loop = asyncio.new_event_loop()", *before, "yield loop", *after_yield]
    body = "".join(f"    {line}\n" for line in lines)
    head = "import asyncio\n\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"
    files = {"pytest.ini": AUTO, "conftest.py": head + body, "test_x.py": ASYNC_TEST}
    changes = {change.path: change for change in migrate_files(files).changes}
    edits = changes["conftest.py"].edits if "conftest.py" in changes else ()
    assert bool(edits and not changes["conftest.py"].after) is deleted
    assert not deleted or [edit.safety for edit in edits] == [Safety.ASSUMPTION]
