"""``--format markdown``: a comment for a pull request."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from loopscope.reports import ReportOptions
from loopscope.reports.report_markdown import MarkdownReport, code, plain
from loopscope.reports.summary import Summary
from loopscope.types import (
    Change,
    EditRecord,
    FileError,
    Finding,
    Level,
    Migration,
    Safety,
    Status,
    Target,
)

EDIT = EditRecord("LS101", 7, "event_loop", "the override goes")
RISKY = EditRecord("LS102", 20, "test_a", "is made async", Safety.ASSUMPTION)
PRODUCT = EditRecord("LS107", 3, "now", "get_event_loop() becomes get_running_loop()")
ACTION = Finding("tests/test_a.py", 3, 5, "LS305", "closes the loop")
NOTE = Finding("tests/test_b.py", 0, 0, "LS311", "policies are deprecated", Level.NOTE)
SUITE = Migration(
    "pkg", "pytest.ini", Status.MANUAL,
    (
        Change("app.py", b"a", b"b", (PRODUCT,)),
        Change("conftest.py", b"a", b"b", (RISKY, EDIT)),
        Change("new.ini", None, b"", ()),
    ),
    (ACTION, NOTE, Finding("tests/test_b.py", 9, 1, "LS311", NOTE.message, Level.NOTE)),
    product=frozenset({"app.py"}),
)  # fmt: skip


class _Screen:
    def __init__(self) -> None:
        self.text_ = ""

    def lines(self, lines: object) -> None: ...

    def text(self, text: str, style: str = "") -> None: ...

    def tree(self, node: object) -> None: ...

    def raw(self, text: str) -> None:
        self.text_ += text


def comment(*migrations: Migration, wrote: bool = False) -> str:
    screen, summary = _Screen(), Summary()
    report = MarkdownReport(ReportOptions(Target.newest(), screen, screen, wrote=wrote))
    for migration in migrations:
        summary.add(migration)
        report.suite(migration)
    report.finish(summary, ())
    return screen.text_


class _Shown(HTMLParser):
    """What a browser makes of the comment: the tags, and the text outside of code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = self.coded = ""
        self._in_code = False
        self.feed(MarkdownIt("commonmark", {"linkify": False}).render(text))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)
        self._in_code = tag == "code"

    def handle_endtag(self, tag: str) -> None:
        self._in_code = False

    def handle_data(self, data: str) -> None:
        if self._in_code:
            self.coded += data
        else:
            self.words += data


def test_answer_first_then_what_to_do_then_the_rest_folded() -> None:
    assert comment(SUITE) == (
        "### loopscope: 1 thing to do by hand, 3 files to migrate\n"
        "\n"
        "1 suite, 3 files would change (3 edits, 1 on an assumption), 1 left to do by hand,"
        " 2 notes.\n"
        "\n"
        "**To do by hand**\n"
        "\n"
        "- `pkg/tests/test_a.py:3:5`: **LS305** closes the loop\n"
        "\n"
        "<details><summary>Notes (1)</summary>\n"
        "\n"
        "- `pkg/tests/test_b.py`: **LS311** (2 times) policies are deprecated\n"
        "\n"
        "</details>\n"
        "\n"
        "<details><summary>Edits that loopscope migrate makes in the tests of pkg (2)</summary>\n"
        "\n"
        "- `pkg/conftest.py`\n"
        "  - line 7: **LS101** event\\_loop: the override goes\n"
        "  - line 20: **LS102** test\\_a: is made async \\[assumption\\]\n"
        "- `pkg/new.ini` (new)\n"
        "\n"
        "</details>\n"
        "\n"
        "<details><summary>Edits that loopscope migrate makes in product code of pkg (1)"
        "</summary>\n"
        "\n"
        "- `pkg/app.py`\n"
        "  - line 3: **LS107** now: get\\_event\\_loop() becomes get\\_running\\_loop()\n"
        "\n"
        "</details>\n"
    )


def test_answers() -> None:
    def first(*migrations: Migration, wrote: bool = False) -> str:
        return comment(*migrations, wrote=wrote).partition("\n")[0]

    current = Migration(".", None, Status.CURRENT)
    broken = Migration(".", None, Status.ERROR, errors=(FileError("a.py", "broken", 3),))
    assert first() == "### loopscope: no pytest suite found"
    assert first(current) == "### loopscope: nothing to do"
    assert first(broken) == "### loopscope: 1 error"
    assert "**Not handled**\n\n- `a.py:3`: broken\n" in comment(broken)
    assert first(SUITE, wrote=True) == ("### loopscope: 1 thing to do by hand, 3 files changed")
    assert "<summary>Edits made in the tests of pkg (2)</summary>" in comment(SUITE, wrote=True)


NASTY = [
    "<script>alert(1)</script>",
    "</details><img src=x>",
    "&lt;b&gt;",
    "[words](https://evil.example)",
    "![](x)",
    "*a* _b_ ~~c~~ `d` | e",
    "@pytest.fixture and #12 and !7",
    ":tada: $x$ www.example.org GH-3",
    "a\nb\r\n# heading\n- item",
    "\x1b[31mred\u202eder",
    "`` ` ```",
    "back\\slash \\`",
]


@pytest.mark.parametrize("text", NASTY)
def test_text_of_a_suite_means_only_itself(text: str) -> None:
    shown = _Shown(f"- {plain(text)}")
    assert set(shown.tags) <= {"ul", "li", "code"}
    assert not re.search(r"@\w|#\d|!\d|://|www\.|:tada:|\$", shown.words)
    shown = _Shown(f"- {code(text)}")
    assert shown.tags == ["ul", "li", "code"]


@pytest.mark.parametrize("text", NASTY)
def test_names_and_messages_end_up_as_text(text: str) -> None:
    name = text.replace("/", "")
    suite = Migration(
        name, None, Status.ERROR,
        (Change(name, b"", b"x", (EditRecord("LS101", 1, text, text, value=text),)),),
        (Finding(name, 1, 1, "LS305", text), Finding(name, 1, 1, "LS303", text, Level.NOTE)),
        (FileError(name, text),),
    )  # fmt: skip
    whole = comment(suite)
    shown = _Shown(whole)
    usual = {"h3", "p", "strong", "ul", "li", "code", "details", "summary"}
    assert set(shown.tags) <= usual
    assert shown.tags.count("details") == 2
    assert "\x1b" not in whole
    assert "\u202e" not in whole


def test_long_comment_is_cut_at_what_forges_take_and_says_so() -> None:
    edits = tuple(EditRecord("LS101", line, "event_loop", "m" * 90) for line in range(800))
    large = Migration("a", None, Status.CHANGED, (Change("conftest.py", b"a", b"b", edits),))
    text = comment(*[large] * 30)
    assert 50_000 < len(text) < 65_000
    assert "more lines: `loopscope check`" in text
    assert text.count("<details>") == text.count("</details>")
