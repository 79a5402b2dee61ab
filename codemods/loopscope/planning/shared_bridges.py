"""One bridge in place of many of the same kind: in a module for its classes, in a conftest.

From two modules on, the bridge stands in the nearest conftest above all of them; from three on, in
a conftest that is made for it, since two copies are a smaller change than a new file. Whoever does
not ask for ``event_loop`` never sees a bridge. So a conftest is right where all who ask below it
see the same kind of bridge as before: not where a fixture of that name that stays, or a bridge of
another kind, would be hidden, or would hide the new one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from posixpath import commonpath, dirname

from loopscope.analysis.suite.fixtures import Key, conftest_base_id, enclosing_base_ids
from loopscope.frozen import frozen
from loopscope.types import Scope

_FOR_A_NEW_CONFTEST = 3


@frozen
class Bridge:
    """An async fixture that hands the running loop to sync code.

    Its name is ``event_loop``, or another one below pytest-asyncio 1.0, where that is taken.
    ``replaces`` is the override in whose place it stands; otherwise it is put into
    ``path``, which may be a conftest that is still to be made. An autouse bridge also makes
    its loop the current one.
    """

    path: str
    scope: Scope
    loop_scope: Scope
    replaces: Key | None = None
    autouse: bool = False
    name: str = "event_loop"


# What is seen at each base id: a bridge, or None for a fixture that stays.
Standing = dict[str, Bridge | None]


def seen(base_id: str, standing: Mapping[str, Bridge | None]) -> Bridge | None:
    """Return the bridge that is visible at a base id; None where a fixture that stays is, too."""
    return next(
        (standing[place] for place in enclosing_base_ids(base_id) if place in standing), None
    )


def share(
    standing: Standing,
    views: Collection[str],
    conftests: Collection[str],
    plain: Collection[Key],
) -> None:
    """Put one bridge in the place of several wherever that changes no answer.

    Args:
        standing: The bridges as each place needs them; it is changed.
        views: The base ids from which requests that remain look for their fixture.
        conftests: Those that the suite has.
        plain: The overrides that can be deleted where another bridge serves their tests.
    """
    for level in ("::", "module"):
        groups: dict[tuple[str, Scope, Scope], list[str]] = defaultdict(list)
        for base_id, bridge in standing.items():
            if bridge is None or not _movable(base_id, bridge, plain):
                continue
            if ("::" in base_id) == (level == "::"):
                module = base_id.partition("::")[0] if level == "::" else ""
                groups[module, bridge.scope, bridge.loop_scope].append(base_id)
        for (module, _, _), group in sorted(groups.items(), key=lambda item: -len(item[1])):
            if module:
                _move(standing, views, group, module, module)
            else:
                _share_above(standing, views, sorted(group), conftests)


def _movable(base_id: str, bridge: Bridge, plain: Collection[Key]) -> bool:
    """Whether a module or class could do with the same bridge further up."""
    if bridge.autouse or not base_id or base_id.endswith("/"):
        return False
    if bridge.path != base_id.partition("::")[0]:
        return False  # it stands elsewhere, once, and is imported
    return bridge.replaces is None or bridge.replaces in plain


def _share_above(
    standing: Standing, views: Collection[str], group: list[str], conftests: Collection[str]
) -> None:
    """Share the bridge of these modules, or else those of each folder among them."""
    if len(group) < 2:
        return
    folders = [dirname(path) for path in group]
    common = "" if "" in folders else commonpath(folders)
    for path in _conftests_for(common, len(group), conftests):
        if _move(standing, views, group, conftest_base_id(path), path):
            return
    inner: dict[str, list[str]] = defaultdict(list)
    start = len(common) + 1 if common else 0
    for path in group:
        inner[path[start:].partition("/")[0] if dirname(path) != common else ""].append(path)
    for part in inner.values() if len(inner) > 1 else ():
        _share_above(standing, views, part, conftests)


def _conftests_for(common: str, number: int, conftests: Collection[str]) -> Iterator[str]:
    """List the conftests that could hold the bridge of so many modules in a folder."""
    made = f"{common}/conftest.py" if common else "conftest.py"
    folder = common
    while True:
        path = f"{folder}/conftest.py" if folder else "conftest.py"
        if path in conftests:
            yield path
            break
        if not folder:
            break
        folder = dirname(folder)
    if made not in conftests and number >= _FOR_A_NEW_CONFTEST:
        yield made


def _move(
    standing: Standing, views: Collection[str], group: list[str], base_id: str, path: str
) -> bool:
    """Let one bridge at ``base_id`` take the place of the group's, where no answer changes."""
    first = standing[group[0]]
    if len(group) < 2 or first is None or base_id in standing:
        return False
    after: dict[str, Bridge | None] = {
        place: bridge for place, bridge in standing.items() if place not in group
    }
    after[base_id] = Bridge(path, first.scope, first.loop_scope)
    for view in views:
        if base_id in enclosing_base_ids(view) and not _same(
            seen(view, standing), seen(view, after)
        ):
            return False
    standing.clear()
    standing.update(after)
    return True


def _same(before: Bridge | None, after: Bridge | None) -> bool:
    """Whether who asks gets the same loop, for the same time, and nothing else besides."""
    if before is None or after is None:
        return before is after
    kinds = {(one.scope, one.loop_scope, one.autouse) for one in (before, after)}
    return before is after or (len(kinds) == 1 and not before.autouse)
