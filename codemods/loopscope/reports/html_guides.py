"""The guides as HTML for a page that stands alone: what they link to is on the same page."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from markupsafe import Markup

from loopscope.guides import text, title

if TYPE_CHECKING:
    from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class GuidePage:
    """One guide; ``links`` are the names of the guides that it links to."""

    name: str  # "rules/LS105" or "get-running-loop"
    title: str
    html: Markup
    links: tuple[str, ...]

    @property
    def id(self) -> str:
        """Its anchor."""
        return anchor(self.name)


def anchor(name: str) -> str:
    """Where a guide stands in a page: ``LS105`` for a rule's, else ``guide-NAME``."""
    folder, _, last = name.rpartition("/")
    return last if folder else f"guide-{last}"


def guide_pages(names: Iterable[str]) -> list[GuidePage]:
    """Render the guides of these names, and all that they link to; rules come first.

    Raises:
        GuidesMissing: This installation has none.
        OSError: One of them cannot be read.
    """
    found: dict[str, GuidePage] = {}
    waiting = sorted(names)
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = guide_page(name)
            waiting += found[name].links
    return sorted(found.values(), key=lambda page: ("/" not in page.name, page.title))


@cache
def guide_page(name: str) -> GuidePage:
    """One guide, without its title, and with links that lead to places of the same page."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = _below_title(parser.parse(text(name)))
    links: dict[str, None] = {}
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                _point(child, posixpath.dirname(name), links)
    html = parser.renderer.render(tokens, parser.options, {})
    return GuidePage(name, title(name), Markup(html), tuple(links))


def _below_title(tokens: list[Token]) -> list[Token]:
    """Render the rest of the page, its sections one level below those of the report."""
    if tokens and tokens[0].tag == "h1":
        tokens = tokens[3:]  # opening, words, closing
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return tokens


def _point(link: Token, folder: str, links: dict[str, None]) -> None:
    """Turn a link to ``../other.md#section`` into one to the place of that guide."""
    path = str(link.attrs["href"]).partition("#")[0]
    if path.endswith(".md"):
        name = posixpath.normpath(posixpath.join(folder, path)).removesuffix(".md")
        links[name] = None
        link.attrs["href"] = f"#{anchor(name)}"
