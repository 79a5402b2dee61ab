"""LS105: one mark around tests in the place of one on each."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after, migrate_files

OVERRIDE = (
    "import asyncio\n\nimport pytest\n\n\n@pytest.fixture(scope='module')\ndef event_loop():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n"
)
PLAIN = {
    f"test_{number}.py": "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
    for number in range(9)
}


def marked(number: int, indent: str = "", mark: str = "@pytest.mark.asyncio") -> str:
    head = f"{indent}{mark}\n{indent}async def test_"
    self = "self" if indent else ""
    return "\n\n".join(f"{head}{letter}({self}): ...\n" for letter in "abcdef"[:number])


def migrated(source: str) -> str:
    files = {**PLAIN, "test_x.py": OVERRIDE + source}
    result = after(files)
    assert not migrate_files(result, runs_on="1.x").changes
    return result["test_x.py"]


def test_module_gets_one_pytestmark() -> None:
    assert migrated(marked(4)) == (
        'import pytest\n\npytestmark = pytest.mark.asyncio(loop_scope="module")\n\n\n'
        + marked(4).replace("@pytest.mark.asyncio\n", "")
    )


def test_three_marks_are_as_many_lines_as_a_pytestmark() -> None:
    changed = marked(3, mark='@pytest.mark.asyncio(loop_scope="module")')
    assert migrated(marked(3)) == f"import pytest\n\n\n{changed}"


def test_class_gets_one_mark() -> None:
    source = f"class TestIt:\n{marked(2, '    ')}"
    other = "\n\ndef test_sync(): ...\n"
    assert migrated(source + other) == (
        'import pytest\n\n\n@pytest.mark.asyncio(loop_scope="module")\n'
        + source.replace("    @pytest.mark.asyncio\n", "")
        + other
    )


@pytest.mark.parametrize(
    "source",
    [
        f"class TestIt:\n{marked(3, '    ')}\n    def test_sync(self): ...\n",  # would warn
        f"class Base:\n{marked(3, '    ')}\n\nclass TestA(Base): ...\nclass TestB(Base): ...\n",
        f"class TestIt:\n{marked(1, '    ')}",
        f"{marked(4)}\n\ndef test_sync(): ...\n",
        f"{marked(4)}\n\nasync def test_unmarked(): ...\n",  # it would run
        marked(4).replace("@pytest.mark.asyncio\n", "@pytest.mark.asyncio()\n", 1)
        + "\n\n@pytest.mark.asyncio(loop_factories=['a'])\nasync def test_other(): ...\n",
    ],
)
def test_marks_stay_on_the_tests(source: str) -> None:
    files = {**PLAIN, "test_x.py": OVERRIDE + source}
    (change,) = [one for one in migrate_files(files).changes if one.path == "test_x.py"]
    after = change.after.decode()
    assert "pytestmark" not in after
    assert (
        after.count('asyncio(loop_scope="module")') >= source.count("@pytest.mark.asyncio\n") - 1
    )
    assert '\n@pytest.mark.asyncio(loop_scope="module")\nclass' not in after
