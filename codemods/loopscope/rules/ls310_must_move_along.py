"""LS310: a plugin, a pytest or a Python that the declared pytest-asyncio does not run with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.requirements.compatibility import (
    COMPANIONS,
    PLUGIN,
    RELEASES,
    PluginLoops,
    Release,
    Version,
    release_of,
    used_plugins,
)
from loopscope.requirements.pin import Kind, Pin, Pythons, lowest, padded
from loopscope.rules.context import Rule, RuleContext, RuleResult, action, first_of
from loopscope.rules.declarations import Aims, Declarations, dotted
from loopscope.rules.ls201_pytest_configuration import FIXTURE_OPTION, TEST_OPTION
from loopscope.types import Finding, Scope


def check(declarations: Declarations) -> Iterator[Finding]:
    for one in declarations.declared:
        if declarations.is_too_old(one.pin) and not declarations.is_raised_along(one.pin):
            yield _companion(one.pin, declarations)
    yield from _pytest(declarations)
    yield from _pythons(declarations)


def _companion(pin: Pin, declarations: Declarations) -> Finding:
    known = COMPANIONS[pin.package]
    if known.below is None:
        text = f"{pin.package} {known.reason}: no known release of it can stay"
    else:
        first = dotted(known.below)
        text = f"{pin.package} below {first} {known.reason}: move it to {first} or newer"
        cap = declarations.stands_in_the_way(pin)
        if cap is not None:
            least = dotted(dict(known.needs)[cap.package])
            text = f"{text}, which needs {cap.package} {least} ({cap.path}:{cap.line} caps it)"
    return action("LS310", pin.path, pin.line, text)


def _pytest(declarations: Declarations) -> Iterator[Finding]:
    """Find a pytest that is too new for the release to which an exact pin moves."""
    newest = declarations.newest
    exact = any(one.pin.kind is Kind.EXACT for one in declarations.of(PLUGIN))
    if newest is None or newest.pytest_below is None or not exact:
        return
    below = newest.pytest_below
    for one in declarations.of("pytest"):
        pin = one.pin
        if pin.kind.editable and lowest(pin) >= padded((below,)):  # where it is capped, LS202 acts
            message = f"pytest-asyncio {dotted(newest.series)} runs on pytest below {below} only"
            yield action("LS310", pin.path, pin.line, message)


class _Place(NamedTuple):
    """A line that puts pytest-asyncio on Pythons which a release does not run on."""

    path: str
    line: int
    says: str  # who, and a verb: "this job names"
    release: Release
    missed: tuple[Version, ...]


def _pythons(declarations: Declarations) -> Iterator[Finding]:
    """Report the Pythons that are declared and that a declared release does not run on.

    What can be done is said once for a release; the other places refer to that.
    """
    outcomes = declarations.outcomes
    places = (
        *_own(declarations),
        *_declared(declarations, outcomes),
        *_environments(declarations, outcomes),
    )
    first: dict[Release, _Place] = {}
    for place in places:
        known = first.setdefault(place.release, place)
        if known is place:
            message = _python_message(place, _named(place.release, outcomes), declarations.aims)
        else:
            message = (
                f"{place.says} {_listed(place.missed)}, where pytest-asyncio"
                f" {dotted(place.release.series)} does not run: what can be done is said at"
                f" {known.path}:{known.line}"
            )
        yield action("LS310", place.path, place.line, message)


def _own(declarations: Declarations) -> Iterator[_Place]:
    """Find requirements that are installed on nothing newer."""
    aims = declarations.aims
    for one in declarations.of(PLUGIN):
        pin = one.pin
        if pin.kind.editable and aims.hopeless(pin):
            told = aims.installations.pythons(pin)
            missed = aims.pythons.named_by(pin.marker) if told is None else told
            if missed:  # else the line is for Pythons that the project does not support
                says = "this requirement is installed on"
                yield _Place(pin.path, pin.line, says, release_of(aims.least), missed)


def _declared(declarations: Declarations, outcomes: Mapping[Pin, Release]) -> Iterator[_Place]:
    """Find what the project requires, and the jobs and sessions that run it, once a file."""
    aims = declarations.aims
    # What tox installs by itself runs on the Pythons of its environments.
    elsewhere = {
        pin: one for pin, one in outcomes.items() if aims.installations.pythons(pin) is None
    }
    by_file: dict[tuple[str, str], list[_Place]] = {}
    for place in declarations.pythons:
        found = [
            (release.python, release, Pythons(place.versions).missed(pin.marker, release.python))
            for pin, release in elsewhere.items()
        ]
        _, release, missed = max(
            found, key=lambda one: (one[0], one[2]), default=((), RELEASES[0], ())
        )
        if missed:
            one = _Place(place.path, place.line, place.says, release, missed)
            by_file.setdefault((place.path, place.says), []).append(one)
    yield from map(_joined, by_file.values())


def _joined(places: Sequence[_Place]) -> _Place:
    """Make one of the places of one file."""
    who = places[0].says
    lines = list(dict.fromkeys(one.line for one in places))
    if len(lines) > 1:
        said = f"line{'s' if len(lines) > 2 else ''} {', '.join(map(str, lines[1:]))}"
        who = f"{who} (and {said}) names"
    elif "equires" in who:
        who = f"{who} admits"
    else:
        who = f"{who} {'name' if who.endswith('classifiers') else 'names'}"
    release = max((one.release for one in places), key=lambda one: one.python)
    missed = tuple(sorted({version for one in places for version in one.missed}))
    return places[0]._replace(says=who, release=release, missed=missed)


def _environments(declarations: Declarations, outcomes: Mapping[Pin, Release]) -> Iterator[_Place]:
    """Find the environments of tox on a Python that is too old, once a file."""
    installations = declarations.aims.installations
    found: dict[tuple[str, int], tuple[Release, set[Version], list[str]]] = {}
    for tox, environment in installations.plugin_environments():
        if environment.python is None:
            continue
        for pin, release in outcomes.items():
            own = installations.pythons(pin) is not None
            if own and (pin.path != tox.path or pin.line not in environment.lines):
                continue
            if not Pythons((environment.python,)).missed(pin.marker, release.python):
                continue
            _, missed, names = found.setdefault((tox.path, tox.listed_at), (release, set(), []))
            missed.add(environment.python)
            if environment.name not in names:
                names.append(environment.name)
    for (path, line), (release, missed, names) in found.items():
        says = f"{first_of(names)} {'runs' if len(names) == 1 else 'run'} on"
        yield _Place(path, line, says, release, tuple(sorted(missed)))


def _named(release: Release, outcomes: Mapping[Pin, Release]) -> str:
    """Name a release, and where it stands, if other places come to other releases."""
    name = f"pytest-asyncio {dotted(release.series)}"
    exact = [(pin, one) for pin, one in outcomes.items() if pin.kind is Kind.EXACT]
    here = [f"{pin.path}:{pin.line}" for pin, one in exact if one is release]
    there = [f"{p.path}:{p.line} has {dotted(r.series)}" for p, r in exact if r is not release]
    return f"{name} ({here[0]}; {there[0]})" if here and there else name


def _listed(versions: tuple[Version, ...]) -> str:
    return ", ".join(map(dotted, versions))


def _python_message(place: _Place, name: str, aims: Aims) -> str:
    release, missed = place.release, place.missed
    names, oldest = _listed(missed), dotted(release.python)
    text = (
        f"{name} needs Python {oldest}, but {place.says} {names}: drop"
        f" {names} here, or install pytest-asyncio on Python {oldest} and newer only"
        f' (python_version >= "{oldest}" behind the requirement)'
    )
    older = [one for one in RELEASES if one.series < release.series and one.python <= missed[0]]
    if not older or not aims.raises:
        return text
    cost = (
        ", where event_loop is still the plugin's own fixture, and what needs a bridge is left to"
        " you"
    )
    series = older[-1].series
    return f"{text}, or migrate with --target {dotted(series)}{cost if series < (1, 0) else ''}"


# -- plugins with loops of their own ----------------------------------------------------------


def check_loops(context: RuleContext) -> Iterator[RuleResult]:
    """Report tests and fixtures on another loop than the fixtures of a plugin that they use."""
    modern = context.plan.suite_style is SuiteStyle.MODERN
    default = context.model.settings.fixture_default if modern else context.plan.fixture_default
    for plugin in used_plugins(context.contents) if context.model.uses_plugin else ():
        refused = default is not None and default < plugin.scope
        on = plugin.loop_scope or default or plugin.scope
        users = [one for one in _users(context, plugin) if refused or one.loop_scope is not on]
        if not users:
            continue
        first, path = users[0], context.config.path
        line = _option_line(context) if path else first.line
        who = first_of([f"{one.name} ({one.path}:{one.line})" for one in users], 1)
        wrong = _refused(plugin) if refused else _on_another(plugin, first, on)
        yield action("LS310", path or first.path, line, f"{who} {wrong}")


def _refused(plugin: PluginLoops) -> str:
    scope = plugin.scope.word
    return (
        f"would end in a ScopeMismatch: {scope} fixtures of {plugin.package} have the default loop"
        f" scope, which is narrower. Set {TEST_OPTION} and {FIXTURE_OPTION} to {scope}"
    )


def _on_another(plugin: PluginLoops, first: _User, on: Scope) -> str:
    if plugin.loop_scope is None:
        wide = f"have the default loop scope, {on.word}. Set {FIXTURE_OPTION} to"
        wide += f" {first.loop_scope.word}, too"
    else:
        wide = f"run on the {on.word} loop. Set {TEST_OPTION} and {FIXTURE_OPTION} to {on.word}"
    return (
        f"runs on another loop than {first.fixture} of {plugin.package}, whose fixtures {wide}, or"
        f' give those who use them loop_scope="{on.word}"'
    )


class _User(NamedTuple):
    path: str
    line: int
    name: str
    fixture: str
    loop_scope: Scope


def _users(context: RuleContext, plugin: PluginLoops) -> Iterator[_User]:
    """Yield the async tests, then the fixtures, that use a fixture of the plugin."""
    model, plan, done = context.model, context.plan, set[Key]()
    for test in model.own_tests:
        reached = model.closure(test).fixtures
        own = {item.fixture.name for item in reached}
        asked = [*test.function.parameters, *(n for f in reached for n in f.function.parameters)]
        found = [name for name in asked if name in plugin.fixtures - own]
        if not found:
            continue
        if test.id in plan.tests:
            line, name = test.function.line, test.function.qualname
            yield _User(test.key.path, line, name, found[0], plan.tests[test.id])
        for item in reached:
            used = [name for name in item.function.parameters if name in plugin.fixtures - own]
            if used and item.key not in done and item.key in plan.fixtures:
                done.add(item.key)
                line, name = item.function.line, item.function.qualname
                yield _User(item.key.path, line, name, used[0], plan.fixtures[item.key])


def _option_line(context: RuleContext) -> int:
    """Return the line of the first default loop scope in the configuration."""
    lines = context.contents.get(context.config.path or "", b"").splitlines()
    options = (TEST_OPTION.encode(), FIXTURE_OPTION.encode())
    return next((n for n, line in enumerate(lines, 1) if line.strip().startswith(options)), 1)


RULE = Rule(
    "LS310",
    "must-move-along",
    "a plugin, a pin or a supported Python that the new pytest-asyncio does not run with",
    "1.0",
    check_loops,
    check_declarations=check,
)
