"""What a sample suite is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import dedent


@dataclass(frozen=True, slots=True)
class Sample:
    """A small pytest suite that is green on pytest-asyncio 0.21, and what its migration does.

    ``files`` maps paths (forward slashes) to texts. ``may_join`` says that tests which had
    separate loops may share one afterwards, where nothing else is possible on 1.x.
    ``exit_code`` is the one that ``migrate`` must end with. ``legacy_options`` tell an old
    pytest what stands in a configuration file that only a newer one can read.
    ``keeps_policy`` says that an event_loop_policy fixture stays, which is deprecated, since no
    hook does the same.
    """

    files: Mapping[str, str]
    may_join: bool = False
    exit_code: int = 0
    legacy_options: tuple[str, ...] = ()
    keeps_policy: bool = False


def sample(
    files: Mapping[str, str],
    *,
    may_join: bool = False,
    exit_code: int = 0,
    legacy_options: tuple[str, ...] = (),
    keeps_policy: bool = False,
) -> Sample:
    """Make a sample of texts that are indented as the code around them is."""
    texts = {path: dedent(text).lstrip("\n") for path, text in files.items()}
    return Sample(texts, may_join, exit_code, legacy_options, keeps_policy)


def override(scope: str) -> str:
    """Write a module that holds nothing but the usual override."""
    return f"""
import asyncio

import pytest


@pytest.fixture(scope="{scope}")
def event_loop():
    loop = asyncio.get_event_loop_policy().new_event_loop()
    yield loop
    loop.close()
"""


AUTO = "[pytest]\nasyncio_mode = auto\n"
STRICT = "[pytest]\nasyncio_mode = strict\n"
