"""Definitions as they stand in legacy suites, drawn by hypothesis: text with ``\\n`` and 4 blanks.

A piece is neutral where no rule has any business in it: it must come through byte for byte.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from hypothesis import strategies as st

SCOPES = ("function", "class", "module", "package", "session")
HEAD = """\
import asyncio
import pytest
import pytest_asyncio
from asyncio import get_event_loop
from pytest import fixture
__import__("builtins").loopscope_ran_this = True
"""
NEUTRAL = (
    "def helper( a,b ) :\n    return  a+b   # odd\n",
    "TABLE = {'a' : 1,\n   'b':  [1,2 ,\n 3]}  # loop\n",
    'TEXT = """\nevent_loop\n  def test_x(event_loop): ...\n"""\n',
    "x = 1; y = 2;  z = lambda *a, **k: (a, k)\n",
    "if x: pass\nelse:\n  def odd(): return 1\n",
    "class Plain :\n\tvalue : int = 3\n\tdef method(self) -> None : ...\n",
    "def test_sync(tmp_path) : assert tmp_path\n",
    "try : import uvloop\nexcept ImportError : uvloop = None\n",
    "r = [n for n in range(3) if n  % 2]\n",
    "def gen():\n    '''Doc.'''\n\n    # note\n    yield\n    # end\n",
    "@staticmethod\n# between\ndef decorated(): pass\n",
    "s = f'{TABLE!r:>{10}} {{}}'\n",
    "def outer():\n    def inner():\n        async def deep(): return 1\n        return deep\n"
    "    return inner\n",
)  # fmt: skip
MAKE = (
    "loop = asyncio.new_event_loop()",
    "loop = asyncio.get_event_loop_policy().new_event_loop()",
    "loop = asyncio.get_event_loop()",
    "policy = asyncio.get_event_loop_policy(); loop = policy.new_event_loop()",
    "try:\n    loop = asyncio.get_running_loop()\n"
    "except RuntimeError:\n    loop = asyncio.new_event_loop()",
    "loop = uvloop.new_event_loop()",
    "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)",
    "loop = asyncio.new_event_loop()\nloop.set_debug(True)",
    "loop = asyncio.new_event_loop()\nloop.run_until_complete(start())",
)  # fmt: skip
END = (
    "yield loop\nloop.close()",
    "yield loop",
    "return loop",
    "try:\n    yield loop\nfinally:\n    loop.close()",
    "yield loop\nloop.run_until_complete(loop.shutdown_asyncgens())\nloop.close()",
    "yield loop\nloop.run_until_complete(stop())\nloop.close()\nprint('closed')",
    "asyncio.set_event_loop(loop)\nyield loop\nasyncio.set_event_loop(None); loop.close()",
)
USES = (
    "pass",
    "...",
    "await asyncio.sleep(0)",
    "event_loop.create_task(work())",
    "event_loop.call_soon(print); event_loop.call_soon(print)",
    "loop = asyncio.get_event_loop()\nawait loop.run_in_executor(None, print)",
    "def inner():\n    return event_loop\ninner()",
    "f = lambda: event_loop.time()",
    "x = [get_event_loop() for _ in range(2)]",
    "print(f'{event_loop!r} {asyncio.get_event_loop()}')",
    "if (now := event_loop.time()) > 1: event_loop.stop()",
    "async with thing(event_loop) as (a, b): return",
    "task = asyncio.ensure_future(work(), loop=event_loop)\nawait task",
    '"""Doc of event_loop."""\nassert event_loop.is_running()',
    "for event_loop in (): pass",
    "del event_loop",
    "try:\n    await event_loop.create_task(work())\nexcept Exception: raise\nelse: pass",
)
SYNC_USES = (
    "pass",
    "event_loop.run_until_complete(work())",
    "x = event_loop.run_until_complete(work()); assert x",
    "with pytest.raises(ValueError): event_loop.run_until_complete(work())",
    "asyncio.set_event_loop(event_loop)",
    "event_loop.close()",
    "asyncio.get_event_loop().run_until_complete(work())",
    "request.getfixturevalue('event_loop')",
    "for _ in range(2):\n    event_loop.run_until_complete(work())",
    "assert [event_loop.run_until_complete(w) for w in []] == []",
    "future = asyncio.Future()",
)
PARAMETERS = (
    "event_loop", "event_loop,", "db, event_loop", "event_loop, db", "db,event_loop , request",
    "event_loop: asyncio.AbstractEventLoop", "db, *, event_loop", "", "db", "event_loop, *args",
    "\n    db,\n    event_loop,  # the loop\n", "event_loop, n=1", "event_loop, /, db",
    "# first\n    event_loop", "request, event_loop, **kw", "event_loop\n",
)  # fmt: skip
MARKS = (
    "@pytest.mark.asyncio", "@pytest.mark.asyncio()", "@pytest.mark.asyncio(scope='module')",
    "@pytest.mark.asyncio(loop_scope='class')", "@pytest.mark.asyncio_event_loop",
    "@pytest.mark.parametrize('n', [1, pytest.param(2, marks=pytest.mark.asyncio)])",
    "@pytest.mark.usefixtures('event_loop')", "@pytest.mark.usefixtures('event_loop', 'db')",
    "@pytest.mark.asyncio(\n    # why\n    scope='session',\n)", "@unknown", "@pytest.mark.slow",
    "@pytest.mark.asyncio(forbid_global_loop=True)",
)  # fmt: skip
FIXTURES = (
    "@pytest.fixture", "@pytest.fixture()", "@fixture", "@pytest_asyncio.fixture",
    "@pytest_asyncio.fixture()", "@pytest.fixture(\n    scope='module',\n)",
    "@pytest_asyncio.fixture(autouse=True, scope='class')", "@pytest.yield_fixture",
    "@pytest.fixture(name='other')", "@pytest_asyncio.fixture(params=[1, 2])",
    "@pytest_asyncio.fixture(scope='session', loop_scope='session')",
    "@pytest.mark.asyncio\n@pytest.fixture",
)  # fmt: skip
OTHERS = (
    "pytestmark = pytest.mark.asyncio\n",
    "pytestmark = [pytest.mark.asyncio, pytest.mark.slow]\n",
    "pytestmark = pytest.mark.asyncio(scope='module')\n",
    "async def work():\n    return asyncio.get_event_loop().time()\n",
    "def now():\n    return asyncio.get_event_loop()\n",
    "from conftest import event_loop\n",
    "from pytest_asyncio.plugin import *  # noqa\n",
    "__all__ = ['event_loop', 'db']\n",
    "@pytest.fixture(scope='session')\ndef event_loop_policy():\n"
    "    return uvloop.EventLoopPolicy()\n",
    "@pytest.fixture\ndef loop(event_loop):\n    return event_loop\n",
    "def pytest_collection_modifyitems(items):\n    for item in items:\n"
    "        item.add_marker(pytest.mark.asyncio)\n",
    "def setup_module(module):\n    asyncio.get_event_loop()\n",
    "import unittest\nclass TestOld(unittest.TestCase):\n"
    "    def test_x(self): asyncio.get_event_loop()\n",
)  # fmt: skip


@dataclass(frozen=True)
class Piece:
    """Some top-level statements."""

    text: str
    neutral: bool = False


def distinct(text: str) -> str:
    """``text`` without two tests or fixtures of one name: Python knows only the last of them."""
    numbers = itertools.count()
    text = re.sub(r"\btest_\d\b", lambda _: f"test_{next(numbers)}", text)
    overrides = itertools.count()
    text = re.sub(
        r"^((?:async )?def event_loop)(?=\()",
        lambda match: f"{match.group(1)}{next(overrides) or ''}",
        text,
        flags=re.MULTILINE,
    )
    for name in ("db", "client"):
        first, *others = text.split(f"def {name}(")
        text = first + "".join(
            f"def {name}{number or ''}({other}" for number, other in enumerate(others)
        )
    return text


def indented(text: str, by: str = "    ") -> str:
    return "".join(by + line if line.strip() else line for line in text.splitlines(keepends=True))


@st.composite
def overrides(draw: st.DrawFn) -> str:
    scope = draw(st.sampled_from(["", "()", *(f"(scope={scope!r})" for scope in SCOPES),
                                  "(scope='session', autouse=True)"]))  # fmt: skip
    decorator = draw(st.sampled_from(["pytest.fixture", "fixture", "pytest_asyncio.fixture"]))
    keyword = draw(st.sampled_from(["def", "def", "def", "async def"]))
    parameters = draw(st.sampled_from(["", "", "request", "db", "event_loop"]))
    doc = draw(st.sampled_from(["", '"""One loop for all."""\n', "# why\n"]))
    end = draw(st.sampled_from(END))
    if keyword == "async def":
        end = end.replace("return loop", "yield loop")
    body = f"{doc}{draw(st.sampled_from(MAKE))}\n{end}\n"
    return f"@{decorator}{scope}\n{keyword} event_loop({parameters}):\n{indented(body)}"


@st.composite
def functions(draw: st.DrawFn, method: bool = False, fixture: bool | None = None) -> str:
    if fixture is None:
        fixture = draw(st.booleans())
    keyword = draw(st.sampled_from(["async def", "async def", "def"]))
    decorators = draw(
        st.lists(st.sampled_from(FIXTURES if fixture else MARKS), min_size=fixture, max_size=1)
    )
    number = draw(st.integers(0, 3))
    name = draw(st.sampled_from(["db", "client"])) if fixture else f"test_{number}"
    parameters = draw(st.sampled_from(PARAMETERS))
    if method:
        parameters = f"self, {parameters}" if parameters.strip() else "self"
    uses = USES if keyword == "async def" else SYNC_USES
    body = "\n".join(draw(st.lists(st.sampled_from(uses), min_size=1, max_size=3)))
    if fixture and draw(st.booleans()):
        body += "\nyield event_loop\n"
    head = "".join(f"{decorator}\n" for decorator in decorators)
    compound = body.startswith(("if", "for", "def", "with", "async", "try"))
    if "\n" not in body and not compound and draw(st.booleans()):
        return f"{head}{keyword} {name}({parameters}): {body}\n"
    return f"{head}{keyword} {name}({parameters}):\n{indented(body)}\n"


@st.composite
def classes(draw: st.DrawFn) -> str:
    head = draw(
        st.sampled_from(["", "@pytest.mark.asyncio\n", "@pytest.mark.asyncio(scope='class')\n"])
    )
    mark = draw(st.sampled_from(["", "pytestmark = pytest.mark.asyncio\n"]))
    inner = draw(st.lists(st.one_of(functions(method=True), overrides()), min_size=1, max_size=3))
    return f"{head}class TestThing:\n{indented(mark + chr(10).join(inner))}"


@st.composite
def wrapped(draw: st.DrawFn) -> str:
    text = indented(draw(st.one_of(functions(), overrides())))
    around = draw(
        st.sampled_from(
            [("if True:\n", ""), ("try:\n", "finally: pass\n"), ("if x: pass\nelse:\n", ""),
             ("with a, b:\n", "")]
        )
    )  # fmt: skip
    return around[0] + text + around[1]


def pieces(conftest: bool) -> st.SearchStrategy[Piece]:
    """List the pieces for a conftest, where pytest collects no tests, or for a test module."""
    tests = [] if conftest else [functions(), classes(), wrapped()]
    busy = st.one_of(functions(fixture=True), overrides(), st.sampled_from(OTHERS), *tests)
    neutral = st.sampled_from(NEUTRAL).map(lambda text: Piece(text, neutral=True))
    return st.one_of(busy.map(Piece), neutral)
