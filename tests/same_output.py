"""Whether the command line says and writes what it did before a change that nobody may notice.

``python -m tests.same_output record FILE`` keeps many suites and all that the commands print for
them; ``compare FILE`` runs the commands on the kept suites again and shows what differs. Both take
``--repo PATH`` for another checkout. ``compare`` needs nothing but the command line itself;
``record`` needs pytest-asyncio 0.21, too, for the records of legacy runs that ``--trace`` reads.
"""

from __future__ import annotations

import difflib
import gzip
import hashlib
import importlib
import io
import json
import multiprocessing
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from fnmatch import fnmatchcase
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import tomli

ROOT = Path(__file__).parents[1]
RANDOM_SUITES = 201
SHOWN = 15  # differences; the others are only named

Files = Mapping[str, str]
# The command line -> its exit code, its two streams, and the files if it has written any.
Outputs = dict[str, str]

COMMANDS = (
    "check --no-color",
    "check --format json",
    "migrate --diff",
    "map --no-color -v",
    "map --format json",
)
# What random suites need not go through, being of one kind.
MORE_COMMANDS = (
    *COMMANDS,
    "check --format github -v",
    "check --format sarif",
    "check --html page.html",
    "migrate --diff --style explicit --target 1.0",
    "migrate --diff --safe-only --annotate --no-ambient-loop",
    "migrate --diff --target 0.24",
    "migrate --allow-dirty -v",
    "check --strict",
)
TRACE = "legacy.jsonl"
TRACED_COMMANDS = tuple(
    f"{command} --trace {TRACE}"
    for command in ("check --no-color", "check --format json", "migrate --diff", "map -v")
)
ALONE = (
    *(f"{command} --help" for command in ("", "check", "migrate", "map", "verify", "rules")),
    "explain --help",
    "--version",
    "rules",
    "rules README",
    *(f"rules LS{number}" for number in (*range(101, 111), 201, 202, *range(301, 316), 390)),
    "explain 'attached to a different loop'",
    "explain \"fixture 'event_loop' not found\"",
    "explain RuntimeError: no running event loop",
    "explain nothing that is known",
    "check nowhere",
    "check --target 9.9",
    "check --target none",
    "check --select LS9999",
    "check --unknown",
    "check --html page.txt",
    "migrate --review --diff",
    "migrate --trace nowhere.jsonl",
    "nothing",
)
BROKEN = {
    "pytest.ini": "[pytest]\nasyncio_mode = auto\n",
    "test_syntax.py": "async def test_one(event_loop:\n",
    "test_encoding.py": "# coding: none\n",
    "test_ignored.py": "async def test_one(event_loop): ...  # loopscope: ignore[LS102]\n",
    "sub/pytest.ini": "[pytest\n",
    "sub/test_one.py": "async def test_one(event_loop): ...\n",
    "table/pyproject.toml": "[tool.loopscope]\nunknown = 1\n[tool.pytest.ini_options]\n",
    "table/test_one.py": "async def test_one(event_loop): ...\n",
}


# Name, files and command lines.
Case = tuple[str, Files, tuple[str, ...]]


def cases(repo: Path) -> Iterator[Case]:
    """All cases; the tests' own suites are imported here and nowhere else."""
    from tests.guides.pages import EXAMPLES
    from tests.live.samples import ALL
    from tests.random_suites.generator import generate

    yield "alone", {}, ALONE
    yield "broken", BROKEN, MORE_COMMANDS
    for folder in sorted((repo / "examples").iterdir()):
        yield f"examples/{folder.name}", _texts(folder), MORE_COMMANDS
    for name, sample in ALL.items():
        yield f"samples/{name}", sample.files, MORE_COMMANDS
    for example in EXAMPLES:
        own = f"migrate --diff {shlex.join(example.options)}".strip()
        commands = tuple(dict.fromkeys([*MORE_COMMANDS, own]))
        for part in ("before", "after", "by_hand", "wrong", "right"):
            files = getattr(example, part)
            if files:
                used = commands if part in ("before", "wrong") else COMMANDS
                yield f"guides/{example.name}/{part}", files, used
    for number in range(RANDOM_SUITES):
        yield f"random/{number}", generate(number).files, COMMANDS
    together = {
        f"{name}/{path}": text
        for name, sample in ALL.items()
        for path, text in sample.files.items()
    }
    yield "monorepo", together, (*MORE_COMMANDS, "check -q --only kinds* -j 2")


def _texts(folder: Path) -> Files:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if "__pycache__" not in path.parts
    }


# -- in a process of the pool ---------------------------------------------------------------------

_STATE: dict[str, Any] = {}


def start(repo: str) -> None:
    """Make the command line of a checkout the one that ``run`` runs."""
    project = tomli.loads(Path(repo, "pyproject.toml").read_text(encoding="utf-8"))
    package = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"][0]
    sources = str(Path(repo, package).parent.resolve())
    sys.path.insert(0, sources)
    module, name = project["project"]["scripts"]["loopscope"].split(":")
    main = importlib.import_module(module)
    assert (main.__file__ or "").startswith(sources), main.__file__
    base = Path(tempfile.mkdtemp(prefix="same-output-")).resolve()
    _STATE.update(main=getattr(main, name), base=base)
    version = _call(["--version"])[1].split()[-1]
    _STATE["version"] = re.compile(rf"\b{re.escape(version)}\b")


def run(case: Case) -> tuple[str, Outputs]:
    """Run the commands, each of them in a new copy of the files, and return their output."""
    name, files, commands = case
    return name, {command: _output(command, files) for command in commands}


def with_trace(case: Case) -> Case | None:
    """Return the case again with the record of a legacy run; None where it fails."""
    name, files, _ = case
    with tempfile.TemporaryDirectory() as place:
        folder, trace = Path(place, "suite"), Path(place, TRACE)
        _write(files, folder)
        command = [sys.executable, "-m", "loopscope", "verify", "--trace-only", "--save-trace"]
        environment = {**os.environ, "PYTHONPATH": sys.path[0]}
        subprocess.run(
            [*command, str(trace)], cwd=folder, env=environment, capture_output=True, check=False
        )
        if not trace.exists():
            return None
        return f"traced/{name}", {**files, TRACE: trace.read_text("utf-8")}, TRACED_COMMANDS


def _write(files: Files, folder: Path) -> None:
    folder.mkdir(parents=True)
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())


def _output(command: str, files: Files) -> str:
    folder = _STATE["base"] / "suite"
    try:
        _write(files, folder)
        arguments = shlex.split(command)
        if arguments[0] in ("check", "migrate", "map") and "-j" not in arguments:
            arguments += ["-j", "1"]
        os.chdir(folder)
        code, out, err = _call(arguments)
        parts = [f"exit code {code}\n", out]
        parts += ["-- standard error\n", err] if err else []
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            path = file.relative_to(folder).as_posix()
            data = file.read_bytes()
            if files.get(path, "").encode() != data:
                parts += [f"-- {path}\n", data.decode(errors="backslashreplace")]
        parts += [f"-- {path} is gone\n" for path in files if not (folder / path).exists()]
    finally:
        os.chdir(_STATE["base"])
        shutil.rmtree(folder, ignore_errors=True)
    text = "".join(parts).replace(str(folder), "/suite").replace(str(_STATE["base"]), "/base")
    text = re.sub(r" *\b\d+\.\d s\b", " TIME", text)
    return str(_STATE["version"].sub("VERSION", text))


def _call(arguments: list[str]) -> tuple[int, str, str]:
    """Exit code and both streams of one command line, in this process."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n") for _ in "oe")
    environment = {"PATH": os.environ["PATH"], "HOME": str(_STATE["base"]), "COLUMNS": "100"}
    code: object = 0
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.multiple(sys, argv=["loopscope", *arguments], stdin=io.StringIO(), stdout=out,
                       stderr=err),
    ):  # fmt: skip
        try:
            _STATE["main"]()
        except SystemExit as error:
            code = error.code
    texts = []
    for stream in (out, err):
        stream.flush()
        texts.append(stream.buffer.getvalue().decode())
    assert isinstance(code, int)
    return code, texts[0], texts[1]


# -- the command ----------------------------------------------------------------------------------


def pool(repo: Path, jobs: int) -> ProcessPoolExecutor:
    """Start processes that have imported the modules of that checkout, and of no other one."""
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, context, start, (str(repo.resolve()),))


@click.group(help=__doc__)
def main() -> None:
    pass


_REPO = click.option(
    "--repo", type=click.Path(path_type=Path), default=ROOT, help="The checkout that is run."
)
_JOBS = click.option("--jobs", default=2, show_default=True)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@_REPO
@_JOBS
def record(file: Path, repo: Path, jobs: int) -> None:
    """Keep the suites and what the commands say of them in FILE."""
    wanted = list(cases(repo))
    with pool(repo, jobs) as workers:
        samples = [case for case in wanted if case[0].startswith("samples/")]
        wanted += filter(None, workers.map(with_trace, samples))
        said = dict(workers.map(run, wanted, chunksize=4))
    kept = {name: {"files": files, "outputs": said[name]} for name, files, _ in wanted}
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=6) as stream:
        json.dump(kept, stream)
    texts = [text for outputs in said.values() for text in outputs.values()]
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    click.echo(f"{len(said)} suites, {len(texts)} outputs, sha256 {digest}")


@main.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True))
@click.option("--only", default="*", help="Only the cases of that name: samples/*.")
@_REPO
@_JOBS
@click.pass_context
def compare(ctx: click.Context, file: Path, only: str, repo: Path, jobs: int) -> None:
    """Show what the commands say otherwise than FILE has it; exit code 1 if anything."""
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        kept = json.load(stream)
    wanted = [
        (name, case["files"], tuple(case["outputs"]))
        for name, case in kept.items()
        if fnmatchcase(name, only)
    ]
    count = different = 0
    with pool(repo, jobs) as workers:
        for name, said in workers.map(run, wanted, chunksize=4):
            for command, text in said.items():
                count += 1
                before = kept[name]["outputs"][command]
                if text == before:
                    continue
                different += 1
                click.secho(f"{name}: loopscope {command}", bold=True)
                if different <= SHOWN:
                    click.echo(_difference(before, text))
    click.echo(f"{different} of {count} outputs differ")
    ctx.exit(int(bool(different)))


def _difference(before: str, after: str) -> str:
    lines = partial(str.splitlines, keepends=True)
    return "".join(difflib.unified_diff(lines(before), lines(after), "before", "after"))


if __name__ == "__main__":
    main()
