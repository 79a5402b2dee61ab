"""Virtual environments: made once, kept in the user's cache, found again by what is in them."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from loopscope import processes
from loopscope.disk import read_regular
from loopscope.frozen import frozen
from loopscope.seal import user_folder
from loopscope.verify import CannotRun
from loopscope.verify.interpreters import python_in

CACHE_VARIABLE = "LOOPSCOPE_CACHE"
_PATIENCE = 1800.0  # seconds for one command: packages are fetched, and some are built
_LINK = "_loopscope.pth"
_MISSING = "loopscope-missing.txt"


@frozen
class Environment:
    """The contents of a virtual environment.

    ``python`` is the one that it is made from; its release and place are part of ``key``.
    ``below`` are folders with packages that are used where the environment has none of that
    name itself: those of the interpreter in use, so that nothing of it is installed twice.
    ``optional`` requirements may fail; they are said to be missing then.
    """

    name: str
    requirements: tuple[str, ...]
    optional: tuple[str, ...] = ()
    python: Path = Path(sys.executable)
    key: str = f"{sys.version} {sys.base_prefix}"
    below: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """Return its folder, which depends on the contents."""
        content = (self.key, *self.requirements, "", *self.optional, "", *self.below)
        digest = hashlib.sha256("\n".join(content).encode()).hexdigest()[:12]
        return cache_folder() / f"{self.name}-{digest}"


def cache_folder() -> Path:
    """Return the folder that ``LOOPSCOPE_CACHE`` names, or one in the user's cache folder."""
    if override := os.environ.get(CACHE_VARIABLE):
        return Path(override).absolute()
    return user_folder("cache") / "environments"


def interpreter(environment: Environment) -> Path:
    """Return the Python of ``environment``, and make it if it is not there yet.

    Raises:
        CannotRun: It could not be made; the message has the commands to make it by hand.
    """
    folder = environment.folder
    if not python_in(folder).exists():
        try:
            _make(environment, folder)
        except OSError as error:
            raise CannotRun(
                f"the environment {folder} could not be made: {error.strerror}; set"
                f" {CACHE_VARIABLE} to use another folder"
            ) from None
    return python_in(folder)


def missing(environment: Environment) -> tuple[str, ...]:
    """List the optional requirements that could not be installed."""
    try:
        return tuple(read_regular(str(environment.folder / _MISSING)).decode().splitlines())
    except FileNotFoundError:
        return ()


def by_hand(environment: Environment, option: str) -> str:
    """Return the commands that make such an environment by hand and use it."""
    venv, install = _pip(environment, Path(environment.name))
    packages = (*environment.requirements, *environment.optional)
    return "\n".join([
        shlex.join(venv),
        shlex.join([*install, "--", *packages]),
        f"loopscope verify {option} {python_in(Path(environment.name))}",
    ])  # fmt: skip


def _make(environment: Environment, folder: Path) -> None:
    """Build beside the final place, then rename: another process sees all of it or nothing.

    Two processes may build the same environment at the same time; the first one to finish wins.
    A moved environment works as long as only its ``python`` is called, which is what we do.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{environment.name}-", dir=folder.parent))
    try:
        _fill(environment, draft)
        if folder.exists() and not python_in(folder).exists():
            shutil.rmtree(folder)  # its base Python was removed or replaced
        draft.rename(folder)
    except OSError:
        if not python_in(folder).exists():
            raise
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _fill(environment: Environment, draft: Path) -> None:
    install = _venv(environment, draft)
    wanted = (*environment.requirements, *environment.optional)
    done = _run([*install, "--", *wanted])
    if done.code != 0:
        if environment.optional:
            done = _run([*install, "--", *environment.requirements])
        if done.code != 0:
            raise CannotRun(
                f"the {environment.name} environment could not be made:"
                f" {', '.join(environment.requirements)} cannot be installed for"
                f" {environment.python}; make it by hand",
                f"{_tail(done.output)}\n\n{by_hand(environment, f'--{environment.name}-python')}",
            )
        failed = [one for one in environment.optional if _run([*install, "--", one]).code != 0]
        (draft / _MISSING).write_text("".join(f"{one}\n" for one in failed), encoding="utf-8")
    if environment.below:
        _link(draft, environment.below)


def _venv(environment: Environment, draft: Path) -> Sequence[str]:
    """Make it empty; returns the beginning of the command that installs into it."""
    output = ""
    for make, install in _installers(environment, draft):
        done = _run(make)
        if done.code == 0:
            return install
        output += done.output
    raise CannotRun(
        f"{environment.python} cannot make a virtual environment; install its venv module, or uv",
        _tail(output),
    )


def _installers(
    environment: Environment, folder: Path
) -> Iterator[tuple[Sequence[str], Sequence[str]]]:
    """Return the commands that make an environment and install into it: uv's where it is."""
    if uv := shutil.which("uv"):
        make = [uv, "venv", "--quiet", "--clear", "--python", str(environment.python)]
        install = [uv, "pip", "install", "--quiet", "--python", str(python_in(folder))]
        yield [*make, str(folder)], install
    yield _pip(environment, folder)


def _pip(environment: Environment, folder: Path) -> tuple[Sequence[str], Sequence[str]]:
    make = [str(environment.python), "-m", "venv", str(folder)]
    return make, [str(python_in(folder)), "-m", "pip", "install", "--quiet"]


def _link(folder: Path, below: Sequence[str]) -> None:
    """Let the environment see the packages below it, after its own."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = _run([str(python_in(folder)), "-I", "-c", ask])
    if done.code != 0:
        raise CannotRun(f"{python_in(folder)}, which was just made, does not run", done.output)
    lines = [f"import site; site.addsitedir({folder!a})\n" for folder in below]
    Path(done.output.strip(), _LINK).write_text("".join(lines), encoding="utf-8")


def _run(command: Sequence[str]) -> processes.Done:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = processes.run(command, Path.cwd(), clean, _PATIENCE)
    if done.code is None:
        raise CannotRun(
            f"a command took longer than {_PATIENCE:g} seconds and was stopped: is the package"
            " index within reach? Try it by hand",
            f"{_tail(done.output)}\n\n{shlex.join(command)}".lstrip(),
        )
    return done


def _tail(output: str) -> str:
    return "\n".join(output.strip().splitlines()[-15:])
