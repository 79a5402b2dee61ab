"""Files whose contents cannot be read as Python: an error of that file, the rest is done."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from .suites import MIGRATED, TEST, given_up, loopscope, make

NESTED = {
    "terms": lambda n: " + ".join(["1"] * n),
    "attributes": lambda n: "a" + ".b" * n,
    "calls": lambda n: "a" + "()" * n,
    "not": lambda n: "not " * n + "1",
    "lambdas": lambda n: "lambda: " * n + "1",
    "brackets": lambda n: "[" * n + "]" * n,
}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (TEST + b"x = '\0'\n", "test_b.py:3: NUL byte"),
        (b"\0" * 5000 + b"event_loop", "test_b.py:1: NUL byte"),
        (TEST + b"def test_(:\n", "test_b.py:3: this is no Python that"),
        (TEST + b"\t  x\n    y\n", "this is no Python that"),
        (TEST + b"x\\\n", "test_b.py:3: this is no Python that"),
        (TEST + b"print 'a'\n", "it looks like Python 2, which must become Python 3 first"),
        (TEST + b"except A, e:\n", "test_b.py:3: this is no Python that"),
        (TEST + b"# \xff\n", "test_b.py:3: byte 0xff is not valid utf-8"),
        (b"# coding: nonsense\n" + TEST, "test_b.py:1: unknown encoding"),
        (b"# coding: ascii\n" + TEST + b"# \xe4\n", "test_b.py:4: byte 0xe4 is not valid ascii"),
        (b"# coding: utf-16\n" + TEST, "test_b.py:1: "),
        (b"# coding: rot13\n" + TEST, "test_b.py:1: "),
        (b"\xef\xbb\xbf# coding: latin-1\n" + TEST, "test_b.py:1: encoding problem"),
        (b"\xff\xfe" + TEST.decode().encode("utf-16-le"), "test_b.py:1: "),
    ],
)
def test_no_python(tmp_path: Path, data: bytes, message: str) -> None:
    make(tmp_path, {"test_b.py": data})
    given_up(tmp_path, message)
    assert (tmp_path / "test_b.py").read_bytes() == data


@pytest.mark.parametrize(
    ("line", "since"),
    [
        (b"x = t'a'", (3, 14)),
        (b"type X[T = int] = list[T]", (3, 13)),
        (b"type X = int", (3, 12)),
        (b"def f[T](x: T): ...", (3, 12)),
    ],
)
def test_newer_syntax_says_which_python_to_take(
    tmp_path: Path, line: bytes, since: tuple[int, int]
) -> None:
    make(tmp_path, {"test_b.py": TEST + line + b"\n"})
    if sys.version_info >= since:
        assert loopscope(tmp_path, "migrate").code == 0
    else:
        given_up(tmp_path, f"run loopscope with Python {since[0]}.{since[1]} or newer")


@pytest.mark.parametrize("levels", [150, 450, 600, 3_000, 100_000])
@pytest.mark.parametrize("form", NESTED)
def test_deep_expression_does_not_crash(tmp_path: Path, form: str, levels: int) -> None:
    """In a statement that is to be changed; a crash of LibCST would end the whole process."""
    deep = (
        f"async def test_b(event_loop):\n    x = {NESTED[form](levels)}\n    print(event_loop)\n"
    )
    make(tmp_path, {"test_b.py": deep.encode()})
    result = loopscope(tmp_path, "migrate")
    assert (tmp_path / "test_a.py").read_bytes() == MIGRATED
    after = (tmp_path / "test_b.py").read_text()
    if result.code == 0:
        assert after.startswith("import asyncio\n\n\nasync def test_b():\n    x = ")
    else:
        assert result.code == 2
        assert result.err.startswith("error: test_b.py:")
        assert "nested" in result.err
        assert after == deep


def test_deep_expression_elsewhere_in_the_file_is_no_obstacle(tmp_path: Path) -> None:
    deep = TEST + b"\n\nx = " + b" + ".join([b"1"] * 600) + b"\n"
    make(tmp_path, {"test_b.py": deep})
    assert loopscope(tmp_path, "migrate").code == 0
    assert (tmp_path / "test_b.py").read_bytes() == deep.replace(TEST, MIGRATED)


def test_ten_megabytes(tmp_path: Path) -> None:
    long = TEST + b"# %s\n" % (b"x" * 96) * 100_000
    make(tmp_path, {"test_b.py": long})
    assert loopscope(tmp_path, "migrate").code == 0
    assert (tmp_path / "test_b.py").read_bytes() == long.replace(TEST, MIGRATED)


def test_file_without_an_end(tmp_path: Path) -> None:
    make(tmp_path)
    with (tmp_path / "test_b.py").open("wb") as file:
        file.truncate(2**40)  # sparse: it takes no space
    given_up(tmp_path, "test_b.py: cannot be read: it has more than 12 MiB")


def test_file_that_takes_too_long_is_given_up_alone(tmp_path: Path) -> None:
    slow = TEST + b"def f(x):\n    return g(x, 1)\n" * 100_000
    make(tmp_path, {"test_b.py": slow})
    given_up(tmp_path, "test_b.py: took longer than 4 s", "", "--time-limit", "4")
    assert (tmp_path / "test_b.py").read_bytes() == slow


@pytest.mark.parametrize("data", [b"", b"\n", b"\xef\xbb\xbf", b"\x0c", b"#"])
def test_empty_files(tmp_path: Path, data: bytes) -> None:
    make(tmp_path, {"test_b.py": data, "sub/conftest.py": data, "sub/__init__.py": data})
    result = loopscope(tmp_path, "migrate")
    assert (result.code, result.err) == (0, "")
    assert (tmp_path / "test_b.py").read_bytes() == data
