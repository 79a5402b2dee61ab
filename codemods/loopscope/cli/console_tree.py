"""Trees for a terminal, drawn by rich."""

from __future__ import annotations

from rich.text import Text
from rich.tree import Tree

from loopscope.escape import visible
from loopscope.reports.loop_map_text import Node
from loopscope.reports.text import Line


def branches(node: Node) -> Tree:
    """Return the tree of rich; control characters in it are shown, not obeyed."""
    tree = Tree(_text(node.line), guide_style="dim")
    for child in node.children:
        _grow(tree, child)
    return tree


def _grow(tree: Tree, node: Node) -> None:
    branch = tree.add(_text(node.line))
    for child in node.children:
        _grow(branch, child)


def _text(line: Line) -> Text:
    return Text.assemble(*((visible(text), style) for text, style in line))
