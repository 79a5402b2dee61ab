"""Overrides that a conftest puts in the place of the plugin's own ``event_loop``.

They are read as overrides of that conftest. Where that is not all that they are, they stay.
"""

from __future__ import annotations

import re
from posixpath import dirname

from loopscope.analysis.suite.closure import EVENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteModel
from loopscope.planning.override_actions import OverrideAction, manual


def beside_others(model: SuiteModel, key: Key) -> OverrideAction | None:
    """Leave one to a person that is also asked for by its own name, or not all tests' only one."""
    function, index = model.index.function(key), model.index
    if function.fixture is None or not function.fixture.replaces:
        return None
    if function.name != EVENT_LOOP:
        found = _first_use(model, key, function.name)
        if found:
            return manual(f"{found} mentions it as {function.name}, which makes a loop of its own")
    stars = (index.find(key.path, one.module) for one in model.files[key.path].imports
             if one.attribute == "*")  # fmt: skip
    for path in (*index.plugins, *(path for path in stars if path is not None)):
        if EVENT_LOOP in index.module_fixtures(path):
            return manual(f"{path} brings an event_loop, too, and the last one counts")
    folder = dirname(key.path)
    for test in model.tests:
        if folder and not test.module.startswith(f"{folder}/"):
            return manual(f"{test.id} outside of its folder has it, too")
    return None


def _first_use(model: SuiteModel, key: Key, name: str) -> str:
    """Find another place of the name; the file itself defines it, and names it once more."""
    word = re.compile(rb"\b%s\b" % name.encode())
    for path, data in sorted(model.texts.items()):
        found = [number for number, line in enumerate(data.splitlines(), 1) if word.search(line)]
        if path == key.path:
            fixture = model.index.function(key).fixture
            own = (model.index.function(key).line, fixture.replaces if fixture else 0)
            found = [number for number in found if number not in own]
        if found:
            return f"{path}:{found[0]}"
    return ""
