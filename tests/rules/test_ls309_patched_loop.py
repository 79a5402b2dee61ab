"""LS309: calls that a test's patch reaches stay as they are."""

from __future__ import annotations

import pytest

from tests.rules.reported import HEAD
from tests.suites_in_memory import after, messages, migrate_files

MOD = "import asyncio\n\n\nasync def now():\n    return asyncio.get_event_loop().time()\n"
BARE = MOD.replace("import asyncio", "from asyncio import get_event_loop").replace(
    "asyncio.get", "get"
)
PATCHED = """\
from unittest.mock import patch

import pytest

from pkg.mod import now


@pytest.mark.asyncio
async def test_now():
    with patch("{}"):
        await now()
"""


@pytest.mark.parametrize(
    ("target", "module"),
    [
        ("asyncio.get_event_loop", MOD),
        ("pkg.mod.asyncio.get_event_loop", MOD),
        ("pkg.mod.get_event_loop", BARE),
    ],
)
def test_ls309_patched_calls_stay(target: str, module: str) -> None:
    files = {"pkg/mod.py": module, "test_a.py": PATCHED.format(target)}
    assert messages(migrate_files(files)) == ["test_a.py:10 LS309 note"]
    assert after(files)["pkg/mod.py"] == module


@pytest.mark.parametrize(
    ("target", "module"),
    [
        ("pkg.mod.get_event_loop", MOD),
        ("asyncio.get_event_loop_policy", MOD),
        ("pkg.mod.asyncio", MOD),
        ("aiohttp.get_event_loop", MOD),
    ],
)
def test_ls309_patch_of_another_name(target: str, module: str) -> None:
    files = {"pkg/mod.py": module, "test_a.py": PATCHED.format(target)}
    assert not [text for text in messages(migrate_files(files)) if "LS309" in text]
    assert "get_running_loop" in after(files)["pkg/mod.py"]


def test_ls309_modules_that_the_test_does_not_import() -> None:
    files = {
        "pkg/mod.py": MOD,
        "pkg/other.py": MOD,
        "pkg/deep.py": "from pkg import base\n",
        "pkg/base.py": MOD,
        "test_a.py": PATCHED.format("asyncio.get_event_loop") + "\n\nfrom pkg import deep\n",
        "test_b.py": "import pytest\nfrom pkg import other\n",
    }
    result = after(files)
    assert result["pkg/mod.py"] == result["pkg/base.py"] == MOD
    assert "get_running_loop" in result["pkg/other.py"]


def test_ls309_only_the_patched_test_keeps_its_own_call() -> None:
    source = HEAD + (
        "@pytest.mark.asyncio\n"
        "async def test_patched(monkeypatch):\n"
        '    monkeypatch.setattr(asyncio, "get_event_loop", fake)\n'
        "    asyncio.get_event_loop()\n\n\n"
        "@pytest.mark.asyncio\n"
        "async def test_free():\n"
        "    asyncio.get_event_loop()\n"
    )
    result = after({"test_a.py": source})["test_a.py"]
    assert result.index("asyncio.get_event_loop()") < result.index("asyncio.get_running_loop()")


def test_ls309_fixture_patches_for_its_tests() -> None:
    conftest = HEAD + (
        "@pytest.fixture\ndef fake_loop(mocker):\n"
        '    return mocker.patch.object(asyncio, "get_event_loop")\n'
    )
    test = HEAD + (
        "@pytest.mark.asyncio\nasync def test_it(fake_loop):\n    asyncio.get_event_loop()\n"
    )
    files = {"conftest.py": conftest, "test_a.py": test}
    assert messages(migrate_files(files)) == ["conftest.py:8 LS309 note"]
    assert after(files)["test_a.py"] == test


def test_ls309_whole_asyncio_mocked() -> None:
    test = PATCHED.format("pkg.mod.asyncio").replace(
        "):\n        await",
        ") as mocked:\n        mocked.get_event_loop.return_value.time.return_value = 1\n"
        "        await",
    )
    files = {"pkg/mod.py": MOD, "test_a.py": test}
    assert messages(migrate_files(files)) == ["test_a.py:10 LS309 note"]


def test_ls309_import_inside_the_test() -> None:
    test = PATCHED.format("asyncio.get_event_loop")
    test = test.replace("from pkg.mod import now\n\n\n", "\n").replace(
        "    with", "    from pkg.mod import now\n    with"
    )
    files = {"pkg/mod.py": MOD, "test_a.py": test}
    assert after(files)["pkg/mod.py"] == MOD


TARGETS = {
    "constant": ("TARGET = 'pkg.mod.asyncio.get_event_loop'", "patch(TARGET)"),
    "f-string": ("NAME = 'pkg.mod'", "patch(f'{NAME}.asyncio.get_event_loop')"),
    "name of a module": ("import pkg.mod", "patch(f'{pkg.mod.__name__}.asyncio.get_event_loop')"),
    "sum": ("BASE = 'pkg.mod.asyncio.'", "patch(BASE + 'get_event_loop')"),
    "keyword": ("TARGET = 'asyncio.get_event_loop'", "patch(target=TARGET)"),
    "other name": ("from unittest.mock import patch as p", "p('asyncio.get_event_loop')"),
    "imported": ("from names import TARGET", "patch(TARGET)"),
    "attribute": ("import names", "patch(names.TARGET)"),
    "object": ("from pkg import mod", "patch.object(mod.asyncio, 'get_event_loop')"),
    "name of the attribute": (
        "from pkg import mod\nNAME = 'get_event_loop'",
        "patch.object(mod.asyncio, NAME)",
    ),
    "partial": (
        "import functools\nreplaced = functools.partial(patch, 'asyncio.get_event_loop')",
        "replaced()",
    ),
    "helper": ("def in_(base): return patch(base + '.get_event_loop')", "in_('pkg.mod.asyncio')"),
}


@pytest.mark.parametrize(("line", "call"), TARGETS.values(), ids=TARGETS.keys())
def test_ls309_spellings_of_the_target(line: str, call: str) -> None:
    source = PATCHED.replace("import pytest\n", f"import pytest\n{line}\n")
    files = {
        "names.py": "TARGET = 'pkg.mod.asyncio.get_event_loop'\n",
        "pkg/mod.py": MOD,
        "test_a.py": source.replace('patch("{}")', call),
    }
    assert [text for text in messages(migrate_files(files)) if "LS309 note" in text]
    assert after(files)["pkg/mod.py"] == MOD


@pytest.mark.parametrize(
    ("lines", "noted"),
    [
        (("asyncio.get_event_loop()",), False),
        (("aio.get_event_loop()",), False),
        (("mocked.get_event_loop.side_effect = KeyError",), True),
        (("mocked.get_event_loop.side_effect = KeyError", "asyncio.get_event_loop()"), True),
        (("mocked.new_event_loop.side_effect = KeyError",), False),
    ],
)
def test_ls309_mocked_asyncio_whose_loop_is_set_up(lines: tuple[str, ...], noted: bool) -> None:
    """What the test itself asks asyncio for tells nothing of the mock."""
    test = PATCHED.format("pkg.mod.asyncio").replace(
        "):\n        await",
        ") as mocked:\n        " + "\n        ".join(lines) + "\n        await",
    )
    imports = "import asyncio\nimport asyncio as aio\nimport pytest\n"
    files = {"pkg/mod.py": MOD, "test_a.py": test.replace("import pytest\n", imports)}
    assert any("LS309" in text for text in messages(migrate_files(files))) is noted
    assert (after(files)["pkg/mod.py"] == MOD) is noted


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (3, "at pkg/mod.py:4, pkg/mod.py:8, pkg/mod.py:12, which"),
        (5, "at pkg/mod.py:4, pkg/mod.py:8, pkg/mod.py:12 and 2 more, which"),
    ],
)
def test_ls309_names_three_places_and_counts_the_rest(number: int, shown: str) -> None:
    functions = "async def now():\n    return asyncio.get_event_loop()\n\n\n" * number
    files = {
        "pkg/mod.py": "import asyncio\n\n" + functions,
        "test_a.py": PATCHED.format("asyncio.get_event_loop"),
    }
    (said,) = migrate_files(files).findings
    assert shown in said.message
