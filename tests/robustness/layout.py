"""The same Python written in another way: comments, blank lines, line ends, encodings."""

from __future__ import annotations

import ast
import io
import tokenize

from hypothesis import strategies as st

from .pieces import HEAD, Piece, distinct, pieces

_SKIPPED = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.COMMENT,
            tokenize.ENDMARKER)  # fmt: skip


def is_valid(text: str | bytes) -> bool:
    """Whether Python can parse it; of bytes the declared encoding counts, too."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def gaps(text: str) -> list[tuple[int, int, bool]]:
    """(line, column, whether inside of brackets) of every token's start."""
    found, depth = [], 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in _SKIPPED:
            continue
        if token.string in (")", "]", "}") and token.type == tokenize.OP:
            depth -= 1
        found.append((*token.start, depth > 0))
        if token.string in ("(", "[", "{") and token.type == tokenize.OP:
            depth += 1
    return found


@st.composite
def noisy(draw: st.DrawFn, text: str) -> str:
    """``text`` with white space and comments in places where they mean nothing."""
    lines = text.split("\n")
    places = draw(st.lists(st.sampled_from(gaps(text)), max_size=3, unique=True))
    for row, column, inside in sorted(places, reverse=True):
        line = lines[row - 1]
        if not line[:column].strip() and not inside:
            noise = draw(st.sampled_from(["# above\n", "\n", "\f"]))
            new = f"{line[:column]}{noise}{line[:column] if noise != chr(12) else ''}"
        elif inside:
            noise = draw(st.sampled_from(["\n", " # in\n", "  ", "\t", "\\\n"]))
            new = line[:column] + noise
        else:
            new = line[:column] + draw(st.sampled_from(["  ", "\\\n", "\t"]))
        lines[row - 1] = new + line[column:]
    result = "\n".join(lines)
    return (
        result
        if is_valid(result) and ast.dump(ast.parse(result)) == ast.dump(ast.parse(text))
        else text
    )


@st.composite
def sources(draw: st.DrawFn, conftest: bool) -> tuple[bytes, list[bytes]]:
    """Draw a valid Python file, and parts of it that no edit may touch."""
    parts: list[Piece] = [Piece(HEAD)]
    for piece in draw(st.lists(pieces(conftest), min_size=1, max_size=6)):
        text = piece.text if piece.neutral else draw(noisy(piece.text))
        parts.append(Piece(text, piece.neutral))
    gap = draw(st.sampled_from(["\n", "\n\n", "\n\n\n", "", "\n# apart\n\n", "\n\f\n"]))
    whole = distinct(gap.join(part.text for part in parts))
    if draw(st.booleans()):
        tabbed = whole.replace("    ", draw(st.sampled_from(["\t", "  "])))
        if is_valid(tabbed):
            parts = [Piece(part.text, False) for part in parts]
            whole = tabbed
    if draw(st.booleans()):
        whole = whole.rstrip("\n")
    neutral = [part.text.rstrip("\n") for part in parts if part.neutral]
    newline = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    before, encoding, mark = draw(st.sampled_from(
        [("", "utf-8", "\N{GREEK SMALL LETTER OMEGA}"), ("\N{BYTE ORDER MARK}", "utf-8", ""),
         ("# coding: latin-1\n", "latin-1", "\xe4"),
         ("# -*- coding: cp1252 -*-\n", "cp1252", "\N{EURO SIGN}"),
         ('"""Doc."""\nfrom __future__ import annotations\n', "utf-8", "")]
    ))  # fmt: skip
    whole = f"{before}# {mark}\n{whole}"

    def encoded(text: str) -> bytes:
        return text.replace("\n", newline).encode(encoding)

    return encoded(whole), [encoded(text) for text in neutral]
