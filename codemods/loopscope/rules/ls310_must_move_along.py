"""LS310: a plugin, a pytest or a Python that the declared pytest-asyncio does not run with.

Every release has its least pytest and Python, and plugins that build on pytest-asyncio break
with 1.0. Whether they can move along is not for a tool to say.
"""

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
            yield _companion(one.pin)
    yield from _pytest(declarations)
    yield from _pythons(declarations)


def _companion(pin: Pin) -> Finding:
    known = COMPANIONS[pin.package]
    if known.below is None:
        text = f"{pin.package} {known.reason}: no known release of it can stay"
    else:
        first = dotted(known.below)
        text = f"{pin.package} below {first} {known.reason}: move it to {first} or newer"
    return action("LS310", pin.path, pin.line, text)


def _pytest(declarations: Declarations) -> Iterator[Finding]:
    """Find a pytest that is too new for the release to which an exact pin moves."""
    newest = declarations.newest()
    exact = any(one.pin.kind is Kind.EXACT for one in declarations.of(PLUGIN))
    if newest is None or newest.pytest_below is None or not exact:
        return
    below = newest.pytest_below
    for one in declarations.of("pytest"):
        pin = one.pin
        if pin.kind.editable and lowest(pin) >= padded((below,)):  # where it is capped, LS202 acts
            message = f"pytest-asyncio {dotted(newest.series)} runs on pytest below {below} only"
            yield action("LS310", pin.path, pin.line, message)


def _pythons(declarations: Declarations) -> Iterator[Finding]:
    """Report the Pythons that are declared and that a declared release does not run on."""
    aims = declarations.aims
    outcomes = declarations.outcomes()
    for one in declarations.of(PLUGIN):
        pin = one.pin
        if pin.kind.editable and aims.hopeless(pin):
            release = release_of(aims.least)
            told = aims.installations.pythons(pin)
            missed = aims.pythons.named_by(pin.marker) if told is None else told
            says = "this requirement is installed on"
            if missed:  # else the line is for Pythons that the project does not support
                message = _python_message(release, missed, says, aims)
                yield action("LS310", pin.path, pin.line, message)
    # What tox installs by itself runs on the Pythons of its environments.
    elsewhere = {
        pin: one for pin, one in outcomes.items() if aims.installations.pythons(pin) is None
    }
    by_file: dict[tuple[str, str], list[tuple[int, Release, tuple[Version, ...]]]] = {}
    for place in declarations.pythons:
        found = [
            (release.python, release, Pythons(place.versions).missed(pin.marker, release.python))
            for pin, release in elsewhere.items()
        ]
        _, release, missed = max(
            found, key=lambda one: (one[0], one[2]), default=((), RELEASES[0], ())
        )
        if missed:
            by_file.setdefault((place.path, place.says), []).append((place.line, release, missed))
    for (path, says), places in by_file.items():
        yield action("LS310", path, places[0][0], _places_message(says, places, aims))
    yield from _environments(declarations, outcomes)


def _places_message(
    who: str, places: Sequence[tuple[int, Release, tuple[Version, ...]]], aims: Aims
) -> str:
    """Say what the places of one file declare: its jobs, or its sessions, are one finding."""
    missed = tuple(sorted({version for _, _, versions in places for version in versions}))
    release = max((release for _, release, _ in places), key=lambda one: one.python)
    lines = list(dict.fromkeys(line for line, _, _ in places))
    if len(lines) > 1:
        said = f"line{'s' if len(lines) > 2 else ''} {', '.join(map(str, lines[1:]))}"
        who = f"{who} (and {said}) names"
    elif "equires" in who:
        who = f"{who} admits"
    else:
        who = f"{who} {'name' if who.endswith('classifiers') else 'names'}"
    return _python_message(release, missed, who, aims)


def _environments(
    declarations: Declarations, outcomes: Mapping[Pin, Release]
) -> Iterator[Finding]:
    """Report the environments of tox on a Python that is too old, once a file."""
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
        message = _python_message(release, tuple(sorted(missed)), says, declarations.aims)
        yield action("LS310", path, line, message)


def _python_message(release: Release, missed: tuple[Version, ...], says: str, aims: Aims) -> str:
    names = ", ".join(map(dotted, missed))
    oldest = dotted(release.python)
    text = (
        f"pytest-asyncio {dotted(release.series)} needs Python {oldest}, but {says} {names}: drop"
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
        more = f" and {len(users) - 1} more" if len(users) > 1 else ""
        who = f"{first.name} ({first.path}:{first.line}){more}"
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
