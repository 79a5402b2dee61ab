"""LS202: comments that give the reason for an old version go with it; others stay."""

from __future__ import annotations

import pytest

from loopscope.rewriting.edits import RequirementEdit
from loopscope.types import Level
from tests.rules.declared import after, findings, line, outcomes


@pytest.mark.parametrize(
    ("version", "comment"),
    [
        ("==0.21.1", "last one with event_loop"),
        ("==0.21.1", "pinned because of event_loop"),
        ("<0.22", "asyncio 0.21: event_loop fixture removed in 1.0"),
        ("<1", "newer ones drop the event loop fixture"),
        ("==0.23.8", "Pinned to 0.23.8 for stability"),
        (">=0.21,<0.22", "0.22 breaks session fixtures"),
        ("==0.21.2", "0.23 breaks session fixtures"),
        ("==0.21.2", "TODO: move to >=0.24"),
        ("~=0.21.1", "https://github.com/pytest-dev/pytest-asyncio/issues/706"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_reason_goes_with_the_version(version: str, comment: str, end: str) -> None:
    new = line(f"pytest-asyncio{version}\n")
    behind = f"a==1  # 0.21\npytest-asyncio{version}  # {comment}\nb\n"
    above = f"a\n\n# {comment}\npytest-asyncio{version}\nb\n"
    assert line(behind.replace("\n", end)) == f"a==1  # 0.21\n{new}b\n".replace("\n", end)
    assert line(above.replace("\n", end)) == f"a\n\n{new}b\n".replace("\n", end)


@pytest.mark.parametrize(
    ("version", "comment"),
    [
        (">=0.21", "runs tests in an event loop"),
        ("==0.21.1", "coroutines as tests"),
        ("==0.21.1", "for Python 3.8"),
        ("==0.21.1", "via -r test.in"),
        ("==0.21.1", "aiohttp 0.22 wants it"),
        (">=0.21", "https://github.com/pytest-dev/pytest-asyncio/issues/706"),
        ("==0.21.1", "noqa: keeps event_loop"),
        ("==0.21.1", "[event_loop]"),
        ("==0.21.1", "pytest-asyncio==0.21.1"),
        ("==0.21.1", "'pytest-asyncio>=0.20, <0.22',"),
        ("==0.21.1", "pip install -U pytest-asyncio==0.21.1 other"),
    ],
)
def test_other_comments_stay(version: str, comment: str) -> None:
    new = line(f"pytest-asyncio{version}\n").strip()
    text = f"# {comment}\npytest-asyncio{{}}  # {comment}\n"
    assert line(text.format(version)) == text.format(new.removeprefix("pytest-asyncio"))


def test_only_the_sentence_about_the_version_goes() -> None:
    text = (
        "# The tools of the tests.\n"
        "# SEE https://github.com/pytest-dev/pytest-asyncio/issues/706\n"
        "# Many tests fail with `RuntimeError: There is no current event loop`\n"
        "pytest-asyncio<0.24\n"
    )
    assert line(text) == "# The tools of the tests.\npytest-asyncio>=1.1\n"
    wrapped = (
        "# Tools.\n# Held back, since newer ones have\n# no event_loop\npytest-asyncio<0.24\n"
    )
    assert line(wrapped) == "# Tools.\npytest-asyncio>=1.1\n"


@pytest.mark.parametrize(
    ("path", "before", "expected"),
    [
        (
            "pyproject.toml",
            '[dependency-groups]\ntest = [\n  "pytest-asyncio==0.21.1", # keeps event_loop\n'
            '  "x#event_loop",\n]\n',
            '[dependency-groups]\ntest = [\n  "pytest-asyncio==1.5.0",\n  "x#event_loop",\n]\n',
        ),
        (
            "pyproject.toml",
            "[tool.poetry.group.dev.dependencies]\n# event_loop went in 0.23\n"
            "pytest-asyncio = { version = '^0.21', optional = true } # '^0.21' has event_loop\n",
            "[tool.poetry.group.dev.dependencies]\n"
            "pytest-asyncio = { version = '^1.1', optional = true }\n",
        ),
        (
            "tox.ini",
            "[testenv]\ndeps =\n    # event_loop\n    pytest-asyncio<0.22\n    pytest\n",
            "[testenv]\ndeps =\n    pytest-asyncio>=1.1\n    pytest\n",
        ),
        (
            "setup.py",
            "setup(extras_require={'test': [\n    'pytest-asyncio<0.22',# event_loop\n]})\n",
            "setup(extras_require={'test': [\n    'pytest-asyncio>=1.1',\n]})\n",
        ),
        (
            ".github/workflows/ci.yml",
            "jobs:\n  a:\n    steps:\n      # event_loop fixture\n"
            "      - run: pip install 'pytest-asyncio<0.22' pytest # 0.22 breaks\n",
            "jobs:\n  a:\n    steps:\n      - run: pip install 'pytest-asyncio>=1.1' pytest\n",
        ),
        (
            "meta.yaml",
            "test:\n  requires:\n    - pytest-asyncio <0.22  # [event_loop]\n",
            "test:\n  requires:\n    - pytest-asyncio >=1.1  # [event_loop]\n",
        ),
        (
            "requirements.txt",
            "pytest<8  # pytest 8 needs a newer asyncio\npytest-asyncio>=1.1\n",
            "pytest>=8.2\npytest-asyncio>=1.1\n",
        ),
    ],
)
def test_in_every_grammar(path: str, before: str, expected: str) -> None:
    assert after({path: before}) == {path: expected}


def test_the_edit_says_so() -> None:
    (edit,) = outcomes({"requirements.txt": "pytest-asyncio==0.21  # event_loop\n"})
    assert isinstance(edit, RequirementEdit)
    assert edit.message.endswith("; the comment on the old version goes")


def test_what_only_sounds_like_a_reason_is_a_note() -> None:
    text = (
        "# needed because of coroutines\npytest-asyncio==0.21  # see https://example.org\n"
        "# Intentionally held\npytest-asyncio==0.21\npytest-asyncio>=0.21  # newest\n"
    )
    (found,) = findings({"requirements.txt": text})
    assert (found.level, found.line) == (Level.NOTE, 4)
    assert found.message == (
        "'# Intentionally held' was written beside pytest-asyncio==0.21: delete it if it is not"
        " true now"
    )
