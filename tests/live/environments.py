"""The environments that live tests run in, made by the product's own means."""

from __future__ import annotations

from loopscope.verify import CannotRun as EnvironmentUnavailable
from loopscope.verify.environments import Environment, cache_folder, interpreter

__all__ = [
    "LEGACY",
    "MODERN",
    "Environment",
    "EnvironmentUnavailable",
    "cache_folder",
    "interpreter",
]

# The bounds of "modern" are the releases on which docs/loop-rules.md was run: an environment that
# was made before a newer one came out keeps working, an older one never counts as modern.
LEGACY = Environment("legacy", ("pytest<8", "pytest-asyncio==0.21.2"))
MODERN = Environment("modern", ("pytest>=9", "pytest-asyncio>=1.5"))
