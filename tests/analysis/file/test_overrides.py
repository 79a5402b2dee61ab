"""Sorting the bodies of event_loop overrides (rule LS101)."""

from __future__ import annotations

from textwrap import indent

import pytest

from loopscope.analysis.file.override_facts import BodyKind, OverrideBody
from loopscope.analysis.file.reader import read_file

HEADER = "import asyncio\nimport pytest\n\n\n@pytest.fixture\ndef event_loop():\n"


def body_of(source: str, header: str = HEADER) -> OverrideBody:
    facts = read_file("conftest.py", header + indent(source, "    "))
    override = facts.functions[-1].override
    assert override is not None
    return override


PLAIN = {
    "new, yield, close": "loop = asyncio.new_event_loop()\nyield loop\nloop.close()\n",
    "yield without a close": "yield asyncio.new_event_loop()\n",
    "return": "return asyncio.new_event_loop()\n",
    "policy": (
        "loop = asyncio.get_event_loop_policy().new_event_loop()\nyield loop\nloop.close()\n"
    ),
    "policy in a variable": (
        "policy = asyncio.get_event_loop_policy()\n"
        "loop = policy.new_event_loop()\nyield loop\nloop.close()\n"
    ),
    "get_event_loop": "yield asyncio.get_event_loop()\n",
    "running or new": (
        "try:\n    loop = asyncio.get_running_loop()\n"
        "except RuntimeError:\n    loop = asyncio.new_event_loop()\n"
        "yield loop\nloop.close()\n"
    ),
    "set_event_loop": (
        "loop = asyncio.new_event_loop()\nasyncio.set_event_loop(loop)\n"
        "yield loop\nloop.close()\nasyncio.set_event_loop(None)\n"
    ),
    "try and finally": (
        "loop = asyncio.new_event_loop()\ntry:\n    yield loop\nfinally:\n    loop.close()\n"
    ),
    "close unless closed": (
        "loop = asyncio.new_event_loop()\nyield loop\nif not loop.is_closed():\n    loop.close()\n"
    ),
    "docstring and annotation": (
        '"""One loop."""\nloop: asyncio.AbstractEventLoop = asyncio.new_event_loop()\nyield loop\n'
    ),
    "cancels pending tasks": (
        "loop = asyncio.new_event_loop()\nyield loop\n"
        "pending = asyncio.all_tasks(loop)\nfor task in pending:\n    task.cancel()\n"
        "loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))\n"
        "loop.close()\n"
    ),
    "closed by a function that is a finalizer": (
        "loop = asyncio.new_event_loop()\ndef fin():\n    asyncio.set_event_loop(None)\n"
        "    loop.close()\nrequest.addfinalizer(fin)\nreturn loop\n"
    ),
    "closed by a lambda that is a finalizer": (
        "loop = asyncio.new_event_loop()\nrequest.addfinalizer(lambda: loop.close())\n"
        "return loop\n"
    ),
    "closed by contextlib": (
        "import contextlib\nwith contextlib.closing(asyncio.new_event_loop()) as loop:\n"
        "    asyncio.set_event_loop(loop)\n    yield loop\n"
    ),
    "closed by contextlib with a variable": (
        "from contextlib import closing\nloop = asyncio.new_event_loop()\n"
        "with closing(loop):\n    yield loop\n"
    ),
    "closed where that is possible": (
        "loop = asyncio.new_event_loop()\nyield loop\n"
        "try:\n    loop.close()\nexcept (NotImplementedError, OSError):\n    pass\n"
    ),
    "closed whatever happens": (
        "loop = asyncio.new_event_loop()\nyield loop\ntry:\n    loop.close()\nexcept:\n    pass\n"
    ),
    "closed by a finalizer": (
        "loop = asyncio.new_event_loop()\nrequest.addfinalizer(loop.close)\nreturn loop\n"
    ),
    "runs once more, until it is stopped": (
        "loop = asyncio.new_event_loop()\nyield loop\n"
        "loop.call_soon(loop.stop)\nloop.run_forever()\nloop.close()\n"
    ),
    "shuts down async generators": (
        "loop = asyncio.new_event_loop()\nyield loop\n"
        "loop.run_until_complete(loop.shutdown_asyncgens())\nloop.close()\n"
    ),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain(name: str) -> None:
    assert body_of(PLAIN[name]).kind is BodyKind.PLAIN


SORTED = {
    "loop handed to something that closes it": (
        BodyKind.OTHER,
        "loop = asyncio.new_event_loop()\natexit.register(loop.close)\nyield loop\n",
    ),
    "work before the yield": (
        BodyKind.WORK,
        "loop = asyncio.new_event_loop()\nloop.run_until_complete(setup())\nyield loop\n",
    ),
    "clean-up of something else": (
        BodyKind.WORK,
        "loop = asyncio.new_event_loop()\nyield loop\ndatabase.close()\nloop.close()\n",
    ),
    "exception handler": (
        BodyKind.WORK,
        "loop = asyncio.new_event_loop()\nloop.set_exception_handler(h)\nyield loop\n",
    ),
    "loop class": (BodyKind.FACTORY, "loop = asyncio.SelectorEventLoop()\nyield loop\n"),
    "policy set inside": (
        BodyKind.FACTORY,
        "asyncio.set_event_loop_policy(P())\nloop = asyncio.new_event_loop()\nyield loop\n",
    ),
    "platform branch": (
        BodyKind.FACTORY,
        "import sys\nif sys.platform == 'win32':\n    asyncio.set_event_loop_policy(P())\n"
        "loop = asyncio.new_event_loop()\nyield loop\n",
    ),
    "another kind, closed by a finalizer": (
        BodyKind.FACTORY,
        "loop = asyncio.SelectorEventLoop()\ndef fin():\n    loop.close()\n"
        "request.addfinalizer(fin)\nreturn loop\n",
    ),
    "something else that is closed": (
        BodyKind.OTHER,
        "import contextlib\nwith contextlib.closing(database()):\n"
        "    yield asyncio.new_event_loop()\n",
    ),
    "work where the close fails": (
        BodyKind.OTHER,
        "loop = asyncio.new_event_loop()\nyield loop\n"
        "try:\n    loop.close()\nexcept OSError:\n    report()\n",
    ),
    "a finalizer that does more": (
        BodyKind.OTHER,
        "loop = asyncio.new_event_loop()\ndef fin():\n    loop.close()\n    report()\n"
        "request.addfinalizer(fin)\nreturn loop\n",
    ),
    "a loop from elsewhere": (BodyKind.OTHER, "yield app.loop\n"),
    "swallows other errors": (
        BodyKind.OTHER,
        "loop = asyncio.new_event_loop()\ntry:\n    yield loop\nexcept ValueError:\n    pass\n",
    ),
    "its own runner": (
        BodyKind.OTHER,
        "loop = asyncio.new_event_loop()\nasyncio.run(setup())\nyield loop\n",
    ),
    "runs until another thread stops it": (
        BodyKind.OTHER,
        "loop = asyncio.new_event_loop()\nyield loop\nloop.call_soon(stop)\nloop.run_forever()\n",
    ),
    "runs forever once it was stopped": (
        BodyKind.OTHER,
        "loop = asyncio.new_event_loop()\nyield loop\nloop.call_soon(loop.stop)\n"
        "loop.run_forever()\nloop.run_forever()\n",
    ),
    "runs forever": (
        BodyKind.OTHER,
        "loop = asyncio.new_event_loop()\nloop.run_forever()\nyield loop\n",
    ),
}


@pytest.mark.parametrize("name", SORTED)
def test_other_kinds(name: str) -> None:
    kind, source = SORTED[name]
    found = body_of(source)
    assert found.kind is kind
    assert bool(found.reason) is (kind is BodyKind.OTHER)


def test_work_is_kept_by_phase() -> None:
    body = body_of(
        "loop = asyncio.new_event_loop()\nloop.run_until_complete(up())\nyield loop\n"
        "loop.run_until_complete(down())\nloop.close()\nreport()\n"
    )
    assert body.before == ("loop.run_until_complete(up())",)
    assert body.after == ("loop.run_until_complete(down())",)
    assert body.closed == ("report()",)


def test_debug_mode_is_a_kind_of_its_own() -> None:
    body = body_of("loop = asyncio.new_event_loop()\nloop.set_debug(True)\nyield loop\n")
    assert body.kind is BodyKind.DEBUG


def test_dropped_clean_up_is_named() -> None:
    assert body_of(PLAIN["cancels pending tasks"]).dropped == (
        "cancels pending tasks",
        "awaits cancelled tasks",
    )


def test_the_bridge_is_recognised_as_ours() -> None:
    header = (
        "import asyncio\nimport pytest_asyncio\n\n@pytest_asyncio.fixture\n"
        "async def event_loop():\n"
    )
    assert body_of("return asyncio.get_running_loop()\n", header).kind is BodyKind.BRIDGE


def test_names_are_resolved_through_aliases() -> None:
    header = (
        "import asyncio as aio\nfrom pytest import fixture as fx\n\n@fx(scope='session')\n"
        "def event_loop():\n"
    )
    assert body_of("yield aio.new_event_loop()\n", header).kind is BodyKind.PLAIN
