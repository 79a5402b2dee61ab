"""What a rule's edits would break is not written."""

from __future__ import annotations

import pytest

from loopscope.rewriting.used_names import broken_code
from loopscope.rules import ls101_event_loop_override
from loopscope.types import Level
from tests.suites_in_memory import migrate_files

FILES = {
    "conftest.py": "import asyncio\nimport pytest\n\n\ndef made():\n"
    "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n\n\n"
    "event_loop = pytest.fixture(made, scope='module')\n",
    "test_a.py": "import pytest\n\n\n@pytest.mark.asyncio\nasync def test_a():\n    pass\n",
}


def test_edits_that_leave_a_name_undefined_are_condemned(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not [f for f in migrate_files(FILES).findings if f.level is Level.ACTION]
    monkeypatch.setattr(ls101_event_loop_override, "_deleted_call", lambda *_: ())
    migration = migrate_files(FILES)
    assert migration.changes == ()
    [finding] = [f for f in migration.findings if f.code == "LS390"]
    assert (finding.path, finding.line) == ("conftest.py", 1)
    assert finding.message.startswith("after its edits this file would be wrong: made is used")
    assert "(line 4 of it)" in finding.message
    assert "Nothing of this suite is changed" in finding.message


@pytest.mark.parametrize(
    ("before", "after", "broken"),
    [
        ("def f(): pass\ng = f\n", "g = f\n", ("f is used but nothing defines or imports it", 1)),
        ("import a\na\n", "if x:\n    import a\na\n", ("x is used but", 1)),
        ("x = 1\n", "x = 1\nasyncio.run\n", ("asyncio is used but", 2)),
        ("def f():\n    return 1\n", "def f():\n    await 1\n", ("'await' outside async", 2)),
        ("f\n", "f\n", None),
        ("def f(): pass\n", "f = 1\nf\n", None),
        ("def f(): await 1\n", "def f():\n    await 1\n", None),
        ("from __future__ import x\na\n", "from __future__ import x\nb\n", None),
        ("def f(loop): pass\n", "def f():\n    loop = 1\n    loop\n", None),
        ("def f(x): x\ndef g(x): x\n", "def f(): x\ndef g(x): x\n", ("x is used but", 1)),
        ("import a\na\n", "try:\n    import b\nexcept E as e:\n    raise\nb\n", ("E is used", 3)),
    ],
)
def test_broken_code(before: str, after: str, broken: tuple[str, int] | None) -> None:
    found = broken_code(before, after)
    assert (found and found[1]) == (broken and broken[1])
    assert not broken or (found and found[0].startswith(broken[0]))


def test_code_that_is_too_deep_for_the_compiler_is_edited_all_the_same() -> None:
    deep = "y = " + "+".join("1" * 2000) + "\n"
    files = {**FILES, "conftest.py": FILES["conftest.py"] + deep}
    assert "conftest.py" in [change.path for change in migrate_files(files).changes]
