"""What keeps the loop on which it is first used, by the dotted name of what makes it."""

from __future__ import annotations

import re

# Since Python 3.10 they take the loop of the first task that has to wait.
PRIMITIVES = frozenset(
    f"asyncio.{module}{name}"
    for module, names in {
        "": ("Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier", "Queue",
             "PriorityQueue", "LifoQueue"),
        "locks.": ("Lock", "Event", "Condition", "Semaphore", "BoundedSemaphore", "Barrier"),
        "queues.": ("Queue", "PriorityQueue", "LifoQueue"),
    }.items()
    for name in names
)  # fmt: skip
LOOPS = frozenset(
    f"asyncio.{module}{name}"
    for module in ("", "events.")
    for name in ("get_running_loop", "get_event_loop")
)
FUTURES = ("create_future",)
_BY_NAME = frozenset(
    {
        "databases.Database", "nats.NATS", "nats.connect", "nats.aio.client.Client",
        "grpc.aio.insecure_channel", "grpc.aio.secure_channel", "discord.Client",
        "gql.Client", "tortoise.Tortoise",
    }
)  # fmt: skip
# Clients of asynchronous libraries: httpx.AsyncClient, redis.asyncio.from_url,
# sqlalchemy.ext.asyncio.create_async_engine, aiohttp.ClientSession, motor.motor_asyncio....
_LIBRARY = re.compile(r"(?i)(?:^|[._])(?:async|aio)")
_CONNECTED = re.compile(
    r"(?i)(?:client|session|engine|engine_from_config|pool|connection|connect|connector|redis|"
    r"from_url|queue|channel|database|producer|consumer|elasticsearch|opensearch|openai|anthropic|"
    r"driver|lock|semaphore|limiter|broker|cluster|bot)$"
)
_NONE = re.compile(r"(?i)mock|fake|dummy|stub|\bunittest\b|pytest")
# Run the application on a loop of their own, in a thread of their own.
TEST_CLIENTS = frozenset(
    {"fastapi.testclient.TestClient", "starlette.testclient.TestClient", "fastapi.TestClient"}
)
# Words that a file holds where it makes one of them.
WORDS = (
    "Client(", "Session(", "engine(", "engine_from_config(", "Engine(", "pool(", "Pool(",
    "Connection(", "connect(", "Connector(", "Redis(", "from_url(", "Queue", "channel(",
    "Database(", "Producer(", "Consumer(", "lasticsearch(", "OpenSearch(", "OpenAI(",
    "Anthropic(", "driver(", "Lock", "Semaphore", "Limiter(", "Broker(", "Cluster(", "Bot(",
    "Event", "Condition", "Barrier", "get_running_loop", "get_event_loop", "create_future",
    "NATS(",
)  # fmt: skip


def keeps(origin: str) -> bool:
    """Whether what a call of this dotted name makes keeps its first loop."""
    if origin in PRIMITIVES or origin in _BY_NAME:
        return True
    if _NONE.search(origin) or origin.startswith("asyncio."):
        return False
    return bool(_LIBRARY.search(origin) and _CONNECTED.search(origin))
