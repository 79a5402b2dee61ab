import asyncio
import contextlib

import pytest

from shop.orders import PaymentQueue, place_order


@pytest.fixture
async def queue(database, event_loop):
    await database.insert("articles", "pot", {"price": 1900, "stock": 1})
    queue = PaymentQueue(database)
    worker = event_loop.create_task(queue.work())
    yield queue
    worker.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await worker
    await database.clear("articles")
    await database.clear("orders")


class TestPayment:
    async def test_order_is_paid(self, database, queue):
        await place_order(database, 7, "pot", 1)
        await queue.pay(7)
        assert (await database.get("orders", 7))["paid"]

    async def test_payment_takes_its_turn(self, event_loop, database, queue):
        await place_order(database, 8, "pot", 1)
        payment = event_loop.create_task(queue.pay(8))
        assert await payment == 8
