"""LS313: tests that only 0.21 awaited."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import STRICT, messages, migrate_files

DECORATOR = """\
    import functools


    def twice(function):
        @functools.wraps(function)
        {kind} wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper
    """
DECORATED = """\
    import pytest
    from helpers import twice


    @pytest.mark.asyncio
    @twice
    async def test_one():
        pass
    """


@pytest.mark.parametrize(("kind", "found"), [("def", True), ("async def", False)])
def test_decorator_that_wraps_the_test_in_a_sync_function(kind: str, found: bool) -> None:
    helpers = DECORATOR.replace("{kind}", kind)
    files = {"pytest.ini": STRICT, "helpers.py": helpers, "test_x.py": DECORATED}
    assert ("test_x.py:7 LS313 action" in messages(migrate_files(files))) is found


MARKED = """\
    import pytest
    from helpers import repeated


    @pytest.mark.asyncio
    @repeated(3)
    async def test_one():
        pass
    """


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("def wrapper(*args): return function(*args)\nreturn wrapper", True),
        ("def wrapper(self): return function(self)\nreturn wrapper", True),
        ("def wrapper(): return run(function)\nreturn wrapper", True),
        ("def wrapper(*args, **kw): return run(function, args)\nreturn wrapper", True),
        ("async def wrapper(*args): return await function(*args)\nreturn wrapper", False),
        ("known.append((function, number))\nreturn function", False),
        ("return mark.skipif(number > 2)(function)", False),
        ("function.number = number(function)\nreturn function", False),
    ],
)
def test_call_that_makes_the_decorator(inside: str, found: bool) -> None:
    body = inside.replace("\n", "\n        ")
    helpers = f"def repeated(number):\n    def wrap(function):\n        {body}\n    return wrap\n"
    files = {"pytest.ini": STRICT, "helpers.py": helpers, "test_x.py": MARKED}
    assert ("test_x.py:7 LS313 action" in messages(migrate_files(files))) is found
