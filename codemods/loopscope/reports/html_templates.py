"""What all HTML pages have in common: templates with autoescape, and a policy of their own.

The Content-Security-Policy admits just the one style and the one script that are ours.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from loopscope.escape import visible
from loopscope.reports.side_by_side import seen


def environment() -> Environment:
    """Make the environment of Jinja2; text of unknown origin passes ``seen`` or ``plain``."""
    found = Environment(
        loader=PackageLoader("loopscope.reports"), autoescape=True,
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters |= {"seen": seen, "plain": visible}  # for text, for attributes
    return found


def tiles(numbers: Iterable[tuple[str, object, str]]) -> list[dict[str, object]]:
    """Choose the tiles at the top of a page, from (name, value, kind): no bad news of 0."""
    return [
        {"name": name, "value": value, "kind": kind}
        for name, value, kind in numbers
        if value or kind in ("", "good")
    ]


def own(name: str) -> Markup:
    """Read the style or the script of that name."""
    return Markup((files("loopscope.reports") / "templates" / name).read_text("utf-8"))


def policy(style: str, script: str) -> str:
    """Write the policy that admits only this style and this script, by their hashes."""
    return (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}';"
        f" script-src '{_hash(script)}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
