"""What is known of one error text."""

from __future__ import annotations

from loopscope.frozen import frozen


@frozen
class KnownError:
    """One error text.

    ``shown`` is what people recognise, ``pattern`` a regular expression that finds it in text
    whose white space is single blanks, in any case of letters. ``rules`` are codes, ``guides``
    names of pages; the most telling stands first in each. A ``warning`` may stand in any log, and
    is no cause of a failure that it stands beside.
    """

    shown: str
    pattern: str
    causes: tuple[str, ...]
    rules: tuple[str, ...]
    guides: tuple[str, ...]
    warning: bool = False
