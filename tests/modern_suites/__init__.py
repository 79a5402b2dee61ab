"""Random suites that are on pytest-asyncio 1.x already, judged by a real run."""
