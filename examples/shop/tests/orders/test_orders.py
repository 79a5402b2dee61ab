import pytest

from shop.orders import OutOfStock, place_order


async def test_order_takes_from_stock(database, stock):
    order = await place_order(database, 1, stock, 2)
    assert order["total"] == 1400
    assert (await database.get("articles", stock))["stock"] == 0


async def test_nothing_left(database, stock):
    with pytest.raises(OutOfStock):
        await place_order(database, 2, stock, 1)
