"""Read files once more that name what other files of the suite explain.

A constant, a decorator that makes fixtures or a function that makes loops may be imported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from loopscope.analysis.file.facts import Elsewhere, FileFacts, Fixture
from loopscope.analysis.file.override_facts import LoopMaking
from loopscope.analysis.suite.namespaces import Namespaces

_ROUNDS = 4  # what is imported may build on what is imported there
Read = Callable[[str, Elsewhere], "FileFacts | None"]
"""Reads one file again; None where its text is not at hand."""


def read_again(
    names: Callable[[Mapping[str, FileFacts]], Namespaces], read: Read, files: dict[str, FileFacts]
) -> dict[str, FileFacts]:
    """Return the facts of all files, each read with what the others say of its names."""
    for _ in range(_ROUNDS):
        if not any(facts.wanted or facts.made for facts in files.values()):
            return files
        namespaces = names(files)
        made = _made(files, namespaces)
        done = True
        for path, facts in list(files.items()):
            known = _explained(path, facts, namespaces, made.get(path, {}))
            if known == facts.elsewhere:
                continue
            again = read(path, known)
            if again is not None:
                files[path] = again
                done = False
        if done:
            break
    return files


def _made(files: Mapping[str, FileFacts], namespaces: Namespaces) -> dict[str, dict[str, Fixture]]:
    """Map the functions that calls in other files make fixtures, once each, by their files."""
    found: dict[str, dict[str, Fixture]] = {}
    number: Counter[tuple[str, str]] = Counter()
    for path, facts in files.items():
        for made in facts.made:
            known = namespaces.find_function(path, made.function)
            if known is not None:
                key, function = known
                number[key.path, function.name] += 1
                if key.path != path and not function.decorators and not function.is_method:
                    fixture = replace(made.fixture, path=path)
                    found.setdefault(key.path, {})[function.name] = fixture
    for (path, name), count in number.items():
        if count > 1:
            found.get(path, {}).pop(name, None)
    return found


def _explained(
    path: str, facts: FileFacts, namespaces: Namespaces, made: Mapping[str, Fixture]
) -> Elsewhere:
    known = Elsewhere(made=dict(made), taken=frozenset(_taken(path, facts, namespaces)))
    constants, makers, loops = {}, {}, {}
    for name in facts.wanted:
        place = _definition(path, name, namespaces)
        if place is None:
            continue
        offers, own = namespaces.files[place[0]].offers, place[1]
        if own in offers.constants:
            constants[name] = offers.constants[own]
        if own in offers.makers:
            makers[name] = offers.makers[own]
        making = offers.loops.get(own) or _through(*place, namespaces)
        if making is not None:
            loops[name] = making
    return replace(known, constants=constants, makers=makers, loops=loops)


def _through(path: str, name: str, namespaces: Namespaces, depth: int = 4) -> LoopMaking | None:
    """Tell whether a function calls another that decides of what kind loops are."""
    known = namespaces.module_functions(path).get(name)
    for called in known[1].calls if known is not None and depth else ():
        place = _definition(path, called, namespaces) or (path, called)
        made = namespaces.files[place[0]].offers.loops.get(place[1])
        made = made or _through(*place, namespaces, depth - 1)
        if made is LoopMaking.POLICY:
            return made
    return None


def _taken(path: str, facts: FileFacts, namespaces: Namespaces) -> Iterator[str]:
    """Yield the functions of other files that this one makes fixtures."""
    for made in facts.made:
        place = namespaces.find_function(path, made.function)
        fixture = place[1].fixture if place is not None else None
        if fixture is not None and fixture.path == path:
            yield made.function


def _definition(
    path: str, name: str, namespaces: Namespaces, seen: frozenset[tuple[str, str]] = frozenset()
) -> tuple[str, str] | None:
    """Find the file that defines what a dotted name means in a file, and its name there."""
    module, _, own = name.rpartition(".")
    attributes = [own]
    while module.strip("."):
        origin = namespaces.find(path, module)
        if origin is not None and origin != path and (origin, own) not in seen:
            return _followed(origin, ".".join(attributes), namespaces, seen | {(origin, own)})
        module, _, outer = module.rpartition(".")
        attributes.insert(0, outer)
    return None


def _followed(
    path: str, name: str, namespaces: Namespaces, seen: frozenset[tuple[str, str]]
) -> tuple[str, str]:
    """Follow a name that a file itself imports from another one."""
    first, _, rest = name.partition(".")
    for bound in namespaces.files[path].imports:
        if bound.name == first and bound.attribute not in (None, "*"):
            joint = "" if bound.module.endswith(".") else "."
            inner = f"{bound.module}{joint}{bound.attribute}{'.' + rest if rest else ''}"
            return _definition(path, inner, namespaces, seen) or (path, name)
    if not _holds(path, name, namespaces):
        for bound in reversed(namespaces.files[path].imports):
            origin = namespaces.find(path, bound.module) if bound.attribute == "*" else None
            if origin is not None and (origin, name) not in seen:
                found = _followed(origin, name, namespaces, seen | {(origin, name)})
                if _holds(*found, namespaces):
                    return found
    return path, name


def _holds(path: str, name: str, namespaces: Namespaces) -> bool:
    """Whether a file itself defines a name that means something to others."""
    offers = namespaces.files[path].offers
    return name in offers.constants or name in offers.makers or name in offers.loops
