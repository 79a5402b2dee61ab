"""The places of bridges: fixtures named ``event_loop`` that return the running loop.

See docs/loop-rules.md, The bridge.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import commonpath, dirname

from loopscope.analysis.suite.fixtures import FixtureDef, Key, own_base_id
from loopscope.types import Scope

# The override that answered (None: pytest-asyncio's own fixture) and the asking test's module.
RequestPlace = tuple[FixtureDef | None, str]


@dataclass(slots=True)
class BridgeNeed:
    """The requests of one module's tests that one fixture answered."""

    files: set[str] = field(default_factory=set)  # where the requesters are defined
    reached: bool = False  # a test asks, or a fixture that one uses
    scope: Scope = Scope.FUNCTION  # of the widest requester
    autouse: bool = False
    works: bool = False  # the override does work, which only its own bridge can keep


@dataclass(frozen=True, slots=True)
class Bridge:
    """An async fixture named ``event_loop`` that hands the running loop to sync code.

    ``replaces`` is the override in whose place it stands; otherwise it is put into
    ``path``, which may be a conftest that is still to be made. An autouse bridge also makes
    its loop the current one.
    """

    path: str
    scope: Scope
    loop_scope: Scope
    replaces: Key | None = None
    autouse: bool = False


def place_bridges(
    needs: Mapping[RequestPlace, BridgeNeed],
    loop_scope: Callable[[RequestPlace], Scope],
    left: Collection[str],
) -> list[Bridge]:
    """Place the fewest bridges that serve all requests, outer places first.

    A parent's bridge serves every region of the same loop scope; another loop scope needs a
    nearer one.
    ``left`` are the base ids of overrides that stay: what lies below does not see past them.
    """
    modules: dict[FixtureDef | None, list[str]] = defaultdict(list)
    for target, module in needs:
        modules[target].append(module)
    known: dict[str, Bridge | None] = dict.fromkeys(left)
    found: list[Bridge] = []
    for target in sorted(modules, key=_depth):
        places = {module: (target, module) for module in modules[target]}
        loop_scopes = {module: loop_scope(place) for module, place in places.items()}
        needed = {module: needs[place] for module, place in places.items()}
        for bridge in _bridges_of(target, needed, loop_scopes, known):
            found.append(bridge)
            own = target is not None and bridge.replaces == target.key
            known[target.base_id if target and own else own_base_id(bridge.path)] = bridge
    return found


def _depth(target: FixtureDef | None) -> tuple[int, bool, int]:
    """Plugins come first, then each conftest before the modules beside it and their classes."""
    if target is None:
        return (-1, False, 0)
    place = target.base_id.removeprefix("./")
    return (place.count("/"), place != "" and not place.endswith("/"), place.count("::"))


def _bridges_of(
    target: FixtureDef | None,
    needs: Mapping[str, BridgeNeed],
    loop_scopes: Mapping[str, Scope],
    known: Mapping[str, Bridge | None],
) -> Iterator[Bridge]:
    # A fixture that no test uses has no say beside tests, and must not hide their bridge.
    used = [module for module in needs if needs[module].reached] or list(needs)
    main = Counter(loop_scopes[module] for module in used).most_common(1)[0][0]
    served = [module for module in needs if loop_scopes[module] is main or module not in used]
    scope = min(max(needs[module].scope for module in served), main)
    autouse = any(needs[module].autouse for module in served)
    own = autouse or any(needs[module].works for module in served)
    if target is not None and target.key.is_external:
        target = None  # it stays where it is; ours is nearer
    if own or target is None or not _served(target.base_id, main, scope, known):
        if target is not None:
            yield Bridge(target.key.path, scope, main, target.key, autouse)
        else:
            yield Bridge(_place({path for m in served for path in needs[m].files}), scope, main)
    for module in used:
        if loop_scopes[module] is not main:
            yield Bridge(
                module, needs[module].scope, loop_scopes[module], autouse=needs[module].autouse
            )


def _place(files: set[str]) -> str:
    """Return the only file that makes requests, or the conftest nearest to all that do."""
    if len(files) == 1:
        return next(iter(files))
    directories = [dirname(path) for path in files]
    common = "" if "" in directories else commonpath(directories)
    return f"{common}/conftest.py" if common else "conftest.py"


def _served(
    base_id: str, loop_scope: Scope, scope: Scope, known: Mapping[str, Bridge | None]
) -> bool:
    """Whether what is visible at the base id is a parent's bridge of the same loop scope."""
    visible = [place for place in known if _sees(base_id, place)]
    if not visible:
        return False
    bridge = known[max(visible, key=lambda place: len(place.removeprefix("./")))]
    return (
        bridge is not None
        and bridge.loop_scope is loop_scope
        and bridge.scope >= scope
        and not bridge.autouse
    )


def _sees(base_id: str, place: str) -> bool:
    """Whether a fixture that is registered at a place is visible at the base id."""
    if place.endswith("/"):
        return base_id.startswith(place.removeprefix("./"))
    return base_id == place or base_id.startswith(f"{place}::")
