"""Edit a hunk of a review in the user's own editor, as ``git add -p`` does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from loopscope.escape import visible_line
from loopscope.output.patch import NO_NEWLINE
from loopscope.rewriting.hunks import Hunk, rewritten

_EDITING = b"""\
# Lines that begin with a blank or - are those of the file: they must stay, but a blank may become
# -, to delete the line, and - a blank, to keep it. Lines that begin with + are new: change them,
# delete them, add others. Lines that begin with # are left out.
"""


def edit(hunk: Hunk) -> tuple[Hunk | None, str]:
    """Let the user edit a hunk.

    Returns:
        The new one, or None and what stands against it.
    """
    import click

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "hunk.diff")
        path.write_bytes(_EDITING + b"".join(_for_editing(hunk.lines)))
        try:
            click.edit(filename=str(path))
            return rewritten(hunk, _from_editing(path.read_bytes())), ""
        except click.ClickException as error:
            return None, f"{error.message}. Name another program in EDITOR."
        except (OSError, ValueError) as error:
            return None, f"It does not fit any more: {error}. The hunk is as before."


def _for_editing(lines: Sequence[bytes]) -> Iterator[bytes]:
    for line in lines:
        yield line
        if not line.endswith(b"\n"):
            yield b"\n" + NO_NEWLINE


def _from_editing(data: bytes) -> list[bytes]:
    found: list[bytes] = []
    for line in data.split(b"\n")[:-1] if data.endswith(b"\n") else data.split(b"\n"):
        if line.startswith(b"\\") and found:
            found[-1] = found[-1].removesuffix(b"\n")
        elif not line:
            found.append(b" \n")  # editors take the blank from the end of a line
        elif not line.startswith(b"#"):
            if line[:1] not in b" +-":
                raise ValueError(f"{visible_line(line)!r} begins with neither a blank, + nor -")
            found.append(line + b"\n")
    return found
