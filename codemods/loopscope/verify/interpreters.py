"""The Python that a project uses, and the packages installed for it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from loopscope import processes
from loopscope.frozen import frozen
from loopscope.verify import CannotRun

_PATIENCE = 120.0  # seconds that a Python has to say what is installed

# Runs on any Python from 3.8 on. Isolated, it does not see what --user installed by itself.
_QUESTIONS = """
import json, os, site, sys
from importlib import metadata
from urllib.parse import urlsplit
from urllib.request import url2pathname
if sys.prefix == sys.base_prefix and os.path.isdir(site.getusersitepackages()):
    site.addsitedir(site.getusersitepackages())
versions, wants, local = {}, {}, []
for dist in metadata.distributions():
    name = (dist.metadata["Name"] or "").lower().replace("_", "-")
    if not name or name in versions:
        continue
    versions[name] = dist.version
    wants[name] = [line for line in dist.requires or () if line.lower().startswith("pytest")]
    direct = json.loads(dist.read_text("direct_url.json") or "{}")
    if direct.get("url", "").startswith("file:"):
        local.append(url2pathname(urlsplit(direct["url"]).path))
packages = [p for p in sys.path if os.path.basename(p) in ("site-packages", "dist-packages")]
paths = [p for p in sys.path if os.path.isdir(p) and p not in packages]
print(json.dumps({
    "python": ".".join(map(str, sys.version_info[:3])), "base": sys.base_prefix,
    "versions": versions, "wants": wants, "local": local, "packages": packages, "paths": paths,
}))
"""


@frozen
class Interpreter:
    """A Python and what is installed for it; distributions by their normalized names."""

    path: Path
    python: str  # such as "3.11.7"
    base: str  # where the Python itself is installed
    versions: Mapping[str, str]
    wants: Mapping[str, tuple[str, ...]]  # what each of them asks for that starts with "pytest"
    packages: tuple[str, ...]  # its site-packages folders
    sources: tuple[Path, ...]  # folders that are imported from without being installed

    @property
    def pytest(self) -> str:
        """The release of pytest; "" where it is not installed."""
        return self.versions.get("pytest", "")

    @property
    def pytest_asyncio(self) -> str:
        """The release of pytest-asyncio; "" where it is not installed."""
        return self.versions.get("pytest-asyncio", "")


def inspect(python: Path) -> Interpreter:
    """Ask a Python what it has.

    Raises:
        CannotRun: It is none, is too old, or does not answer.
    """
    found = shutil.which(python) or str(python)
    try:
        said = processes.ask([found, "-I", "-c", _QUESTIONS], Path.cwd(), os.environ, _PATIENCE)
    except OSError as error:
        raise CannotRun(f"{python} cannot be run as a Python: {error.strerror}") from None
    if said.code is None:
        raise CannotRun(
            f"{python} has not said within {_PATIENCE:g} seconds what is installed for it: see"
            f" whether `{python} -I -c pass` ends, or give another Python"
        )
    try:
        answer = json.loads(said.output.decode()) if said.code == 0 else None
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise CannotRun(f"{python} does not answer as a Python from 3.8 on does")
    return Interpreter(
        path=Path(os.path.abspath(found)),
        python=answer["python"],
        base=answer["base"],
        versions=answer["versions"],
        wants={name: tuple(wants) for name, wants in answer["wants"].items()},
        packages=tuple(answer["packages"]),
        sources=tuple(map(Path, [*_with_src(answer["local"]), *answer["paths"]])),
    )


def in_use(project: Path, suite: Path) -> Interpreter | None:
    """Find the Python with which the project's tests are run; None where none has pytest.

    The active virtual environment comes first, then one in the project, then the Python that
    runs loopscope, then the one on the path.
    """
    seen: set[str] = set()
    for candidate in _candidates(project, suite):
        if not candidate.exists() or str(candidate) in seen:
            continue
        seen.add(str(candidate))
        try:
            found = inspect(candidate)
        except CannotRun:
            continue
        if found.pytest:
            return found
    return None


def python_in(environment: Path) -> Path:
    """Return the Python of a virtual environment."""
    return environment / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _candidates(project: Path, suite: Path) -> Iterator[Path]:
    for variable in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if value := os.environ.get(variable):
            yield python_in(Path(value))
    for folder in (suite, project):
        for name in (".venv", "venv"):
            yield python_in(folder / name)
    yield Path(sys.executable)
    for name in ("python", "python3"):
        if found := shutil.which(name):
            yield Path(found)


def _with_src(folders: list[str]) -> Iterator[str]:
    for folder in folders:
        yield from (os.path.join(folder, "src"), folder)
