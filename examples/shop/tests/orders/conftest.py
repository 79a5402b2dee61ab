import pytest_asyncio


@pytest_asyncio.fixture(scope="module")
async def stock(database):
    await database.insert("articles", "cup", {"price": 700, "stock": 2})
    yield "cup"
    await database.clear("articles")
    await database.clear("orders")
