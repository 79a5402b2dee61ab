"""The kind of a loop: uvloop, a class, a policy; the same one however it is written."""

from __future__ import annotations

import pytest

from loopscope.loop_map.model import Cause, Loop, differences
from loopscope.loop_map.model import TestLoops as Loops
from loopscope.types import Scope
from tests.suites_in_memory import AUTO, migrate_files, model_of

TEST = "async def test_a(): ...\n"
IMPORTS = "import asyncio, pytest, uvloop\nfrom own import OwnLoop\nimport own\n"
POLICY = "asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())"
OVERRIDES = {
    "loop = uvloop.new_event_loop()": {"uvloop"},
    "loop = uvloop.Loop()": {"uvloop"},
    "loop = uvloop.EventLoopPolicy().new_event_loop()": {"uvloop"},
    f"{POLICY}\n    loop = asyncio.new_event_loop()": {"uvloop"},
    "loop = OwnLoop()": {"own.OwnLoop()"},
    "loop = own.OwnLoop()": {"own.OwnLoop()"},
    "loop = asyncio.new_event_loop()": {""},
    "loop = asyncio.new_event_loop()\n    loop.set_debug(True)": {""},
}
HOOKS = {
    'return {"a": uvloop.new_event_loop}': {"uvloop"},
    'return {"a": uvloop.Loop}': {"uvloop"},
    'return {"a": OwnLoop}': {"own.OwnLoop()"},
    'return {"a": lambda: own.OwnLoop()}': {"own.OwnLoop()"},
    'return {"a": made}': {"uvloop"},
    'return {"a": asyncio.new_event_loop, "b": uvloop.Loop}': {"", "uvloop"},
    'if item:\n        return {"a": own.OwnLoop}\n    return {"a": asyncio.new_event_loop}': {
        "",
        "own.OwnLoop()",
    },
    "return FACTORIES": {"?"},
    'return {"a": functools.partial(OwnLoop)}': {"?"},
}
MADE = f"def made():\n    {POLICY}\n    return asyncio.new_event_loop()\n"


def override(code: str) -> str:
    lines = ["@pytest.fixture", "def event_loop():", code, "yield loop", "loop.close()"]
    return IMPORTS + "\n".join(lines[:2] + [f"    {line}" for line in lines[2:]]) + "\n"


@pytest.mark.parametrize("code", OVERRIDES)
def test_the_kind_that_an_override_makes(code: str) -> None:
    override = (
        f"@pytest.fixture\ndef event_loop():\n    {code}\n    yield loop\n    loop.close()\n"
    )
    model = model_of({"conftest.py": IMPORTS + override, "test_a.py": TEST}, "auto")
    assert model.legacy_map["test_a.py::test_a"].kinds == OVERRIDES[code]


@pytest.mark.parametrize("code", HOOKS)
def test_the_kind_that_a_hook_gives(code: str) -> None:
    hook = f"def pytest_asyncio_loop_factories(item):\n    {code}\n"
    files = {"conftest.py": IMPORTS + MADE + hook, "test_a.py": TEST}
    assert model_of(files, "auto").modern_map["test_a.py::test_a"].kinds == HOOKS[code]


@pytest.mark.parametrize(
    ("policy", "kinds"),
    [
        ("uvloop.EventLoopPolicy()", {"uvloop"}),
        ("asyncio.DefaultEventLoopPolicy()", {""}),
        ("policies[0]", {"?"}),
    ],
)
def test_the_kind_of_a_policy(policy: str, kinds: set[str]) -> None:
    fixture = f"@pytest.fixture\ndef event_loop_policy():\n    return {policy}\n"
    model = model_of({"conftest.py": IMPORTS + fixture, "test_a.py": TEST}, "auto")
    assert model.modern_map["test_a.py::test_a"].kinds == kinds


def test_the_nearest_hook_decides() -> None:
    hook = "def pytest_asyncio_loop_factories():\n    return {'a': uvloop.Loop}\n"
    files = {"conftest.py": IMPORTS, "fast/conftest.py": IMPORTS + hook}
    model = model_of({**files, "fast/test_a.py": TEST, "test_b.py": TEST}, "auto")
    kinds = {test: loops.kinds for test, loops in model.modern_map.items()}
    assert kinds == {"fast/test_a.py::test_a": {"uvloop"}, "test_b.py::test_a": {""}}


def test_a_hook_gives_sync_tests_the_default() -> None:
    hook = "def pytest_asyncio_loop_factories():\n    return {'a': uvloop.Loop}\n"
    files = {
        "test_a.py": "import pytest\n@pytest.fixture\nasync def x(): ...\ndef test_a(x): ...\n"
    }
    model = model_of({"conftest.py": IMPORTS + hook, **files}, "auto")
    assert model.modern_map["test_a.py::test_a"].kinds == {""}


@pytest.mark.parametrize(
    ("before", "after", "different"),
    [
        ({"uvloop"}, {"uvloop"}, False),
        ({"uvloop"}, {""}, True),
        ({""}, {"uvloop"}, True),
        ({""}, {"", "uvloop"}, False),  # a hook that looks at its item
        ({"", "uvloop"}, {"uvloop"}, True),
        ({"?"}, {""}, False),
        ({"uvloop"}, {"?"}, False),
    ],
)
def test_kinds_are_compared(before: set[str], after: set[str], different: bool) -> None:
    loop = Loop(Scope.FUNCTION, "test")
    found = differences(
        {"test": Loops(loop, {}, frozenset(before))},
        {"test": Loops(loop, {}, frozenset(after))},
    )
    assert ([one.cause for one in found] == [Cause.KIND]) is different


def test_the_map_shows_kinds() -> None:
    files = {"pytest.ini": AUTO, "conftest.py": override("loop = uvloop.Loop()")}
    files["test_a.py"] = TEST
    maps = migrate_files(files, loop_maps=True).maps
    assert maps is not None
    assert maps.after is not None
    assert [[loop.kind for loop in found.loops] for found in (maps.before, maps.after)] == [
        ["uvloop"],
        ["uvloop"],
    ]


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [({""}, {"uvloop"}, "the default"), ({"", "uvloop"}, {"own.Loop"}, "the default, uvloop")],
)
def test_a_lost_kind_is_named(old: set[str], new: set[str], names: str) -> None:
    loop = Loop(Scope.FUNCTION, "a")
    before, after = (Loops(loop, {}, frozenset(kinds)) for kinds in (old, new))
    (found,) = differences({"a": before}, {"a": after})
    assert (found.cause, found.names) == (Cause.KIND, names)
