"""The calls of ``get_event_loop()`` that a test's patch of that name reaches.

Such a call has to stay as it is: ``get_running_loop()`` is another name, and the patch would
no longer replace it. Where the reach is not certain, the call counts as reached.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from posixpath import basename, dirname
from typing import TypeAlias

from loopscope.analysis.file.facts import FileFacts, Hazard, Import, LoopCall
from loopscope.analysis.suite.fixtures import Key
from loopscope.analysis.suite.imports import Find
from loopscope.frozen import frozen
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.types import SOURCE_ROOTS

Files: TypeAlias = Mapping[str, FileFacts]
Wanted: TypeAlias = Callable[[str, LoopCall], bool]
_NAME = "get_event_loop"
_FROM_EVENTS = f"asyncio.events.{_NAME}"


@frozen
class Patch:
    """One patch and the calls that it reaches, with the paths of their files."""

    path: str
    hazard: Hazard
    calls: frozenset[tuple[str, LoopCall]]


def find_patches(model: SuiteModel, wanted: Wanted) -> tuple[Patch, ...]:
    """Find the patches of the suite, with those of the ``wanted`` calls that each reaches."""
    hazards = [
        (path, hazard)
        for path, facts in model.files.items()
        for hazard in facts.hazards
        if hazard.code == "LS309"
    ]
    return tuple(
        Patch(path, hazard, frozenset(_reached(model, path, hazard, wanted)))
        for path, hazard in hazards
    )


def _reached(
    model: SuiteModel, path: str, hazard: Hazard, wanted: Wanted
) -> Iterator[tuple[str, LoopCall]]:
    files = model.files
    owner, _, name = hazard.detail.rpartition(".")
    module, rest = _split(model.index.find, path, owner)
    if module is not None and name == "asyncio" and not rest:  # patch("pkg.mod.asyncio")
        for call in files[module].loop_calls:
            if call.spelled.startswith("asyncio.") and wanted(module, call):
                yield module, call
        return
    if name != _NAME:
        return
    if module is not None and not rest:  # patch("pkg.mod.get_event_loop")
        for call in files[module].loop_calls:
            if call.spelled == _NAME and wanted(module, call):
                yield module, call
        return
    if not _is_asyncio(files, module, rest, owner):
        return
    users = _users(model, path, hazard)
    events = owner.endswith("asyncio.events")
    for file, owners in _reach(model, users, hazard, module).items():
        for call in files[file].loop_calls:
            reached = owners is None or call.owner in owners
            if reached and (call.what == _FROM_EVENTS) is events and wanted(file, call):
                yield file, call


def _split(find: Find, importer: str, owner: str) -> tuple[str | None, tuple[str, ...]]:
    """Split a dotted name into the file that its longest prefix means and the names left."""
    dots = owner[: len(owner) - len(owner.lstrip("."))]
    parts = owner.lstrip(".").split(".")
    for length in range(len(parts), 0, -1):
        found = find(importer, dots + ".".join(parts[:length]))
        if found is not None:
            return found, tuple(parts[length:])
    return None, tuple(parts)


def _is_asyncio(files: Files, module: str | None, rest: tuple[str, ...], owner: str) -> bool:
    """Whether the name whose attribute is replaced is the module asyncio itself."""
    if owner.removesuffix(".events").rpartition(".")[2] == "asyncio":
        return True
    return module is not None and any(
        rest == (bound.name,) and bound.module == "asyncio" and bound.attribute is None
        for bound in files[module].imports
    )


def _users(model: SuiteModel, path: str, hazard: Hazard) -> Mapping[str, set[int] | None]:
    """File -> the functions that run under the patch; None: all of the file may."""
    functions = {function.ordinal: function for function in model.files[path].functions}
    owner = functions.get(hazard.ordinal) if hazard.ordinal is not None else None
    key = Key(path, owner.ordinal) if owner else None
    tests = [
        test
        for test in model.index.tests
        if test.key == key
        or any(fixture_def.key == key for fixture_def in model.closure(test).fixtures)
    ]
    if owner is None or key is None or not tests:
        return {path: None}
    found = {path: {owner.ordinal}}
    for test in tests:
        for file, ordinal in ((test.key.path, test.key.ordinal), (test.module, None)):
            known = found.setdefault(file, set())
            if ordinal is not None:
                known.add(ordinal)
    testing = {test.key for test in model.index.tests}
    for file, ordinals in found.items():  # helpers that the tests may call
        ordinals.update(
            function.ordinal
            for function in model.files[file].functions
            if function.fixture is None and Key(file, function.ordinal) not in testing
        )
    return found


def _reach(
    model: SuiteModel,
    users: Mapping[str, set[int] | None],
    hazard: Hazard,
    target: str | None,
) -> dict[str, set[int] | None]:
    """List the users, and all files that they import, directly or not."""
    files = model.files
    found = dict(users)
    queue: list[tuple[str, Iterable[Import]]] = [(file, files[file].imports) for file in users]
    queue += [(file, hazard.imports) for file in users]
    if target is not None and target not in found:
        found[target] = None
        queue.append((target, files[target].imports))
    while queue:
        importer, imports = queue.pop()
        for bound in imports:
            for path in _imported(files, model.index.find, importer, bound):
                if path not in found:
                    found[path] = None
                    queue.append((path, files[path].imports))
    return found


def _imported(files: Files, find: Find, importer: str, bound: Import) -> Iterator[str]:
    """List the files that one import may run.

    ``import pkg.mod`` is known as ``pkg`` only, and files without a trace of event loops are
    not read: then it is every file of the package.
    """
    names = [bound.module]
    if bound.attribute not in (None, "*"):
        joint = "" if bound.module.endswith(".") else "."
        names.append(f"{bound.module}{joint}{bound.attribute}")
    hits = [path for name in names if (path := find(importer, name)) is not None]
    yield from hits
    if bound.attribute is None or not hits:
        yield from _package(files, importer, bound.module)


def _package(files: Files, importer: str, module: str) -> Iterator[str]:
    """List the files below the top-level package of a module, tests left out."""
    top = module.partition(".")[0]
    if not top or top in sys.stdlib_module_names:
        return
    bases = set(SOURCE_ROOTS)
    directory = dirname(importer)
    while directory:
        bases.add(f"{directory}/")
        directory = dirname(directory)
    prefixes = tuple(f"{base}{top}/" for base in bases)
    for path in files:
        if path.startswith(prefixes):
            name = basename(path)
            if name != "conftest.py" and not name.startswith("test_"):
                yield path
