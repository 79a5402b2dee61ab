"""One suite under every kind of configuration file, and under none.

``python_files`` stands in each of them: a run that reads another file collects nothing.
"""

from __future__ import annotations

from .sample import Sample, override, sample

_DATABASE = """

class Database:
    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.rows = []


@pytest.fixture(scope="session")
async def database():
    yield Database()
"""

_FIRST = """
import asyncio


async def test_writes(database):
    database.rows.append("one")
    assert database.loop is asyncio.get_running_loop()
"""

_SECOND = """
import asyncio


async def test_reads(database):
    await asyncio.sleep(0)
    assert database.rows == ["one"]
    assert database.loop is asyncio.get_running_loop()
"""

_INI = """
[{section}]
# what we collect
python_files = check_*.py
asyncio_mode = auto
"""

_NATIVE = """
[{table}]
# what we collect
python_files = ["check_*.py"]
asyncio_mode = "auto"
"""

_PROJECT = """
[project]
name = "shop"
version = "1.0"
requires-python = ">=3.10"
"""

_SETUP_CFG = """
[metadata]
name = shop
"""

_TOX = """
[tox]
envlist = py311

[testenv]
commands = pytest
"""

# Old releases of pytest cannot read these files.
_SAID_TO_OLD_PYTEST = ("-o", "python_files=check_*.py", "-o", "asyncio_mode=auto")


def _configured(files: dict[str, str], legacy_options: tuple[str, ...] = ()) -> Sample:
    suite = {
        "tests/conftest.py": override("session") + _DATABASE,
        "tests/check_first.py": _FIRST,
        "tests/check_second.py": _SECOND,
    }
    return sample({**files, **suite}, legacy_options=legacy_options)


SAMPLES: dict[str, Sample] = {
    "pytest_toml": _configured(
        {"pytest.toml": _NATIVE.format(table="pytest")}, _SAID_TO_OLD_PYTEST
    ),
    "dot_pytest_toml": _configured(
        {".pytest.toml": _NATIVE.format(table="pytest")}, _SAID_TO_OLD_PYTEST
    ),
    "pytest_ini": _configured({"pytest.ini": _INI.format(section="pytest")}),
    "dot_pytest_ini": _configured({".pytest.ini": _INI.format(section="pytest")}),
    "pyproject_ini_options": _configured(
        {"pyproject.toml": _PROJECT + _NATIVE.format(table="tool.pytest.ini_options")}
    ),
    "pyproject_native": _configured(
        {"pyproject.toml": _PROJECT + _NATIVE.format(table="tool.pytest")}, _SAID_TO_OLD_PYTEST
    ),
    "tox_ini": _configured({"tox.ini": _TOX + _INI.format(section="pytest")}),
    "setup_cfg": _configured({"setup.cfg": _SETUP_CFG + _INI.format(section="tool:pytest")}),
    "first_of_several_files": _configured(
        {
            "pytest.ini": _INI.format(section="pytest"),
            "tox.ini": "[pytest]\nasyncio_mode = strict\n",
            "setup.cfg": "[tool:pytest]\nasyncio_mode = strict\n",
        }
    ),
    "mode_in_addopts": sample(
        {
            "pytest.ini": "[pytest]\naddopts = -ra --asyncio-mode=auto\n",
            "conftest.py": override("module"),
            "test_shop.py": _FIRST.replace("(database)", "()").replace(
                'database.rows.append("one")\n    assert database.loop is ', "assert "
            ),
        }
    ),
    "none": sample(
        {
            "conftest.py": override("session"),
            "test_first.py": """
                import asyncio

                import pytest

                loops = []


                @pytest.mark.asyncio
                async def test_one():
                    loops.append(asyncio.get_running_loop())


                @pytest.mark.asyncio
                async def test_two():
                    assert loops == [asyncio.get_running_loop()]
                """,
        }
    ),
    "none_but_a_project_file": sample(
        {
            "pyproject.toml": _PROJECT,
            "tests/conftest.py": override("session"),
            "tests/test_first.py": """
                import asyncio

                import pytest

                pytestmark = pytest.mark.asyncio
                loops = []


                async def test_one():
                    loops.append(asyncio.get_running_loop())


                async def test_two():
                    assert loops == [asyncio.get_running_loop()]
                """,
        }
    ),
    "nothing_but_function_loops": sample(
        {
            "test_alone.py": """
                import asyncio

                import pytest

                loops = []


                @pytest.mark.asyncio
                async def test_one():
                    loops.append(asyncio.get_running_loop())


                @pytest.mark.asyncio
                async def test_two():
                    assert asyncio.get_running_loop() not in loops
                """
        }
    ),
}
