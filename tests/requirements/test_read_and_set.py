"""Every kind of file: what is declared where, and the same file with other specifiers."""

from __future__ import annotations

from posixpath import basename

import pytest

from loopscope.config.declaring_names import is_pin_file, may_declare
from loopscope.requirements import Kind, Pin, PinsError, read_pins, set_pins
from loopscope.requirements.compatibility import PLUGIN
from loopscope.types import FileError

NEW = ">=1.1"


def pins_of(path: str, text: str) -> tuple[Pin, ...]:
    found = read_pins(path, text.encode())
    assert not isinstance(found, FileError), found
    return found


def told(path: str, text: str) -> list[str]:
    """Each pin as "package specifier kind where marker"."""
    return [
        " ".join(filter(None, (p.package, p.specifier, p.kind.value, p.where, p.marker)))
        for p in pins_of(path, text)
    ]


def put(path: str, text: str, new: str = NEW) -> str:
    """Return the file with every declaration of pytest-asyncio set to ``new``."""
    pins = pins_of(path, text)
    wanted = {place: new for place, pin in enumerate(pins) if pin.package == PLUGIN}
    assert wanted, "no declaration found"
    return set_pins(path, text.encode(), wanted).decode()


# -- TOML -------------------------------------------------------------------------------

PYPROJECT = [
    ('[project]\ndependencies = ["pytest-asyncio@"]\n', "project.dependencies"),
    (
        '[project.optional-dependencies]\ntest = [\n  "x",  # "pytest-asyncio<9"\n'
        "  'pytest_asyncio[docs] @ ; python_version < \"3.12\"', # why\n]\n",
        "project.optional-dependencies.test",
    ),
    (
        '[dependency-groups]\ntest = [{include-group = "pytest"}, "pytest-asyncio @"]\n',
        "dependency-groups.test",
    ),
    (
        '[tool.pdm.dev-dependencies]\ntest = ["pytest-asyncio@"]\n',
        "tool.pdm.dev-dependencies.test",
    ),
    ('[tool.uv]\ndev-dependencies = ["pytest-asyncio@"]\n', "tool.uv.dev-dependencies"),
    (
        '[tool.hatch.envs.test]\nextra-dependencies = [\n\t"Pytest.Asyncio@",\n]\n',
        "tool.hatch.envs.test.extra-dependencies",
    ),
    ('tool.hatch.envs.default.dependencies = ["pytest-asyncio@"]\n', None),
    ('[tool.poetry.dependencies]\npytest-asyncio = "@" # why\n', "tool.poetry.dependencies"),
    ("[tool.poetry.dev-dependencies]\npytest-asyncio='@'\n", "tool.poetry.dev-dependencies"),
    (
        '[tool.poetry.group.test.dependencies]\npytest-asyncio = {version = "@", optional=true}\n',
        "tool.poetry.group.test.dependencies",
    ),
    (
        '[tool.poetry.group.test.dependencies.pytest-asyncio]\nversion = "@"\n',
        "tool.poetry.group.test.dependencies",
    ),
    ('[tool.tox.env_run_base]\ndeps = ["pytest-asyncio@"]\n', "tool.tox.env_run_base.deps"),
    (
        '[tool.tox]\nlegacy_tox_ini = """\n[testenv]\ndeps =\n    pytest-asyncio@\n"""\n',
        "testenv.deps",
    ),
    ('[tool.pixi.feature.test.pypi-dependencies]\npytest-asyncio = "@"\n', None),
]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(("template", "where"), PYPROJECT)
def test_pyproject(template: str, where: str | None, newline: str) -> None:
    template = template.replace("\n", newline)
    before, after = (template.replace("@", spec, 1) for spec in (">=0.21,<0.22", NEW))
    (pin,) = pins_of("pyproject.toml", before)
    assert pin.package == PLUGIN
    assert pin.specifier == ">=0.21,<0.22"
    assert pin.kind is Kind.RANGE
    assert where in (None, pin.where)
    assert put("pyproject.toml", before) == after


def test_poetry_caret_tilde_star_and_exact() -> None:
    table = '[tool.poetry.dependencies]\npytest-asyncio = "{}"\n'
    kinds = {
        "^0.21": (Kind.RANGE, (">=0.21,<0.22",)),
        "~0.21.1": (Kind.RANGE, (">=0.21.1,<0.22",)),
        "^1.1": (Kind.RANGE, (">=1.1,<2",)),
        "0.21.*": (Kind.RANGE, ("==0.21.*",)),
        "0.21.1": (Kind.EXACT, ("==0.21.1",)),
        "*": (Kind.ANY, ("",)),
        ">=0.21 <0.23": (Kind.RANGE, (">=0.21,<0.23",)),
        "^0.21 || ^1.0": (Kind.RANGE, (">=0.21,<0.22", ">=1.0,<2")),
    }
    for text, expected in kinds.items():
        (pin,) = pins_of("pyproject.toml", table.format(text))
        assert (pin.kind, pin.versions) == expected


def test_poetry_constraints_by_python() -> None:
    text = (
        "[tool.poetry.dependencies]\npytest-asyncio = [\n"
        '    {version = "^0.21", python = "<3.9"},\n'
        '    {version = "^0.23", python = ">=3.9,<4.0"},\n]\n'
    )
    assert told("pyproject.toml", text) == [
        'pytest-asyncio ^0.21 range tool.poetry.dependencies python_version < "3.9"',
        "pytest-asyncio ^0.23 range tool.poetry.dependencies "
        'python_version >= "3.9" and python_version < "4.0"',
    ]
    assert put("pyproject.toml", text, "^1.1").count('"^1.1"') == 2


def test_poetry_git_and_uv_sources() -> None:
    text = (
        '[tool.poetry.dependencies]\npytest-asyncio = {git = "https://h/p.git", tag = "v0.21.1"}\n'
        '[tool.uv.sources]\npytest-asyncio = { url = "https://h/p.whl" }\n'
    )
    assert told("pyproject.toml", text) == [
        "pytest-asyncio v0.21.1 vcs tool.poetry.dependencies",
        "pytest-asyncio https://h/p.whl url tool.uv.sources",
    ]


def test_names_elsewhere_in_pyproject_are_no_declarations() -> None:
    text = (
        '[project]\nname = "pytest-asyncio"\nkeywords = ["pytest-asyncio"]\n'
        '[tool.poetry.extras]\ntest = ["pytest-asyncio"]\n[tool.pytest.ini_options]\n'
        'required_plugins = ["pytest-asyncio"]\n'
    )
    assert told("pyproject.toml", text) == []


def test_toml_that_cannot_be_read_is_an_error_with_a_line() -> None:
    error = read_pins("pyproject.toml", b'[project]\nname = "pytest\n')
    assert isinstance(error, FileError)
    assert error.line == 2


def test_files_without_a_mention_are_not_even_parsed() -> None:
    assert read_pins("pyproject.toml", b"[[[") == ()


def test_hatch_tox_and_pipfile() -> None:
    hatch = '[envs.test]\ndependencies = ["pytest-asyncio<0.22"]\n'
    assert put("hatch.toml", hatch) == hatch.replace("<0.22", NEW)
    tox = '[env.py]\ndeps = ["pytest-asyncio~=0.21"]\n'
    assert put("tox.toml", tox) == tox.replace("~=0.21", NEW)
    pipfile = (
        '[packages]\nx = "*"\n[dev-packages]\npytest-asyncio = "==0.21.1"  # why\n'
        'pytest = {version = "<8", markers = "python_version < \'4\'"}\n[requires]\n'
        'python_version = "3.8"\n'
    )
    assert told("Pipfile", pipfile) == [
        "pytest-asyncio ==0.21.1 exact dev-packages",
        "pytest <8 range dev-packages (python_version < '4')",
    ]
    assert put("Pipfile", pipfile) == pipfile.replace("==0.21.1", NEW)


# -- requirements -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("pytest-asyncio\n", "pytest-asyncio@\n"),
        ("x\r\nPytest_Asyncio >= 0.21 , <0.22\r\ny", "x\r\nPytest_Asyncio @\r\ny"),
        ("\N{BYTE ORDER MARK}pytest-asyncio==0.21.1", "\N{BYTE ORDER MARK}pytest-asyncio@"),
        ("pytest-asyncio[x]~=0.21 # x<2\n", "pytest-asyncio[x]@ # x<2\n"),
        (
            "pytest-asyncio (<0.22); python_version<'4' # why\n",
            "pytest-asyncio (@); python_version<'4' # why\n",
        ),
        (
            "pytest-asyncio<1 \\\n  ; python_version<'4'\n",
            "pytest-asyncio@ \\\n  ; python_version<'4'\n",
        ),
        ("# é\n  pytest-asyncio===0.21.1\t\n", "# é\n  pytest-asyncio@\t\n"),
    ],
)
def test_requirements(before: str, after: str) -> None:
    assert put("requirements-dev.txt", before) == after.replace("@", NEW)


def test_marker_and_comment_are_told_apart() -> None:
    text = 'pytest-asyncio<1; python_version < "3.9"  # old\n# pytest-asyncio==1\n-r x.txt\n'
    assert told("requirements.in", text) == [
        'pytest-asyncio <1 range python_version < "3.9"',
    ]


def test_hashes_repositories_addresses_and_compiled_files() -> None:
    hashed = "pytest-asyncio==0.21.1 \\\n    --hash=sha256:ab \\\n    --hash=sha256:cd\n"
    assert told("requirements.txt", hashed) == ["pytest-asyncio ==0.21.1 hashed"]
    remote = (
        "pytest-asyncio @ git+https://github.com/pytest-dev/pytest-asyncio@v0.21.1\n"
        "-e git+https://github.com/pytest-dev/pytest-asyncio.git@main#egg=pytest-asyncio\n"
        "git+https://github.com/pytest-dev/pytest-asyncio\n"
        "pytest-asyncio @ https://h/pytest_asyncio-0.21.1-py3-none-any.whl ; x == 'y'\n"
    )
    assert [pin.split(" ", 1)[1] for pin in told("requirements.txt", remote)] == [
        "v0.21.1 vcs",
        "main vcs",
        "vcs",
        "https://h/pytest_asyncio-0.21.1-py3-none-any.whl url",
    ]
    compiled = (
        "# This file is autogenerated by pip-compile with Python 3.11\npytest-asyncio==0.21.1\n"
    )
    assert told("requirements.txt", compiled) == ["pytest-asyncio ==0.21.1 lock"]


def test_utf_16_from_a_windows_shell() -> None:
    data = "pytest-asyncio==0.21.1\r\n".encode("utf-16")
    after = set_pins("requirements.txt", data, {0: "==1.5.0"})
    assert after == "pytest-asyncio==1.5.0\r\n".encode("utf-16")


def test_latin_1_stays() -> None:
    data = b"# caf\xe9\npytest-asyncio<1\n"
    assert set_pins("requirements.txt", data, {0: NEW}) == b"# caf\xe9\npytest-asyncio>=1.1\n"


# -- INI, Python, conda, lock files -----------------------------------------------------


def test_setup_cfg() -> None:
    text = (
        "[metadata]\nname = pytest-asyncio\n[options]\npython_requires = >=3.8\n"
        "install_requires =\n    x\n[options.extras_require]\ntest =\n    # why\n"
        "    pytest-asyncio>=0.21,<0.22 ; python_version > '3'\n\n    pytest\n"
        "one = pytest-asyncio<1\n"
    )
    assert told("setup.cfg", text) == [
        "python >=3.8 range options.python_requires",
        "pytest-asyncio >=0.21,<0.22 range options.extras_require.test python_version > '3'",
        "pytest any options.extras_require.test",
        "pytest-asyncio <1 range options.extras_require.one",
    ]
    after = text.replace(">=0.21,<0.22", NEW).replace("<1", NEW)
    assert put("setup.cfg", text) == after


def test_tox_ini_with_factors() -> None:
    text = (
        "[tox]\nenvlist = py\n[testenv]\ndeps = pytest-asyncio==0.21.1\n"
        "  py{38,39}-!x: pytest-asyncio<0.22\n  -r requirements.txt\n"
        "commands = pytest {posargs}\n"
    )
    assert put("tox.ini", text) == text.replace("==0.21.1", NEW).replace("<0.22", NEW)


def test_setup_py() -> None:
    text = (
        "from setuptools import setup\n\nEXTRAS = {'pytest-asyncio': ['pytest-asyncio']}\n"
        "setup(name='pytest-asyncio', keywords=['pytest-asyncio'], description='é', "
        'python_requires=">=3.8", tests_require=["é", "pytest-asyncio<0.22"],\n)\n'
    )
    assert told("setup.py", text) == [
        "pytest-asyncio any extras_require.pytest-asyncio",
        "python >=3.8 range python_requires",
        "pytest-asyncio <0.22 range tests_require",
    ]
    after = text.replace("['pytest-asyncio']}", "['pytest-asyncio>=1.1']}").replace("<0.22", NEW)
    assert put("setup.py", text) == after


def test_noxfile() -> None:
    text = (
        "@nox.session(name='pytest-asyncio')\ndef tests(session):\n"
        '    session.install("pytest", r"pytest-asyncio==0.21.1")\r\n'
        '    session.run("pytest", *session.posargs)\n'
        '    print("pytest-asyncio is there", "pytest-asyncio")\n'
    )
    assert put("noxfile.py", text) == text.replace("==0.21.1", NEW)


def test_strings_put_together_are_not_understood() -> None:
    for source in (
        'f"pytest-asyncio=={VERSION}"',
        '"pytest-asyncio" ">=0.21"',
        '"pytest-asyncio==" + VERSION',
    ):
        text = f"session.install({source})\n"
        assert told("noxfile.py", text)[0].split()[-1] == "other", source
        with pytest.raises(PinsError):
            set_pins("noxfile.py", text.encode(), {0: NEW})


def test_conda_environment() -> None:
    text = (
        "name: x\nchannels:\n  - pytest-asyncio\ndependencies:\n  - python=3.9\n"
        "  - pytest-asyncio=0.21  # why\n  - conda-forge::pytest-asyncio 0.21.*\n"
        '  - "pytest-asyncio>=0.21,<0.22"\n  - pytest-asyncio\n  - pip:\n'
        "    - 'pytest-asyncio==0.21.1'\n    - pytest-asyncio<1 # why\n  - pytest=7.4.4=py_0\n"
        "variables:\n  - pytest-asyncio\n"
    )
    assert told("environment.yml", text) == [
        "pytest-asyncio =0.21 range dependencies",
        "pytest-asyncio 0.21.* range dependencies",
        "pytest-asyncio >=0.21,<0.22 range dependencies",
        "pytest-asyncio any dependencies",
        "pytest-asyncio ==0.21.1 exact dependencies.pip",
        "pytest-asyncio <1 range dependencies.pip",
        "pytest =7.4.4=py_0 exact dependencies",
    ]
    assert put("environment.yml", text) == (
        "name: x\nchannels:\n  - pytest-asyncio\ndependencies:\n  - python=3.9\n"
        "  - pytest-asyncio>=1.1  # why\n  - conda-forge::pytest-asyncio >=1.1\n"
        '  - "pytest-asyncio>=1.1"\n  - pytest-asyncio>=1.1\n  - pip:\n'
        "    - 'pytest-asyncio>=1.1'\n    - pytest-asyncio>=1.1 # why\n  - pytest=7.4.4=py_0\n"
        "variables:\n  - pytest-asyncio\n"
    )


def test_conda_list_without_indentation_and_crlf() -> None:
    text = "dependencies:\r\n- pytest-asyncio=0.21.1\r\n- pip:\r\n  - pytest-asyncio<1\r\n"
    assert put("environment-dev.yaml", text) == text.replace("=0.21.1", NEW).replace("<1", NEW)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", '[[package]]\nname = "pytest-asyncio"\nversion = "0.21.1"\n'),
        ("poetry.lock", '[[package]]\r\nname = "pytest-asyncio"\r\nversion = "0.21.1"\r\n'),
        ("pdm.lock", '[[package]]\nname = "pytest-asyncio"\nversion = "0.21.1"\n'),
        ("Pipfile.lock", '{"develop": {"pytest-asyncio": {\n "version": "==0.21.1"}}}'),
    ],
)
def test_lock_files(path: str, text: str) -> None:
    (pin,) = pins_of(path, text)
    assert (pin.versions, pin.kind) == (("==0.21.1",), Kind.LOCK)
    with pytest.raises(PinsError):
        set_pins(path, text.encode(), {0: NEW})


# -- writing, names ---------------------------------------------------------------------


def test_what_cannot_stand_there_is_refused() -> None:
    data = b'[project]\ndependencies = ["pytest-asyncio<1"]\n'
    for bad in ('"', ">=1.1; x", "#", "-y"):
        with pytest.raises(PinsError):
            set_pins("pyproject.toml", data, {0: bad})


def test_which_files_are_pin_files() -> None:
    yes = (
        "requirements.txt", "requirements-dev.in", "ci/test_requirements.txt", "constraints.txt",
        "requirements/test.txt", "requirements/ci/x-requirements.txt", "pyproject.toml",
        "sub/pyproject.toml", "setup.cfg", "setup.py", "tox.ini", "pytest.ini", "noxfile.py",
        "environment.yml",
        "conda/environment-dev.yaml", "Pipfile", "Pipfile.lock", "poetry.lock", "uv.lock",
        "pdm.lock", "pylock.toml", "hatch.toml", "docker-compose.yml", "meta.yaml",
        "recipe/recipe.yaml", ".github/workflows/ci.yml", ".github/workflows/ci-requirements.txt",
        ".gitlab-ci.yml", ".circleci/config.yml", "azure-pipelines.yml", ".travis.yml",
        "docker/Dockerfile", "test.dockerfile", "Makefile", "justfile", "scripts/ci.sh",
        ".pre-commit-config.yaml", "requirements-dev.lock", "pixi.lock", "conda-lock.yml",
        "docker/Dockerfile.ci", ".devcontainer/Dockerfile-dev", "conda/py311.conda-lock.yml",
    )  # fmt: skip
    no = (
        "readme.txt", "tests/data/requirements.txt", "tests/fixtures/pyproject.toml",
        "{{cookiecutter.name}}/setup.py", "conftest.py", "requirements/notes.md",
        "mkdocs.yml", "openapi.yaml", "Dockerfiles.txt", "lock.yml",
    )  # fmt: skip
    passed_over = [path for path in yes if not may_declare(basename(path))]
    assert [path for path in passed_over if not path.endswith(".py")] == []
    assert [path for path in yes if not is_pin_file(path)] == []
    assert [path for path in no if is_pin_file(path)] == []
