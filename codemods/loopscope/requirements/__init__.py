"""Declarations of pytest-asyncio and related packages: read, judged, rewritten."""

from __future__ import annotations

from loopscope.requirements.file_places import is_pin_file, read_pins, set_pins
from loopscope.requirements.pin import Kind, Pin, PinsError
from loopscope.requirements.queries import (
    declares_plugin,
    legacy_mode_floor,
    modern_floor,
    requires_python,
)

__all__ = [
    "Kind",
    "Pin",
    "PinsError",
    "declares_plugin",
    "is_pin_file",
    "legacy_mode_floor",
    "modern_floor",
    "read_pins",
    "requires_python",
    "set_pins",
]
