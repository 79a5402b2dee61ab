"""Reasons why a verification could not be made."""

from __future__ import annotations


class CannotRun(Exception):
    """A step failed; the message says which, why, and what to do. Details may follow it."""

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.message, self.details = message, details.rstrip()

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.message, self.details)))
