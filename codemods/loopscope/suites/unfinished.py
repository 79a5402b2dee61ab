"""The file that tells of a write that was cut off; sinks/journal.py says what is in it."""

from __future__ import annotations

JOURNAL = ".loopscope-unfinished"
