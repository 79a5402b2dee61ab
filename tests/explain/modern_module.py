"""A test module of which every test provokes an error or a warning of its own."""

from __future__ import annotations

# On pytest 9 and pytest-asyncio 1.5.
MODERN_MODULE = """
import asyncio

import pytest
import pytest_asyncio


async def job():
    return 1


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def future():
    return asyncio.get_running_loop().create_future()


@pytest_asyncio.fixture(scope="session", loop_scope="function")
async def wider_than_its_loop():
    return 1


@pytest.fixture
def narrow():
    return 1


@pytest.fixture(scope="session")
def wide(narrow):
    return narrow


@pytest.fixture
async def raw():
    return 1


@pytest.mark.asyncio
async def test_different_loop(future):
    future.get_loop().call_later(0.01, future.set_result, 1)
    await future


def test_closed():
    loop = asyncio.new_event_loop()
    loop.close()
    loop.run_until_complete(job())


@pytest.mark.asyncio
async def test_mismatch_of_the_loop(wider_than_its_loop):
    pass


def test_mismatch(wide):
    pass


@pytest.mark.asyncio
async def test_no_fixture(event_loop):
    pass


def test_no_current_loop():
    asyncio.get_event_loop()


def test_no_running_loop():
    asyncio.get_running_loop()


@pytest.mark.asyncio
async def test_already_running():
    asyncio.get_running_loop().run_until_complete(job())


@pytest.mark.asyncio
async def test_closes_its_loop():
    asyncio.get_running_loop().close()


async def test_unmarked():
    pass


@pytest.mark.asyncio
async def test_raw(raw):
    pass


@pytest.mark.asyncio
def test_not_async():
    pass


@pytest.mark.asyncio(scope="module")
async def test_old_spelling():
    pass


def test_unclosed():
    asyncio.new_event_loop()


def test_awaits_nothing():
    job()
"""
