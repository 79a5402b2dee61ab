"""What is to be known about a rule, as HTML for a page that stands alone."""

from __future__ import annotations

from markupsafe import Markup

from loopscope.rules.registry import find_rule, page


def guide_html(code: str) -> Markup:
    """The page of a rule, "" where there is no such rule."""
    rule = find_rule(code)
    text = page(rule).partition("\n\n")[2] if rule else ""
    paragraphs = (part.strip() for part in text.split("\n\n"))
    return Markup("\n").join(Markup("<p>{}</p>").format(part) for part in paragraphs if part)
