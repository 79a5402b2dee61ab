"""LS102 for xunit methods that ask for the current loop."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.analysis.file.calls import CURRENT_LOOP
from loopscope.analysis.suite.fixtures import Key
from loopscope.loop_map.suite_model import SuiteStyle
from loopscope.rules.codegen.bridge import current_loop_code
from loopscope.rules.context import AppendEdit, RuleContext, RuleResult, action

_WIDE_XUNIT = frozenset({"setup_class", "setup_module", "setup_function", "teardown_function"})


def serve_xunit(context: RuleContext) -> Iterator[RuleResult]:
    """Serve xunit methods that ask for the current loop, which 0.21 had set before them.

    See docs/loop-rules.md, The loop is set up first.
    """
    for module, loop_scope in sorted(context.plan.currents.items()):
        code = current_loop_code(context.files[module], loop_scope, context.plan.fixture_default)
        yield AppendEdit(
            "LS102",
            module,
            0,
            "_current_event_loop",
            "fixture added: xunit methods find the loop of their tests as the current one",
            code.main,
            needs=code.needs,
        )
    if context.plan.suite_style is not SuiteStyle.LEGACY:
        return
    for path, facts in context.files.items():
        if not any(t.module == path and t.id in context.plan.tests for t in context.model.tests):
            continue
        for function in facts.functions:
            if function.name not in _WIDE_XUNIT:
                continue
            for call in context.model.current.calls(Key(path, function.ordinal)):
                if call.what not in CURRENT_LOOP:
                    continue
                yield action(
                    "LS102",
                    path,
                    call.line,
                    f"{function.qualname} asks for the current loop, and none is there when it "
                    "runs: move what it does into a fixture",
                )
