"""Orders and their payment."""

import asyncio


class OutOfStock(Exception):
    pass


async def place_order(database, number, article, amount):
    row = await database.get("articles", article)
    if row is None or row["stock"] < amount:
        raise OutOfStock(article)
    await database.insert("articles", article, {**row, "stock": row["stock"] - amount})
    order = {"article": article, "total": row["price"] * amount, "paid": False}
    await database.insert("orders", number, order)
    return order


class PaymentQueue:
    """Pays orders in the background, one after the other."""

    def __init__(self, database):
        self.database = database
        self.queue = asyncio.Queue()

    async def work(self):
        while True:
            number, done = await self.queue.get()
            order = await self.database.get("orders", number)
            await self.database.insert("orders", number, {**order, "paid": True})
            done.set_result(number)

    async def pay(self, number):
        done = asyncio.get_event_loop().create_future()
        await self.queue.put((number, done))
        return await done
