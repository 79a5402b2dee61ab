from shop.database import Database


async def test_article_is_found(database, articles):
    row = await database.get("articles", articles[0])
    assert row == {"price": 250, "stock": 3}


async def test_unknown_article(database):
    assert await database.get("articles", "coffee") is None


def test_new_database_is_empty():
    assert Database().tables == {}
