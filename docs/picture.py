"""Draw docs/loopscope.svg from a real run: ``python docs/picture.py``."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import DIMMED_MONOKAI
from rich.text import Text

ROOT = Path(__file__).parents[1]
FILE = ROOT / "docs" / "loopscope.svg"
RUNS = (("check", "-v", "examples/shop"), ("map", "examples/shop"))
WIDTH = 120


def picture() -> str:
    """Draw the picture as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    for arguments in RUNS:
        command = f"loopscope {' '.join(arguments)}"
        console.print(Text.assemble(("$ ", "green"), (command, "bold")))
        console.print(Text.from_ansi(_output(*arguments)))
    svg = console.export_svg(title="loopscope", theme=DIMMED_MONOKAI, unique_id="loopscope")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # it looks for the network


def words(svg: str) -> str:
    """Return the text of the picture, without rich's way of drawing it."""
    return "".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))


def _output(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "loopscope", *arguments, "--color"],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": str(WIDTH), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return done.stdout.rstrip() + "\n"


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
