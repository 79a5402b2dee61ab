"""Which modules of a suite are plugins, and whose ``event_loop`` they can override."""

from __future__ import annotations

import pytest

from tests.suites_in_memory import after

OVERRIDE = """\
import asyncio, pytest

@pytest.fixture(scope="session")
def event_loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()
"""
TEST = "import pytest\n\n@pytest.mark.asyncio\nasync def test_a(): ...\n"
NAMED = {
    "list": "pytest_plugins = ['kit.loops']\n",
    "text": "pytest_plugins = 'kit.loops'\n",
    "annotated": "pytest_plugins: list[str] = ['kit.loops']\n",
    "added": "pytest_plugins = []\npytest_plugins += ['kit.loops']\n",
    "appended": "pytest_plugins = []\npytest_plugins.append('kit.loops')\n",
    "extended": "pytest_plugins = []\npytest_plugins.extend(['kit.loops'])\n",
    "inserted": "pytest_plugins = []\npytest_plugins.insert(0, 'kit.loops')\n",
    "sum": "pytest_plugins = ['kit'] + ['kit.loops']\n",
    "itself": "pytest_plugins = ['kit']\npytest_plugins = [*pytest_plugins, 'kit.loops']\n",
    "variable": "PLUGINS = ('kit.loops',)\npytest_plugins = list(PLUGINS)\n",
    "comprehension": "pytest_plugins = [f'kit.{name}' for name in ('loops', 'more')]\n",
    "two loops": "pytest_plugins = [a + b for a in ['kit.'] for b in ['loops']]\n",
    "dictionary": "K = {'loops': 'kit.loops'}\npytest_plugins = [K['loops']]\n",
    "condition": "import sys\nif sys.platform:\n    pytest_plugins = ['kit.loops']\n",
    "words": "pytest_plugins = 'kit.loops kit.more'.split()\n",
    "template": "pytest_plugins = ['{}.loops'.format('kit'), '%s.more' % 'kit']\n",
}


@pytest.mark.parametrize("source", NAMED.values(), ids=NAMED.keys())
def test_pytest_plugins(source: str) -> None:
    files = {"kit/__init__.py": "", "kit/loops.py": OVERRIDE, "conftest.py": source}
    result = after({**files, "kit/more.py": "", "test_a.py": TEST})
    assert "event_loop" not in result["kit/loops.py"]
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]


@pytest.mark.parametrize("option", ["-p plug", "-pplug", "-v -p plug"])
def test_plugin_of_the_command_line_comes_before_pytest_asyncio(option: str) -> None:
    """The fixture of the one that comes last won; so tests had loops of their own."""
    result = after(
        {
            "pytest.ini": f"[pytest]\naddopts = {option}\n",
            "plug.py": OVERRIDE,
            "test_a.py": TEST,
        }
    )
    assert "event_loop" not in result["plug.py"]
    assert "test_loop_scope" not in result["pytest.ini"]


SEEN = {
    "named after pytest-asyncio": ("-p asyncio -p plug", ""),
    "imported by a conftest": ("-p plug", "from plug import event_loop\n"),
}


@pytest.mark.parametrize(("option", "conftest"), SEEN.values(), ids=SEEN.keys())
def test_plugin_of_the_command_line_whose_override_counts(option: str, conftest: str) -> None:
    result = after(
        {
            "pytest.ini": f"[pytest]\naddopts = {option}\n",
            "plug.py": OVERRIDE,
            "conftest.py": conftest,
            "test_a.py": TEST,
        }
    )
    assert "event_loop" not in result["plug.py"] + result["conftest.py"]
    assert "asyncio_default_test_loop_scope = session" in result["pytest.ini"]


def test_sync_code_of_such_a_plugin_got_a_loop_of_its_own() -> None:
    plug = OVERRIDE + "\n@pytest.fixture\ndef box(event_loop):\n    return lambda: event_loop\n"
    files = {
        "pytest.ini": "[pytest]\naddopts = -p plug\n",
        "plug.py": plug,
        "test_a.py": TEST.replace("test_a()", "test_a(box)") + "def test_s(box): ...\n",
    }
    result = after(files)
    assert "@pytest_asyncio.fixture\nasync def event_loop():\n" in result["plug.py"]
    assert "test_loop_scope" not in result["pytest.ini"]
    again = after(result)
    assert again == result


POINTS = {
    "pyproject.toml": (
        '[project.entry-points.pytest11]\nkit = "kit.loops"\n[tool.pytest.ini_options]\n'
    ),
    "setup.cfg": "[options.entry_points]\npytest11 =\n    kit = kit.loops\n[tool:pytest]\n",
    "setup.py": (
        "from setuptools import setup\nsetup(entry_points={'pytest11': ['kit = kit.loops']})\n"
    ),
}


@pytest.mark.parametrize("name", POINTS)
def test_entry_points_of_the_project(name: str) -> None:
    files = {name: POINTS[name], "kit/__init__.py": "", "kit/loops.py": OVERRIDE}
    result = after({**files, "test_a.py": TEST})
    assert "event_loop" not in result["kit/loops.py"]
    assert "asyncio_default_test_loop_scope" in "".join(result.values())
