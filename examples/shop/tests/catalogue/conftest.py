import pytest


@pytest.fixture
async def articles(database, price):
    await database.insert("articles", "tea", {"price": price, "stock": 3})
    yield ["tea"]
    await database.clear("articles")
