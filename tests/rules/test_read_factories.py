"""What takes the current loop when an object is made: fields of classes, constructors."""

from __future__ import annotations

from pathlib import Path

import pytest

from loopscope.discovery.load import load_suites
from loopscope.types import Suite, Target
from tests.suites_in_memory import AUTO, after

FIELDS = {
    "a dataclass": "    x: object = dataclasses.field(default_factory=asyncio.Future)\n",
    "a getter": "    x: object = dataclasses.field(default_factory=asyncio.get_event_loop)\n",
    "a lambda": "    x: object = dataclasses.field(default_factory=lambda: asyncio.Future())\n",
    "a lambda in a list": "    x: list = field(default_factory=lambda: [asyncio.Future()])\n",
    "attrs": "    x = attr.ib(factory=asyncio.Future)\n",
    "attrs, as a default": "    x = attr.ib(default=attr.Factory(asyncio.Future))\n",
    "pydantic": "    x: object = Field(default_factory=asyncio.Future)\n",
    "another class": "    x: object = field(default_factory=Inner)\n",
    "a call": "    def __init__(self):\n        self.x = asyncio.Future()\n",
}
HEAD = "import asyncio\nimport dataclasses\n\n\n"
INNER = "class Inner:\n    y: object = dataclasses.field(default_factory=asyncio.Future)\n\n\n"
LATER = "\n\nclass Deep(Box):\n    @classmethod\n    def make(cls):\n        return cls()\n"
MADE = ["Box()", "Deep()", "Deep.make()"]
ASYNC = "async def test_other(): ...\n"
SYNC = "def test_sync():\n    {}\n\n\n"
FIXTURE = "import pytest\n\n\n@pytest.fixture\ndef box():\n    return {}\n\n\n"
AMBIENT = "def _ambient_event_loop(request):"


def classes(fields: str) -> str:
    return f"{HEAD}{INNER}class Box:\n{fields}{LATER}"


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
@pytest.mark.parametrize("made", MADE)
@pytest.mark.parametrize("module", ["app.py", "conftest.py"])
def test_sync_test_that_makes_an_object_finds_a_loop(fields: str, made: str, module: str) -> None:
    imports = f"from {module.removesuffix('.py')} import Box, Deep\n\n\n"
    test = imports + SYNC.format(made) + ASYNC
    result = after({"pytest.ini": AUTO, module: classes(fields), "test_a.py": test})
    assert AMBIENT in result["conftest.py"]


@pytest.mark.parametrize("fields", FIELDS.values(), ids=FIELDS.keys())
@pytest.mark.parametrize("made", MADE)
def test_fixture_that_makes_an_object_gets_the_loop_of_its_tests(fields: str, made: str) -> None:
    test = "from app import Box, Deep\n" + FIXTURE.format(made) + "async def test_a(box): ...\n"
    result = after({"pytest.ini": AUTO, "app.py": classes(fields), "test_a.py": test})
    assert f"@pytest.fixture\nasync def box():\n    return {made}\n" in result["test_a.py"]
    assert "conftest.py" not in result


def test_fixture_of_sync_tests_alone_is_no_reason_for_a_loop_of_its_own() -> None:
    fixture = FIXTURE.format("Box()")
    test = f"from app import Box\n{fixture}def test_a(box): ...\n\n\n{ASYNC}"
    files = {"pytest.ini": AUTO, "app.py": classes(FIELDS["a dataclass"]), "test_a.py": test}
    result = after(files)
    assert AMBIENT in result["conftest.py"]
    assert fixture in result["test_a.py"]


CONSTRUCTORS = ["Future()", "gather()", "ensure_future(work())", "StreamReader()"]


@pytest.mark.parametrize("call", CONSTRUCTORS)
@pytest.mark.parametrize("way", ["here", "helper", "method", "set-up"])
def test_sync_test_that_only_takes_the_current_loop_finds_one(call: str, way: str) -> None:
    call = f"asyncio.{call}"
    source = {
        "here": SYNC.format(call),
        "helper": f"def make():\n    return {call}\n\n\n{SYNC.format('make()')}",
        "method": f"class TestA:\n    def make(self):\n        {call}\n\n"
        "    def test_sync(self):\n        self.make()\n\n\n",
        "set-up": f"class TestA:\n    def setup_method(self):\n        {call}\n\n"
        "    def test_sync(self): ...\n\n\n",
    }[way]
    files = {"pytest.ini": AUTO, "test_a.py": f"import asyncio\n\n\n{source}{ASYNC}"}
    result = after(files)
    assert AMBIENT in result["conftest.py"]
    assert "conftest.py" not in after(files, target=Target.parse("1.3"))


@pytest.mark.parametrize(
    "source",
    [
        SYNC.format("pass"),
        SYNC.format("asyncio.Future(loop=make())"),
        SYNC.format("Box"),
        "def make():\n    return asyncio.Future()\n\n\n" + SYNC.format("pass"),
        "async def make():\n    return asyncio.Future()\n\n\n" + SYNC.format("make().close()"),
    ],
)
def test_sync_test_that_takes_none_gets_none(source: str) -> None:
    files = {
        "pytest.ini": AUTO,
        "app.py": classes(FIELDS["a dataclass"]),
        "test_a.py": f"import asyncio\nfrom app import Box\n\n\n{source}{ASYNC}",
    }
    assert "conftest.py" not in after(files)


@pytest.mark.parametrize("fields", [FIELDS["a dataclass"], FIELDS["attrs"]])
def test_module_with_such_a_class_belongs_to_the_suite(tmp_path: Path, fields: str) -> None:
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "app.py").write_text(f"import asyncio\n\n\nclass Box:\n{fields}")
    (tmp_path / "test_a.py").write_text("async def test_it(event_loop): ...\n")
    [suite] = load_suites([tmp_path])
    assert isinstance(suite, Suite)
    assert "app.py" in suite.files
