"""LS109: sync tests whose code asks for the current loop find one, as 0.21 left them one.

From pytest-asyncio 1.4 on no loop is current in a sync test. The fixture acts only where none
is: it must not take a wider runner's loop away from the tests that come after.
"""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.facts import FileFacts
from loopscope.analysis.suite.fixtures import AMBIENT
from loopscope.planning.ambient import Ambient
from loopscope.rules.codegen.bridge import Writer
from loopscope.rules.context import AppendEdit, Need, Rule, RuleContext, RuleResult
from loopscope.types import Safety


def check(context: RuleContext) -> Iterator[RuleResult]:
    for ambient in context.plan.ambients:
        source, needs = _source(context.files.get(ambient.path), ambient)
        yield AppendEdit(
            "LS109",
            ambient.path,
            0,
            AMBIENT,
            "fixture added: sync tests whose code asks for the current loop find one",
            source,
            safety=Safety.ASSUMPTION,
            needs=needs,
        )


def _source(facts: FileFacts | None, ambient: Ambient) -> tuple[str, tuple[Need, ...]]:
    writer = Writer(facts)
    name = writer.name
    has_loop = (
        "def _has_event_loop():\n"
        f"    with {name('warnings.catch_warnings')}():\n"
        f'        {name("warnings.simplefilter")}("ignore", DeprecationWarning)\n'
        "        try:\n"
        f"            {name('asyncio.get_event_loop')}()\n"
        "        except RuntimeError:\n"
        "            return False\n"
        "    return True\n\n\n"
    )
    head = (
        f"@{name('pytest.fixture')}(autouse=True)\n"
        f"def {AMBIENT}(request):\n"
        '    """Sync tests find a current event loop, as pytest-asyncio 0.21 left them one."""\n'
    )
    test = f"{name('pytest_asyncio.is_async_test')}(request.node)"
    setter = name("asyncio.set_event_loop")
    if ambient.shared:
        body = (
            f"    if not {test} and not _has_event_loop():\n"
            f'        {setter}(request.getfixturevalue("event_loop"))\n'
        )
    else:
        body = (
            f"    if {test} or _has_event_loop():\n"
            "        yield\n"
            "        return\n"
            f"    loop = {name('asyncio.new_event_loop')}()\n"
            f"    {setter}(loop)\n"
            "    yield\n"
            f"    {setter}(None)\n"
            "    loop.close()\n"
        )
    return has_loop + head + body, writer.needs


RULE = Rule(
    "LS109",
    "ambient-loop",
    "sync tests whose code asks for the current loop get one",
    "1.4",
    check,
)
