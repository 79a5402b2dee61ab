"""Virtual environments with an old and a new pytest-asyncio, made once and kept in a cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CACHE_VARIABLE = "LOOPSCOPE_LIVE_CACHE"


class EnvironmentUnavailable(RuntimeError):
    """An environment could not be made; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A set of requirements to run pytest with."""

    name: str
    requirements: tuple[str, ...]

    @property
    def folder(self) -> Path:
        """Where it is kept: one folder for each Python and each set of requirements."""
        key = "\n".join((sys.version, sys.base_prefix, *self.requirements))
        digest = hashlib.sha256(key.encode()).hexdigest()[:12]
        return cache_folder() / f"{self.name}-{sys.implementation.cache_tag}-{digest}"


# The bounds of "modern" are the releases that the facts were taken from: an environment that
# was made before a newer one came out keeps working, an older one never counts as modern.
LEGACY = Environment("legacy", ("pytest<8", "pytest-asyncio==0.21.2"))
MODERN = Environment("modern", ("pytest>=9", "pytest-asyncio>=1.5"))


def cache_folder() -> Path:
    """The folder that ``LOOPSCOPE_LIVE_CACHE`` names, or one in the user's cache folder."""
    if override := os.environ.get(CACHE_VARIABLE):
        return Path(override).absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "loopscope" / "live"


def interpreter(environment: Environment) -> Path:
    """The Python of ``environment``, which is made if it is not there yet.

    Raises:
        EnvironmentUnavailable: it could not be made.
    """
    folder = environment.folder
    if not _python_in(folder).exists():
        _make(environment, folder)
    return _python_in(folder)


def _python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _make(environment: Environment, folder: Path) -> None:
    """Build beside the final place, then rename: another process sees all of it or nothing.

    Two processes may build the same environment at the same time; the first one to finish wins.
    A moved environment works as long as only its ``python`` is called, which is what we do.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{environment.name}-", dir=folder.parent))
    try:
        _install(environment, draft)
        if folder.exists() and not _python_in(folder).exists():
            shutil.rmtree(folder)  # its base Python was removed or replaced
        draft.rename(folder)
    except OSError:
        if not _python_in(folder).exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _install(environment: Environment, folder: Path) -> None:
    python = str(_python_in(folder))
    if uv := shutil.which("uv"):
        make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
        install = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        make = [sys.executable, "-m", "venv", str(folder)]
        install = [python, "-m", "pip", "install", "--quiet"]
    _run(environment, *make)
    _run(environment, *install, *environment.requirements)


def _run(environment: Environment, *command: str) -> None:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if done.returncode:
        raise EnvironmentUnavailable(
            f"The {environment.name} environment ({', '.join(environment.requirements)}) could"
            f" not be made in {cache_folder()}; set {CACHE_VARIABLE} to use another folder.\n"
            f"$ {' '.join(command)}\n{done.stdout}"
        )
