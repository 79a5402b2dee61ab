"""Which bridges stand, and where: as few as serve all requests, each on its own loop scope."""

from __future__ import annotations

import pytest

from loopscope.analysis.suite.fixtures import FixtureDef, Key
from loopscope.loop_map import model as loops
from loopscope.loop_map.model import Cause, differences
from loopscope.planning.bridges import BridgeNeed, RequestPlace, Sites, place_bridges
from loopscope.planning.planner import Plan, make_plan
from loopscope.planning.shared_bridges import Bridge
from loopscope.types import Options, Scope
from tests.suites_in_memory import after, model_of

MAKE = "    loop = asyncio.new_event_loop()\n    yield loop\n    loop.close()\n"
HEAD = "import asyncio\n\nimport pytest\n\n\n"


def override(scope: str) -> str:
    return f'@pytest.fixture(scope="{scope}")\ndef event_loop():\n{MAKE}'


def plan_of(files: dict[str, str]) -> Plan:
    return make_plan(model_of({path: HEAD + text for path, text in files.items()}), Options())


def placed(files: dict[str, str]) -> list[tuple[str, Scope, Scope, bool]]:
    return [
        (bridge.path, bridge.scope, bridge.loop_scope, bridge.replaces is not None)
        for bridge in plan_of(files).bridges
    ]


SYNC = "def test_sync(event_loop):\n    event_loop.call_soon(print)\n"


def test_bridge_above_serves_overrides_of_the_same_loop_scope_below() -> None:
    files = {
        "conftest.py": override("module"),
        "test_a.py": SYNC + "\n\n@pytest.mark.asyncio\nasync def test_a():\n    pass\n",
        "sub/conftest.py": override("module"),
        "sub/test_b.py": SYNC + "\n\n@pytest.mark.asyncio\nasync def test_b():\n    pass\n",
    }
    assert placed(files) == [("conftest.py", Scope.FUNCTION, Scope.MODULE, True)]


def test_bridge_above_of_another_loop_scope_does_not() -> None:
    files = {
        "conftest.py": override("session"),
        "test_a.py": SYNC + "\n\n@pytest.mark.asyncio\nasync def test_a():\n    pass\n",
        "sub/conftest.py": override("module"),
        "sub/test_b.py": SYNC + "\n\n@pytest.mark.asyncio\nasync def test_b():\n    pass\n",
    }
    assert placed(files) == [
        ("conftest.py", Scope.FUNCTION, Scope.SESSION, True),
        ("sub/conftest.py", Scope.FUNCTION, Scope.MODULE, True),
    ]


def test_nearer_bridge_hides_the_one_above() -> None:
    """The module below sees its folder's bridge, of another loop scope, and not the root's."""
    files = {
        "conftest.py": override("session"),
        "test_a.py": SYNC + "\n\n@pytest.mark.asyncio\nasync def test_a():\n    pass\n",
        "sub/conftest.py": override("module"),
        "sub/test_b.py": SYNC + "\n\n@pytest.mark.asyncio\nasync def test_b():\n    pass\n",
        "sub/test_c.py": override("session").replace("session", "module")
        + "\n\n" + SYNC + "\n\n@pytest.mark.asyncio\nasync def test_c():\n    pass\n",
    }  # fmt: skip
    assert [one[0] for one in placed(files)] == ["conftest.py", "sub/conftest.py"]


def test_wider_request_below_needs_a_bridge_of_its_own() -> None:
    def need(file: str, scope: Scope) -> BridgeNeed:
        return BridgeNeed({file}, reached=True, scope=scope)

    def fixture_def(base_id: str, path: str) -> FixtureDef:
        return FixtureDef(base_id, Key(path, 0), None)  # type: ignore[arg-type]

    outer, inner = fixture_def("./", "conftest.py"), fixture_def("sub/", "sub/conftest.py")

    def bridges(outer_scope: Scope, inner_scope: Scope) -> list[Bridge]:
        needs: dict[RequestPlace, BridgeNeed] = {
            (outer, "test_a.py"): need("test_a.py", outer_scope),
            (inner, "sub/test_b.py"): need("sub/test_b.py", inner_scope),
        }
        return place_bridges(needs, lambda place: Scope.SESSION, Sites())

    assert [bridge.path for bridge in bridges(Scope.MODULE, Scope.MODULE)] == ["conftest.py"]
    assert [bridge.path for bridge in bridges(Scope.MODULE, Scope.FUNCTION)] == ["conftest.py"]
    both = bridges(Scope.FUNCTION, Scope.MODULE)
    assert [bridge.path for bridge in both] == ["conftest.py", "sub/conftest.py"]


def test_override_that_stays_hides_the_bridge_above() -> None:
    outer = FixtureDef("./", Key("conftest.py", 0), None)  # type: ignore[arg-type]
    inner = FixtureDef("sub/test_b.py", Key("sub/test_b.py", 0), None)  # type: ignore[arg-type]
    needs: dict[RequestPlace, BridgeNeed] = {
        (outer, "test_a.py"): BridgeNeed({"test_a.py"}, reached=True),
        (inner, "sub/test_b.py"): BridgeNeed({"sub/test_b.py"}, reached=True),
    }
    left = place_bridges(needs, lambda place: Scope.SESSION, Sites(left=["sub/"]))
    assert [bridge.path for bridge in left] == ["conftest.py", "sub/test_b.py"]


def test_bridge_of_a_class_does_not_serve_the_class_beside_it() -> None:
    one, two = (
        FixtureDef(f"test_a.py::{name}", Key("test_a.py", number), None)  # type: ignore[arg-type]
        for number, name in enumerate(("TestOne", "TestTwo"))
    )
    needs: dict[RequestPlace, BridgeNeed] = {
        (one, "test_a.py"): BridgeNeed({"test_a.py"}, reached=True),
        (two, "test_a.py"): BridgeNeed({"test_a.py"}, reached=True),
    }
    found = place_bridges(needs, lambda place: Scope.CLASS, Sites())
    assert [bridge.replaces for bridge in found] == [one.key, two.key]


def test_unused_sync_fixture_gets_a_bridge_on_the_loop_that_it_would_have_seen() -> None:
    files = {
        "conftest.py": override("session"),
        "test_a.py": "@pytest.mark.asyncio\nasync def test_a():\n    pass\n",
        "more/conftest.py": "@pytest.fixture\ndef unused(event_loop):\n    return 1\n",
    }
    assert placed(files) == [("conftest.py", Scope.FUNCTION, Scope.SESSION, True)]


LOOP, OTHER = (
    loops.Loop(Scope.MODULE, "test_a.py"),
    loops.Loop(Scope.FUNCTION, "test_a.py::test_a"),
)


def test_sentence_about_strays_counts_the_fixtures() -> None:
    before = {"test_a": loops.TestLoops(LOOP, {"one": LOOP, "two": LOOP})}
    for strays, words in ((["one"], "fixture one"), (["one", "two"], "fixtures one, two")):
        after = {"test_a": loops.TestLoops(LOOP, dict.fromkeys(strays, OTHER))}
        (found,) = differences(before, after)
        assert (found.cause, found.names) == (Cause.STRAY, words)


def test_sync_test_whose_fixtures_have_several_loops_is_a_stray() -> None:
    before = {"test_a": loops.TestLoops(None, {"one": LOOP, "two": LOOP})}
    (found,) = differences(before, {"test_a": loops.TestLoops(None, {"one": LOOP, "two": OTHER})})
    assert found.message == "it would run on another loop than its fixtures one, two"


MAKES = "import asyncio, pytest\n\n" + override("session")
ASKS = "\n@pytest.fixture{}\ndef {}(event_loop):\n    return event_loop\n"
LEFT_IN_A_CLASS = """\
import asyncio, pytest
from loops import event_loop

@pytest.mark.asyncio
async def test_a(): ...

class TestB:
    @pytest.fixture
    def event_loop(self):
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()

    @pytest.fixture
    def unused(self, event_loop): ...

    def test_b(self, event_loop):
        event_loop.run_until_complete(asyncio.sleep(0))
"""
UNUSED = {
    "of a plugin": {
        "conftest.py": MAKES + "pytest_plugins = ['kit']\n" + ASKS.format("", "used"),
        "kit.py": "import pytest\n" + ASKS.format("", "unused"),
        "test_a.py": (
            "import pytest\n\ndef test_s(used): ...\n"
            "@pytest.mark.asyncio\nasync def test_a(used): ...\n"
        ),
    },
    "of a class whose override stays": {
        "loops.py": MAKES.replace("session", "function"),
        "conftest.py": MAKES,
        "test_a.py": LEFT_IN_A_CLASS,
        "test_b.py": (
            "import pytest\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
            "@pytest.mark.asyncio\nasync def test_b(): ...\n"
        ),
    },
}


@pytest.mark.parametrize("files", UNUSED.values(), ids=UNUSED.keys())
def test_unused_fixture_that_is_answered_gets_no_bridge_later(files: dict[str, str]) -> None:
    once = after(files)
    assert after(once) == once


@pytest.mark.parametrize("above", ["", "a/", "a/b/"])
def test_modules_of_each_folder_share_a_bridge_where_all_cannot(above: str) -> None:
    """A test between them sees the bridge of another loop scope, which no other may hide."""
    test = "\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
    module = override("module") + "\n\n" + SYNC + test
    files = {
        f"{above}x/test_1.py": module,
        f"{above}x/test_2.py": module,
        f"{above}x/conftest.py": "",
        f"{above}y/test_3.py": module,
        f"{above}y/test_4.py": module,
        f"{above}y/conftest.py": "",
    }
    shared = (f"{above}conftest.py", Scope.FUNCTION, Scope.MODULE, False)
    assert placed(files) == [shared]
    files["conftest.py"] = override("session")
    files[f"{above}z/test_5.py"] = SYNC + test
    assert sorted(placed(files)) == sorted(
        [
            ("conftest.py", Scope.FUNCTION, Scope.SESSION, True),
            (f"{above}x/conftest.py", Scope.FUNCTION, Scope.MODULE, False),
            (f"{above}y/conftest.py", Scope.FUNCTION, Scope.MODULE, False),
        ]
    )


ASKS = "\n\ndef test_asks():\n    asyncio.get_event_loop()\n"


def test_modules_share_a_bridge_beside_one_whose_autouse_bridge_stays() -> None:
    test = "\n\n@pytest.mark.asyncio\nasync def test_it():\n    pass\n"
    module = override("module") + "\n\n" + SYNC + test
    autouse = override("module").replace('"module"', '"module", autouse=True')
    files = {
        "conftest.py": "",
        "test_a.py": module,
        "test_b.py": module,
        "test_c.py": autouse + "\n\n" + SYNC + test + ASKS,
    }
    assert sorted(placed(files)) == [
        ("conftest.py", Scope.FUNCTION, Scope.MODULE, False),
        ("test_c.py", Scope.FUNCTION, Scope.MODULE, True),
    ]
