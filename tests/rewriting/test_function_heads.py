from __future__ import annotations

import pytest

from tests.suites_in_memory import after

WIDE = "value = " + "a + " * 18 + "a\n"  # 81 characters: lines of code may be that long here
MARK = "import pytest\n\n\n@pytest.mark.asyncio\n"
HEAD = "async def test_of_a_name_that_is_so_long_that_arguments_move"


def migrated(text: str) -> str:
    return after({"test_a.py": text})["test_a.py"]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ("event_loop, tmp_path", "tmp_path"),
        ("tmp_path, event_loop", "tmp_path"),
        ("event_loop: asyncio.AbstractEventLoop, tmp_path: Path", "tmp_path: Path"),
        ("event_loop, *, tmp_path", "*, tmp_path"),
    ],
)
@pytest.mark.parametrize("closing", ["):", ") -> None:"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_head_that_fits_again_is_joined(
    arguments: str, left: str, closing: str, newline: str
) -> None:
    text = f"{MARK}{HEAD}(\n    {arguments}\n{closing}\n    pass\n"
    expected = f"{MARK}{HEAD}({left}{closing}\n    pass\n"
    if len(f"{HEAD}({left}{closing}") > 79:
        comma = "" if "," in left else ","
        expected = f"{MARK}{HEAD}(\n    {left}{comma}\n{closing}\n    pass\n"
    assert migrated(text.replace("\n", newline)) == expected.replace("\n", newline)


def test_method_counts_its_indentation() -> None:
    text = (
        "import pytest\n\n\nclass TestA:\n    @pytest.mark.asyncio\n"
        f"    {HEAD}({{}}):\n        pass\n"
    )
    before = text.format("\n        self, tmp, event_loop\n    ")
    assert migrated(before) == text.format("self, tmp")
    before = text.format("\n        self, tmp_path, event_loop\n    ")
    assert migrated(before) == text.format("\n        self, tmp_path\n    ")


def test_longest_line_of_code_tells_how_long_lines_may_be() -> None:
    text = f"{MARK}{HEAD}({{}}):\n    pass\n\n\n{{}}"
    before = "\n    event_loop, tmp_path, database\n"
    assert migrated(text.format(before, WIDE)) == text.format("tmp_path, database", WIDE)
    comment = "# " + "a" * 100 + "\n"
    assert migrated(text.format(before, comment)) == text.format(
        "\n    tmp_path, database\n", comment
    )


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("\n    tmp_path,\n    event_loop,\n", "\n    tmp_path,\n"),  # the comma keeps it open
        ("\n    tmp_path, event_loop  # both\n", "\n    tmp_path  # both\n"),
        ("\n    event_loop,\n    tmp_path\n", "\n    tmp_path\n"),  # one to a line
    ],
)
def test_other_layouts_stay(before: str, expected: str) -> None:
    text = f"{MARK}async def test_a({{}}):\n    pass\n"
    assert migrated(text.format(before)) == text.format(expected)


def test_head_that_was_open_without_need_stays() -> None:
    other = "\n\ndef helper(\n    value\n):\n    return value\n"
    text = f"{MARK}async def test_a(event_loop):\n    pass\n{other}"
    assert migrated(text) == text.replace("event_loop", "")
