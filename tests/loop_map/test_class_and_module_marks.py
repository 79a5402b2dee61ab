"""``pytestmark`` in a class: assigned, added to, and beside the decorators of the class."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import style_and_loops, suite_of

INI = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = session\n"
MODULE, CLASS = (f'pytest.mark.asyncio(loop_scope="{scope}")' for scope in ("module", "class"))
OTHER = 'pytest.mark.filterwarnings("ignore")'


def loop_scope(body: str, decorator: str = "") -> str:
    """Give the loop scope of a test in a class with that body."""
    above = f"@{decorator}\n" if decorator else ""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    text = f"import pytest\n\n\n{above}class TestA:\n{lines}\n    async def test_a(self): ...\n"
    _, loop_map = style_and_loops(suite_of({"pytest.ini": INI, "test_a.py": text}))
    own = loop_map["test_a.py::TestA::test_a"].own
    assert own is not None
    return own.scope.word


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (f"pytestmark = {MODULE}", "module"),
        (f"pytestmark: list = [{MODULE}]", "module"),
        (f"pytestmark = [{OTHER}]\npytestmark += [{MODULE}]", "module"),
        (f"pytestmark = []\npytestmark.append({MODULE})", "module"),
        (f"pytestmark = []\npytestmark.extend([{OTHER}, {MODULE}])", "module"),
        (f"pytestmark = [{CLASS}]\npytestmark += [{MODULE}]", "class"),
        (f"pytestmark = [{CLASS}]\npytestmark.append({MODULE})", "class"),
        (f"pytestmark = [{CLASS}]\npytestmark.insert(0, {MODULE})", "module"),
        (f"pytestmark = [{CLASS}]\npytestmark = [{MODULE}, *pytestmark]", "module"),
        (f"pytestmark = [{CLASS}]\npytestmark = [*pytestmark, {MODULE}]", "class"),
        (f"pytestmark = [{CLASS}]\npytestmark = [{OTHER}]", "function"),
    ],
)
def test_the_first_in_the_list_of_the_class_is_the_closest(body: str, expected: str) -> None:
    assert loop_scope(body) == expected


def test_what_the_body_sets_is_closer_than_a_decorator() -> None:
    assert loop_scope(f"pytestmark = {MODULE}", CLASS) == "module"
    assert loop_scope(f"pytestmark = [{OTHER}]", CLASS) == "class"
