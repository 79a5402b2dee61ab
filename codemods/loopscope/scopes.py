"""The five scopes that pytest knows, ordered from the narrowest to the widest."""

from __future__ import annotations

import enum


class Scope(enum.IntEnum):
    """A fixture scope or a loop scope; ``max`` of two scopes is the wider one."""

    FUNCTION = 1  # not 0: every scope is true
    CLASS = 2
    MODULE = 3
    PACKAGE = 4
    SESSION = 5

    @property
    def word(self) -> str:
        """The lower-case word that pytest uses, such as ``"session"``."""
        return self.name.lower()

    @classmethod
    def parse(cls, word: object) -> Scope | None:
        """The scope that ``word`` names, or ``None`` if it names none."""
        return _BY_WORD.get(word) if isinstance(word, str) else None


_BY_WORD = {scope.name.lower(): scope for scope in Scope}
