from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from loopscope.output.review import _ANSWERS
from tests import programs
from tests.terminals import terminal

pytestmark = pytest.mark.slow

Tree = Callable[[dict[str, str]], None]

SUITE = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "conftest.py": """\
        import asyncio

        import pytest
        import pytest_asyncio

        URL = "db://"
        USER = "me"
        PASSWORD = "secret"
        TIMEOUT = 1


        @pytest.fixture(scope="session")
        def event_loop():
            loop = asyncio.new_event_loop()
            yield loop
            loop.close()


        @pytest_asyncio.fixture(scope="session")
        async def db():
            yield 1
        """,
    "test_a.py": "".join(f"async def test_{name}(db): ...\n" for name in "abc"),
    "test_z.py": "import asyncio\nasync def test_z(): asyncio.get_event_loop()\n",
}
# What is asked for, in order: the import of asyncio goes, the fixtures, the options, LS107.


def review(root: Path, answers: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return programs.run(
        [sys.executable, "-m", "loopscope", "migrate", "--review", *arguments],
        cwd=root, input=answers, capture_output=True, text=True, check=False,
    )  # fmt: skip


def changed(root: Path, original: dict[str, bytes]) -> set[str]:
    return {name for name, data in original.items() if (root / name).read_bytes() != data}


@pytest.fixture
def original(tree: Tree, tmp_path: Path) -> dict[str, bytes]:
    """Write the suite to ``tmp_path``."""
    tree(SUITE)
    return {name: (tmp_path / name).read_bytes() for name in SUITE}


# -- a pipe of answers ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "files", "code", "left"),
    [
        ("A\n", {"conftest.py", "pytest.ini", "test_z.py"}, 0, 0),
        ("y\ny\ny\ny\n", {"conftest.py", "pytest.ini", "test_z.py"}, 0, 0),
        ("a\nn\na\n", {"conftest.py", "test_z.py"}, 1, 1),
        ("d\nA\n", {"pytest.ini", "test_z.py"}, 1, 2),
        ("n\nn\nn\nn\n", set(), 1, 4),
        ("\n\n\n\n", set(), 1, 4),
        ("a\nq\n", {"conftest.py"}, 1, 2),
        ("a\n", {"conftest.py"}, 1, 2),
        ("", set(), 1, 4),
        ("?\nmaybe\nA\n", {"conftest.py", "pytest.ini", "test_z.py"}, 0, 0),
    ],
    ids=[
        "all",
        "each",
        "this file",
        "not this file",
        "none",
        "Enter",
        "quit",
        "end",
        "empty",
        "?",
    ],
)
def test_answers(
    tmp_path: Path, original: dict[str, bytes], answers: str, files: set[str], code: int, left: int
) -> None:
    result = review(tmp_path, answers)
    assert changed(tmp_path, original) == files
    assert (result.returncode, result.stderr) == (code, "")
    [answer] = re.findall(r"^1 suite, .*", result.stdout, re.MULTILINE)
    assert (f"{left} hunk" in answer) == bool(left)


def test_hunk_comes_with_its_rules_and_reasons(tmp_path: Path, original: dict[str, bytes]) -> None:
    asked = review(tmp_path, "").stdout
    assert asked.startswith(
        "--- a/conftest.py\n+++ b/conftest.py\nhunk 1 of 4, file 1 of 3\n"
        "LS101 (line 13, event_loop): override deleted"
    )
    assert "Apply this hunk [y,n,a,d,A,r,S,k,j,g,/,s,e,q,?; Enter: n]? " in asked


def test_it_says_how_far_it_is(tmp_path: Path, original: dict[str, bytes]) -> None:
    places = re.compile(r"^hunk .*", re.MULTILINE)
    assert places.findall(review(tmp_path, "y\nn\ny\nn\n").stdout) == [
        "hunk 1 of 4, file 1 of 3",
        "hunk 2 of 4, file 1 of 3",
        "hunk 3 of 4, file 2 of 3",
        "hunk 4 of 4, file 3 of 3",
    ]


def test_of_several_suites_it_says_in_which_it_is(
    tmp_path: Path, original: dict[str, bytes], tree: Tree
) -> None:
    tree({f"other/{name}": text for name, text in SUITE.items()})
    places = re.findall(r"^hunk .*", review(tmp_path, "y\n" * 4, "other").stdout, re.MULTILINE)
    assert places[2:] == ["hunk 3 of 4, file 2 of 3 of other", "hunk 4 of 4, file 3 of 3 of other"]


def test_product_code_is_called_so(tmp_path: Path, tree: Tree) -> None:
    tree({"pytest.ini": SUITE["pytest.ini"], "clock.py": SUITE["test_z.py"]})
    tree({"tests/test_a.py": "async def test_a(): ...\n"})
    places = re.findall(r"^hunk .*", review(tmp_path, "y\ny\n").stdout, re.MULTILINE)
    assert places == ["hunk 1 of 2, file 1 of 2, product code", "hunk 2 of 2, file 2 of 2"]


def test_help_explains_every_answer(tmp_path: Path, original: dict[str, bytes]) -> None:
    shown = review(tmp_path, "?\n").stdout.partition("Enter: n]? ")[2]
    assert [line[0] for line in shown.splitlines() if line[1:4] == " - "] == [*_ANSWERS]


def test_what_no_longer_agrees_is_said(tmp_path: Path, original: dict[str, bytes]) -> None:
    result = review(tmp_path, "a\nn\nn\n")  # the fixture gets its loop_scope, the tests do not
    assert "LS390 action: 3 tests now run on another loop than their fixture db" in result.stdout


def test_name_whose_import_is_gone_is_said(tmp_path: Path, original: dict[str, bytes]) -> None:
    result = review(tmp_path, "y\nn\nA\n")
    said = "LS390 action: as it was left, this is wrong: pytest is used but nothing defines"
    assert said in result.stdout


LONG = "    ...\n" * 8
SYNC = (
    "async def f(): ...\n\n\n"
    f"def test_s(event_loop):\n{LONG}    event_loop.run_until_complete(f())\n"
)


@pytest.mark.parametrize(
    ("answers", "line", "said"),
    [
        ("n\ny\n", 13, "this is wrong: 'await' outside async function"),
        (
            "y\nn\n",
            13,
            "this is wrong: event_loop is used but nothing defines or imports it. Take the hunks",
        ),
    ],
)
def test_half_of_an_edit_is_said(
    tree: Tree, tmp_path: Path, answers: str, line: int, said: str
) -> None:
    tree({**SUITE, "test_a.py": SYNC, "test_z.py": "async def test_z(event_loop): ...\n"})
    result = review(tmp_path, f"d\nd\n{answers}n\n")
    assert f"test_a.py:{line}:1: LS390 action: as it was left, {said}" in result.stdout
    assert said not in review(tmp_path, "d\nd\na\nn\n").stdout


def test_answers_of_a_pipe_are_shown_as_a_terminal_would(
    tmp_path: Path, original: dict[str, bytes]
) -> None:
    shown = review(tmp_path, "n\n\x1b[2J\n").stdout
    assert "Enter: n]? n\n" in shown
    assert "Enter: n]? \\x1b[2J\n" in shown


def test_answer_that_is_no_text(tmp_path: Path, original: dict[str, bytes]) -> None:
    done = programs.run(
        [sys.executable, "-m", "loopscope", "migrate", "--review"],
        cwd=tmp_path, input=b"\xff\xfe\nA\n", capture_output=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:strict"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")


def test_closed_input_is_the_end_of_it(tmp_path: Path, original: dict[str, bytes]) -> None:
    command = f"{sys.executable} -m loopscope migrate --review <&-"
    done = programs.run(command, shell=True, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    assert changed(tmp_path, original) == set()


def test_quitting_leaves_later_suites_alone(tree: Tree, tmp_path: Path) -> None:
    for name in ("a", "b"):
        tree({f"{name}/{path}": text for path, text in SUITE.items()})
    result = review(tmp_path, "a\nq\n")
    assert "event_loop" not in (tmp_path / "a/conftest.py").read_text()
    assert "event_loop" in (tmp_path / "b/conftest.py").read_text()
    assert "b/conftest.py" not in result.stdout


def test_answer_for_all_the_rest_holds_for_later_suites(tree: Tree, tmp_path: Path) -> None:
    for name in ("a", "b"):
        tree({f"{name}/{path}": text for path, text in SUITE.items()})
    assert review(tmp_path, "A\n").returncode == 0
    assert "event_loop" not in (tmp_path / "b/conftest.py").read_text()


@pytest.mark.parametrize("other", [["--diff"], ["--format", "json"]])
def test_what_does_not_go_together(
    tmp_path: Path, original: dict[str, bytes], other: list[str]
) -> None:
    result = review(tmp_path, "A\n", *other)
    assert (result.returncode, changed(tmp_path, original)) == (2, set())


def test_escape_sequences_are_shown_not_obeyed(tree: Tree, tmp_path: Path) -> None:
    tree({**SUITE, "test_\x1b[2J.py": "async def test_a(event_loop): '\x1b]0;title\x07'\n"})
    for arguments in ((), ("--color",)):
        shown = review(tmp_path, "q\n" if arguments else "n\n" * 20, *arguments).stdout
        assert "\x1b[2J" not in shown
        assert "\x1b]0" not in shown
    assert "test_\\033[2J.py" in review(tmp_path, "n\n" * 20).stdout


def test_bowler_is_imported_for_a_review_only(tmp_path: Path, original: dict[str, bytes]) -> None:
    code = (
        "import sys\nfrom loopscope.cli.main import main\n"
        "try:\n    main()\nfinally:\n    sys.stderr.write(str('bowler' in sys.modules))"
    )
    for arguments, loaded in ((["--diff"], "False"), (["--review"], "True")):
        done = programs.run(
            [sys.executable, "-c", code, "migrate", "-q", *arguments],
            cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.stderr.endswith(loaded)


# -- more answers -----------------------------------------------------------------------


def test_the_hunk_is_shown_again_after_help(tmp_path: Path, original: dict[str, bytes]) -> None:
    shown = review(tmp_path, "?\nq\n").stdout
    assert shown.count("hunk 1 of 4, file 1 of 3\n") == 2


def test_before_anything_is_written_it_sums_up_and_asks(
    tmp_path: Path, original: dict[str, bytes]
) -> None:
    shown = review(tmp_path, "y\ny\nn\ny\nk\ny\nn\n").stdout
    assert (
        "3 of 4 hunks are taken, 1 left out:\n  conftest.py: 2 of 2\n  pytest.ini: 0 of 1" in shown
    )
    assert shown.count("Go on with them [y,n,k; Enter: y]? ") == 2
    assert changed(tmp_path, original) == set()
    assert "4 hunks left out" in shown


def test_what_no_longer_agrees_is_said_before_it_is_written(
    tmp_path: Path, original: dict[str, bytes]
) -> None:
    shown = review(tmp_path, "a\nn\nn\nn\n").stdout
    assert shown.index("LS390 3 tests now run on") < shown.index("Go on with them")
    assert changed(tmp_path, original) == set()


@pytest.mark.parametrize(
    ("answers", "files"),
    [
        ("y\nk\nn\nn\nn\nn\n", set()),
        ("j\nj\nj\ny\nd\nd\n", {"test_z.py"}),
        ("g 4\ny\nd\nd\n", {"test_z.py"}),
        ("/ get_running\ny\nd\nd\n", {"test_z.py"}),
        ("/LS201\nr\nd\nd\n", {"pytest.ini"}),
        ("g 3\nS\n", {"conftest.py", "pytest.ini", "test_z.py"}),
        ("g 9\ng x\n/ nothing\nk\ng 4\nj\nq\n", set()),
    ],
    ids=["back", "forward", "go to", "search", "rule", "safe", "nowhere"],
)
def test_ways(tmp_path: Path, original: dict[str, bytes], answers: str, files: set[str]) -> None:
    result = review(tmp_path, answers)
    assert result.stderr == ""
    assert changed(tmp_path, original) == files


def test_an_answer_that_led_nowhere_says_so(tmp_path: Path, original: dict[str, bytes]) -> None:
    shown = review(tmp_path, "k\ng 9\n/ nothing\ns\ng\nzz\nq\n").stdout
    for said in (
        "This is the first hunk.", "There are hunks 1 to 4.", "No hunk holds 'nothing'.",
        "Its lines belong together.", "1-2  conftest.py\n3  pytest.ini\n4  test_z.py\n",
        "There is no answer 'zz'.",
    ):  # fmt: skip
        assert said in shown


def test_all_of_a_suite_by_all_ways_is_what_migrate_writes(
    tmp_path: Path, original: dict[str, bytes], tree: Tree
) -> None:
    review(tmp_path, "S\n")
    taken = {name: (tmp_path / name).read_bytes() for name in original}
    tree(SUITE)
    programs.run([sys.executable, "-m", "loopscope", "migrate", "-q"], cwd=tmp_path, check=True)
    assert taken == {name: (tmp_path / name).read_bytes() for name in original}


SPLIT = "async def test_a(event_loop): ...\n# one\n# two\nasync def test_b(event_loop): ...\n"


def test_part_of_a_split_hunk(tmp_path: Path, tree: Tree) -> None:
    tree({"pytest.ini": SUITE["pytest.ini"], "test_a.py": SPLIT})
    shown = review(tmp_path, "d\ns\nn\ny\n").stdout
    assert "It is 2 hunks now." in shown
    assert (tmp_path / "test_a.py").read_text() == SPLIT.replace("b(event_loop)", "b()")


def test_actions_of_a_file_are_shown_beside_its_hunks(tmp_path: Path, tree: Tree) -> None:
    far = "\n" * 20 + "def test_c():\n    assert 1\n    import asyncio\n"
    closes = "async def test_d():\n    asyncio.get_running_loop().close()\n"
    tree({"pytest.ini": SUITE["pytest.ini"], "test_a.py": f"import asyncio\n{SPLIT}{far}{closes}"})
    shown = review(tmp_path, "n\nn\n").stdout
    [place] = re.findall(r"^to do by hand, line \d+: LS305 .*\n@@ -(\d+)", shown, re.MULTILINE)
    assert place == "1"


EDITOR = """\
import pathlib, sys
path = pathlib.Path(sys.argv[1])
text = path.read_bytes()
path.write_bytes({})
"""


def edited(root: Path, expression: str, answers: str) -> subprocess.CompletedProcess[str]:
    editor = root.parent / "editor.py"
    editor.write_text(EDITOR.format(expression))
    return programs.run(
        [sys.executable, "-m", "loopscope", "migrate", "--review"],
        cwd=root, input=answers, capture_output=True, text=True, check=False,
        env={**os.environ, "VISUAL": f"{sys.executable} {editor}", "EDITOR": "false"},
    )  # fmt: skip


def test_an_edited_hunk_is_written_as_it_was_edited(
    tmp_path: Path, original: dict[str, bytes]
) -> None:
    replace = "text.replace(b'+async def test_z', b'+# mine\\n+async def test_z')"
    result = edited(tmp_path, replace, "g 4\ne\na\na\n")
    assert (tmp_path / "test_z.py").read_text() == (
        "import asyncio\n# mine\nasync def test_z(): asyncio.get_running_loop()\n"
    )
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("text.replace(b'-async', b'-ASYNC')", "line 2 of the file is not there as it was"),
        ("text + b'no sign'", "'no sign' begins with neither a blank, + nor -"),
        ("b''", "line 1 of the file is not there as it was"),
        ("sys.exit(1)", "Editing failed"),
    ],
)
def test_what_does_not_fit_any_more_leaves_the_hunk_as_it_was(
    tmp_path: Path, original: dict[str, bytes], expression: str, said: str
) -> None:
    result = edited(tmp_path, expression, "g 4\ne\ny\nd\nd\n")
    assert said in result.stdout
    assert "get_running_loop()" in (tmp_path / "test_z.py").read_text()


def test_an_edit_that_breaks_the_suite_is_said(tmp_path: Path, original: dict[str, bytes]) -> None:
    result = edited(tmp_path, "text.replace(b'+async', b'+def async')", "g 4\ne\na\na\nn\n")
    assert "can parse: invalid syntax" in result.stdout
    assert changed(tmp_path, original) == set()


# -- a terminal -------------------------------------------------------------------------


def test_on_a_terminal(tmp_path: Path, original: dict[str, bytes]) -> None:
    with terminal(tmp_path, "migrate", "--review") as (process, person):
        for answer in ("?", "y", "y", "n", "k", "n", "y", "y"):
            person.wait_for(r"\? $")
            person.type(f"{answer}\n")
        assert re.search(r"hunk\s+left\s+out", person.rest())
    assert process.returncode == 1
    assert "\x1b[31m-    loop.close()" in person.shown
    assert "hunk 3 of 4, file 2 of 3 (left out)" in person.shown
    assert changed(tmp_path, original) == {"conftest.py", "test_z.py"}


def test_enter_leaves_a_hunk_as_it_was_decided(tmp_path: Path, original: dict[str, bytes]) -> None:
    result = review(tmp_path, "y\nk\n\nq\n")
    assert "(taken)" in result.stdout
    assert "Enter: y" in result.stdout
    assert changed(tmp_path, original) == {"conftest.py"}


def test_end_of_input_on_a_terminal_is_no_answer(
    tmp_path: Path, original: dict[str, bytes]
) -> None:
    with terminal(tmp_path, "migrate", "--review") as (process, person):
        person.wait_for(r"\? $")
        person.type("a\n")
        person.wait_for(r"\? $")
        person.type("\x04")
        assert re.search(r"Without an answer nothing is taken", person.rest())
    assert process.returncode == 1
    assert changed(tmp_path, original) == set()


def test_interrupt_on_a_terminal_changes_nothing(
    tmp_path: Path, original: dict[str, bytes]
) -> None:
    with terminal(tmp_path, "migrate", "--review") as (process, person):
        person.wait_for(r"\? $")
        person.type("a\n")
        person.wait_for(r"\? $")
        # A prompt is there a moment before anybody listens.
        for _ in range(int(programs.LONG / 3)):
            person.type("\x03")
            if person.sees("Interrupted", 3):
                break
    assert process.returncode == 130
    assert changed(tmp_path, original) == set()


def test_file_that_is_edited_while_the_review_waits_is_not_overwritten(
    tmp_path: Path, original: dict[str, bytes]
) -> None:
    with terminal(tmp_path, "migrate", "--review") as (process, person):
        person.wait_for(r"\? $")
        with (tmp_path / "test_z.py").open("a") as file:
            file.write("# mine\n")
        person.type("A\n")
        person.wait_for(r"\? $")
        person.type("y\n")
        person.wait_for("was changed by somebody else in the meantime")
    assert process.returncode == 2
    assert changed(tmp_path, original) == {"test_z.py"}
    assert (tmp_path / "test_z.py").read_text().endswith("# mine\n")


def test_diff_on_a_terminal_shows_escape_sequences(tree: Tree, tmp_path: Path) -> None:
    tree({**SUITE, "test_e.py": "async def test_a(event_loop): '\x1b]0;title\x07'\n"})
    for color in ("--color", "--no-color"):
        with terminal(tmp_path, "migrate", "--diff", color) as (_, person):
            assert re.search(r"would\s+change", person.rest())
        assert "\\x1b]0;title\\x07" in person.shown
        assert "\x1b]0" not in person.shown
