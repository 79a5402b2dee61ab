"""The two environments of the live tests."""

from __future__ import annotations

from ..live.conftest import legacy_python, modern_python

__all__ = ["legacy_python", "modern_python"]
