"""The properties that tests and the fuzz command share."""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Callable
from functools import cache
from pathlib import Path

from hypothesis import strategies as st

from loopscope.types import Options, Target

from .configurations import ini_files, toml_files
from .invariants import check
from .layout import is_valid, sources
from .pieces import HEAD, distinct, functions, overrides

MODES = (b"", b"asyncio_mode = auto\n", b"asyncio_mode = strict\n", b"asyncio_mode = legacy\n")
CONFTEST = b"""\
import asyncio
import pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
TEST = b"async def test_a(event_loop): ...\n"


def options() -> st.SearchStrategy[Options]:
    return st.builds(
        Options,
        target=st.sampled_from(["1.5", "1.5", "1.1", "0.26", "0.24"]).map(Target.parse),
        style=st.sampled_from(["config", "explicit"]),
        safe_only=st.booleans(),
        time_limit=st.just(0.0),
    )


@st.composite
def python_suites(draw: st.DrawFn) -> tuple[dict[str, bytes], dict[str, list[bytes]]]:
    names = draw(st.lists(
        st.sampled_from(["conftest.py", "test_a.py", "sub/conftest.py", "sub/test_b.py"]),
        min_size=1, max_size=3, unique=True,
    ))  # fmt: skip
    files, neutral = {"pytest.ini": b"[pytest]\n" + draw(st.sampled_from(MODES))}, {}
    for name in names:
        files[name], neutral[name] = draw(sources("conftest" in name))
    return files, neutral


@cache
def library() -> tuple[Path, ...]:
    """Modules of the standard library that are not too long."""
    root = Path(sysconfig.get_path("stdlib"))
    found = [
        path
        for path in sorted(root.rglob("*.py"))
        if "site-packages" not in path.parts and path.stat().st_size < 30_000
    ]
    random.Random(107).shuffle(found)
    return tuple(found)


@st.composite
def library_suites(draw: st.DrawFn) -> tuple[dict[str, bytes], dict[str, list[bytes]]]:
    """Put a module of the standard library between two pieces of a legacy suite."""
    path = draw(st.sampled_from(library()))
    module = path.read_bytes()
    before, after = draw(functions()), draw(st.one_of(functions(), overrides()))
    mode = draw(st.sampled_from(MODES))
    body = module + f"\n\n{HEAD}{distinct(before + chr(10) + after)}".encode()
    usable = is_valid(body)
    quiet = not any(word in module for word in (b"asyncio", b"event_loop", b"import", b"unittest"))
    return (
        {"pytest.ini": b"[pytest]\n" + mode, "test_a.py": body if usable else TEST},
        {"test_a.py": [module] if usable and quiet else []},
    )


def python(drawn: tuple[dict[str, bytes], dict[str, list[bytes]]], chosen: Options) -> None:
    files, neutral = drawn
    check(files, neutral, chosen)


def configuration(drawn: tuple[str, bytes, list[bytes]], chosen: Options) -> None:
    name, data, neutral = drawn
    files = {"conftest.py": CONFTEST, "test_a.py": TEST, name: data}
    check(files, {name: neutral}, chosen)


PROPERTIES: dict[str, tuple[Callable[..., None], st.SearchStrategy[object]]] = {
    "python": (python, python_suites()),
    "library": (python, library_suites()),
    "toml": (configuration, toml_files()),
    "ini": (configuration, ini_files()),
}
