"""Product code that may keep a loop, by a glance at its bytes."""

from __future__ import annotations

import time

import pytest

from loopscope.discovery.first_glance import keeps_loop

IMPORT = b"import httpx  # async\n"


@pytest.mark.parametrize(
    "line",
    [
        b"client = httpx.AsyncClient()\n",
        b"client=httpx.AsyncClient()\n",
        b"client: httpx.AsyncClient = make(httpx.AsyncClient)\n",
        b"class A:\n    client = httpx.AsyncClient()\n",
        b"def f(self):\n        self.client = httpx.AsyncClient()\n",
        b"def f():\n    return httpx.AsyncClient()\n",
        b"def f(loop):\n    self.loop = loop\n    get_running_loop()\n",
        b"def f():\n    global client\n    print(httpx.AsyncClient())\n",
    ],
)
def test_what_is_kept(line: bytes) -> None:
    assert keeps_loop(IMPORT + line)


@pytest.mark.parametrize(
    "line",
    [
        b"assert client == httpx.AsyncClient()\n",
        b"print(httpx.AsyncClient())\n",
        b"client = httpx.AsyncClients\n",
        b"def f(client: httpx.AsyncClient): ...\n",
    ],
)
def test_what_is_not(line: bytes) -> None:
    assert not keeps_loop(IMPORT + line)


def test_a_long_line_is_looked_at_once() -> None:
    start = time.process_time()
    assert not keeps_loop(IMPORT + b"f(" + b"Client, " * 300_000)
    assert time.process_time() - start < 5
