"""An in-memory database that, like real ones, is bound to the loop it was opened on."""

import asyncio


class Database:
    def __init__(self):
        self.loop = None
        self.tables = {}

    async def connect(self):
        self.loop = asyncio.get_event_loop()

    async def close(self):
        self._check_loop()
        self.loop = None

    async def insert(self, table, key, row):
        self._check_loop()
        await asyncio.sleep(0)
        self.tables.setdefault(table, {})[key] = row

    async def get(self, table, key):
        self._check_loop()
        await asyncio.sleep(0)
        return self.tables.get(table, {}).get(key)

    async def clear(self, table):
        self._check_loop()
        self.tables.pop(table, None)

    def _check_loop(self):
        if asyncio.get_running_loop() is not self.loop:
            raise RuntimeError("the connection is attached to a different loop")
