"""Fixtures for all tests: one database connection for the whole run."""

import asyncio

import pytest
import pytest_asyncio

from shop.database import Database


@pytest.fixture(scope="session")
def event_loop():
    """The connection lives as long as the session, so the loop has to as well."""
    loop = asyncio.get_event_loop_policy().new_event_loop()
    yield loop
    loop.close()


@pytest_asyncio.fixture(scope="session")
async def database():
    database = Database()
    await database.connect()
    yield database
    await database.close()


@pytest.fixture
def price():
    return 250
