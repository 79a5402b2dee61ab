"""The two environments, made when the first live test asks for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from .environments import LEGACY, MODERN, Environment, EnvironmentUnavailable, interpreter


@pytest.fixture(scope="session")
def legacy_python() -> Path:
    """Return a Python with the last pytest-asyncio that has the ``event_loop`` fixture."""
    return _interpreter(LEGACY)


@pytest.fixture(scope="session")
def modern_python() -> Path:
    """Return a Python with the newest pytest-asyncio."""
    return _interpreter(MODERN)


def _interpreter(environment: Environment) -> Path:
    try:
        return interpreter(environment)
    except EnvironmentUnavailable as error:
        pytest.fail(str(error), pytrace=False)
