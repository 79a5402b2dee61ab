from __future__ import annotations

from loopscope.analysis.file.values import FileValues, FunctionValues

TEXT = """
class A:
    def first(self):
        def inner():
            return socket
        class Inner:
            def of_inner(self, a): return a
        self.x = asyncio.Lock()

import asyncio

def last(b):
    return b
"""


def test_functions_are_read_by_their_ordinals() -> None:
    values = FileValues(TEXT)
    assert {value.name for value in values.of(5).gives} == {"b"}
    assert {stored.root for stored in values.of(1).stores} == {"self.x"}
    assert values.of(1) is values.of(1)


def test_functions_inside_of_others_and_classes_give_nothing() -> None:
    values = FileValues(TEXT)
    assert [values.of(ordinal) for ordinal in (0, 2, 3, 4, 6)] == [FunctionValues()] * 5
