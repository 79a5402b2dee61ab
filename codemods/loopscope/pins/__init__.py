"""Where a project declares pytest-asyncio, and what goes with it: read, judged, rewritten."""

from __future__ import annotations

from loopscope.pins.files import is_pin_file, read_pins, set_pins
from loopscope.pins.model import Kind, Pin, PinsError
from loopscope.pins.questions import (
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
