"""LS102 for xunit methods that ask for the current loop."""

from __future__ import annotations

from collections.abc import Iterator

from loopscope.facts.calls import CURRENT_LOOP
from loopscope.loops.reading import Era
from loopscope.rules.base import AppendEdit, Case, Outcome, action
from loopscope.rules.bridge_code import current_loop_code

_WIDE_XUNIT = frozenset({"setup_class", "setup_module", "setup_function", "teardown_function"})


def serve_xunit(case: Case) -> Iterator[Outcome]:
    """xunit methods that ask for the current loop, which 0.21 had set before them."""
    for module, level in sorted(case.plan.currents.items()):
        code = current_loop_code(case.files[module], level, case.plan.fixture_default)
        yield AppendEdit(
            "LS102",
            module,
            0,
            "_current_event_loop",
            "fixture added: xunit methods find the loop of their tests as the current one",
            code.main,
            needs=code.needs,
        )
    if case.plan.era is not Era.LEGACY:
        return
    for path, facts in case.files.items():
        by_ordinal = {function.ordinal: function for function in facts.functions}
        for call in facts.loop_calls:
            function = by_ordinal.get(call.owner) if call.owner is not None else None
            if function is None or function.name not in _WIDE_XUNIT:
                continue
            if call.what in CURRENT_LOOP and any(
                test.module == path and test.id in case.plan.tests for test in case.reading.tests
            ):
                yield action(
                    "LS102",
                    path,
                    call.line,
                    f"{function.qualname} asks for the current loop, and none is there when it "
                    "runs: move what it does into a fixture",
                )
