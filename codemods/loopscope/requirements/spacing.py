"""The blanks around operators that the requirements of a file have: ``a>=1`` or ``a >= 1``."""

from __future__ import annotations

import re
from collections import Counter

_VERSION = re.compile(r"[\w\]]([ \t]*)(?:===|[<>=~!]=|[<>])([ \t]*)\d")
_OPERATOR = re.compile(r"===|[<>=~!]=|[<>^~]")


def spaced_like(text: str, specifier: str) -> str:
    """Space a specifier that stands where none stood as most in the text are, in front, too."""
    styles = Counter(found.groups() for found in _VERSION.finditer(text))
    operator = _OPERATOR.match(specifier)
    if not styles or not operator:
        return specifier
    (before, after), _ = styles.most_common(1)[0]
    return f"{before}{operator[0]}{after}{specifier[operator.end() :].lstrip()}"
