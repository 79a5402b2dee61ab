"""What the declarations say: supported Pythons, modern, legacy mode."""

from __future__ import annotations

import pytest

from loopscope.requirements import installed, legacy_mode_floor, requires_python
from loopscope.requirements.compatibility import RELEASES
from loopscope.requirements.pin import Pythons
from loopscope.types import KNOWN_TARGETS


def files(**by_name: str) -> dict[str, bytes]:
    return {name.replace("__", "."): text.encode() for name, text in by_name.items()}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.8"\n', (">=3.8",)),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.8"\n', (">=3.8,<4",)),
        ("setup.cfg", "[options]\npython_requires = >=3.8, <4\n", (">=3.8,<4",)),
        ("setup.py", "setup(python_requires='~=3.8')\n", ("~=3.8",)),
    ],
)
def test_supported_pythons(name: str, text: str, expected: tuple[str, ...]) -> None:
    pin = requires_python({name: text.encode()})
    assert pin is not None
    assert pin.versions == expected


def test_the_file_nearest_the_root_counts() -> None:
    found = requires_python(
        {
            "sub/pyproject.toml": b'[project]\nrequires-python = ">=3.12"\n',
            "setup.cfg": b"[options]\npython_requires = >=3.8\n",
        }
    )
    assert found is not None
    assert found.path == "setup.cfg"
    assert requires_python({"pyproject.toml": b"[project]\n"}) is None


def test_pythons_that_a_range_admits() -> None:
    pin = requires_python(files(setup__py="setup(python_requires='>=3.8.1,<3.11')"))
    assert Pythons.of(pin).supported == ((3, 8), (3, 9), (3, 10))


def test_a_marker_gives_the_same_answer_on_every_machine() -> None:
    pythons = Pythons(((3, 8), (3, 9)))
    for marker in (
        'python_version < "3.9" and sys_platform == "win32"',
        'sys_platform == "linux" and python_version < "3.9"',
        '(platform_python_implementation == "PyPy") and python_full_version < "3.9.0"',
    ):
        assert pythons.named_by(marker) == ((3, 8),), marker


@pytest.mark.parametrize(
    ("line", "modern", "legacy"),
    [
        ("pytest-asyncio", False, False),
        ("pytest-asyncio>=0.21", False, False),
        ("pytest-asyncio>=1.0", True, False),
        ("pytest-asyncio==1.2.*", True, False),
        ("pytest-asyncio==1.5.0 --hash=sha256:ab", True, False),
        ("pytest-asyncio<0.19", False, True),
        ("pytest-asyncio==0.18.3", False, True),
        ("pytest-asyncio~=0.18.1", False, True),
        ("pytest-asyncio<=0.19", False, False),
        ("pytest-asyncio~=0.18", False, False),
    ],
)
def test_modern_and_legacy_mode(line: str, modern: bool, legacy: bool) -> None:
    found = files(requirements__txt=line)
    assert (installed(found).modern, legacy_mode_floor(found)) == (modern, legacy)


@pytest.mark.parametrize(
    ("declared", "locked", "expected"),
    [
        ("", "1.1.0", ((1, 1), (1, 1), "uv.lock:2")),
        ("pytest-asyncio>=0.21", "1.1.0", ((1, 1), (1, 1), "uv.lock:2")),
        ("pytest-asyncio>=1.2", "0.21.0", ((1, 2), (1, 5), "requirements.txt:1")),
        ("pytest-asyncio<0.23", "1.1.0", ((0, 0), (0, 22), "requirements.txt:1")),
        ("pytest-asyncio<1", "", ((0, 0), (0, 26), "requirements.txt:1")),
        ("pytest-asyncio>=1.0,<1.4", "", ((1, 0), (1, 3), "requirements.txt:1")),
        ("pytest-asyncio==1.0.0", "1.3.0", ((1, 0), (1, 0), "requirements.txt:1")),
        ("", "", ((0, 0), (1, 5), "")),
    ],
)
def test_what_is_declared_says_what_the_suite_runs_on(
    declared: str, locked: str, expected: tuple[object, ...]
) -> None:
    lock = f'[[package]]\nname = "pytest-asyncio"\nversion = "{locked}"\n' if locked else ""
    found = installed(files(requirements__txt=declared, uv__lock=lock))
    assert (found.oldest, found.newest, found.place) == expected


def test_lock_file_of_the_legacy_mode() -> None:
    lock = '[[package]]\nname = "pytest-asyncio"\nversion = "{}"\n'
    assert legacy_mode_floor(files(uv__lock=lock.format("0.18.3")))


def test_every_target_has_its_release() -> None:
    assert tuple(release.series for release in RELEASES) == KNOWN_TARGETS
