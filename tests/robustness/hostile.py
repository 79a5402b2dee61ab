"""Some two hundred files that are made to hang, to crash or to take all memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

Files = Mapping[str, bytes]

TEST = "async def test_x(event_loop): ...\n"
N = 60_000


def inputs() -> Iterator[tuple[str, Files]]:
    """Yield names with the files of a suite each."""
    for make in (_toml, _ini, _declarations, _ignore_files, _python, _entries):
        for name, files in make():
            yield name, {path: text.encode() for path, text in files.items()}


Named = Iterator[tuple[str, dict[str, str]]]


def _toml() -> Named:
    texts = {
        "arrays": "x = " + "[" * 3000,
        "closed arrays": "x = " + "[" * 3000 + "]" * 3000 + "\n",
        "inline tables": "x = " + "{a = " * 3000,
        "dotted key": ".".join("a" * 30_000) + " = 1\n",
        "dotted table": "[" + ".".join("a" * 30_000) + "]\n",
        "many tables": "".join(f"[t{n}]\nx = 1\n" for n in range(10_000)),
        "long string": f'x = "{"a" * 900_000}"\n',
        "open string": f'x = """{"a" * N}',
        "escapes": 'x = "' + '\\"' * N + "\n",
        "huge number": f"x = {'9' * N}\n",
        "blanks": f"x ={' ' * N}1\n",
        "NUL": "x = 1\0\n",
        "keys of a deep table": f"[{'a.' * 900}a]\n" + "".join(f"{n:x} = 1\n" for n in range(N)),
    }
    values = {
        "hexadecimal": f"x = 0x{'f' * N}\n",
        "deep": f"[tool.pytest.ini_options.{'a.' * 900}a]\n{'b.' * 900}b = 1\n",
        "long": "x = [" + "1, " * 4_000_000 + "]\n",
        "line ends": "\n" * 12_000_000,
        "tables": "".join(f"[{n:x}{'.a' * 15}]\n" for n in range(300_000)),
    }
    for name, text in values.items():
        table = f"[tool.pytest.ini_options]\n{text}# pytest-asyncio\n"
        yield f"value {name}", {"pyproject.toml": table}
    yield "setting", {"pyproject.toml": f"[tool.loopscope]\nselect = 0x{'f' * N}\n"}
    tail = '\n[tool.loopscope]\nx = "pytest-asyncio"\n'
    for place in ("pyproject.toml", "pytest.toml", "tox.toml", "Pipfile", "poetry.lock"):
        for name, text in texts.items():
            yield f"{place} {name}", {place: "# loopscope pytest-asyncio\n" + text}
    for name, text in texts.items():
        yield f"table {name}", {"pyproject.toml": tail + text}
    for name, text in (
        ("arrays", "[" * 100_000),
        ("objects", '{"a":' * 100_000),
        ("NUL", "\0" * N),
    ):
        table = '[tool.loopscope]\ntrace = "legacy.jsonl"\n'
        yield f"trace {name}", {"legacy.jsonl": text, "pyproject.toml": table}


def _ini() -> Named:
    texts = {
        "options": "addopts = " + "-o a=b " * 50_000,
        "open quote": "addopts = '" + "a " * N,
        "blanks": f"addopts = -p{' ' * N}x",
        "many options": "".join(f"a{n} = 1\n" for n in range(20_000)),
        "many sections": "".join(f"[a{n}]\n" for n in range(20_000)),
        "continued": "addopts =\n" + "    -p x\n" * 20_000,
        "patterns": "python_files = " + " ".join(f"test_{n}*.py" for n in range(10_000)),
        "stars": f"python_files = {'*a' * 12}*b.py\npython_classes = {'*a' * 12}*b",
        "filters": "filterwarnings =\n" + "    error::a:b:c\n" * 10_000,
        "folders": "testpaths = " + "a " * 20_000,
    }
    for place, header in (("pytest.ini", "[pytest]\n"), ("setup.cfg", "[tool:pytest]\n")):
        for name, text in texts.items():
            yield f"{place} {name}", {place: f"{header}{text}\n"}
    tox = {
        "braces": "[tox]\nenvlist = " + "{a,b}" * 30,
        "more braces": "[tox]\nenvlist = py{38,39}-" + "{a,b,c,d,e,f}" * 12,
        "open braces": "[tox]\nenvlist = " + "{a," * 5000,
        "ranges": "[tox]\nenvlist = " + "{1-99}" * 9,
        "separators": "[tox]\nenvlist = " + ", " * N,
        "circle": "[testenv]\ndeps = {[testenv]deps}\n    pytest-asyncio",
        "circles": "".join(
            f"[testenv:a{n}]\ndeps =\n    {{[testenv:a{(n + 1) % 9}]deps}}\n"
            f"    {{[testenv:a{(n + 2) % 9}]deps}}\n    pytest-asyncio\n"
            for n in range(9)
        ),
        "factors": "[testenv]\ndeps =\n" + "    a-b-c,d: pytest-asyncio\n" * 3000,
        "conditions": f"[testenv]\ndeps =\n    {'{a,b}-' * 20}c: pytest-asyncio\n",
    }
    for name, text in tox.items():
        yield f"tox.ini {name}", {"tox.ini": f"{text}\n# pytest-asyncio\n"}


def _declarations() -> Named:
    lines = {
        "blanks": f"pytest-asyncio{' ' * N}x",
        "blanks before a marker": f"pytest-asyncio==0.21;{' ' * N}",
        "blanks in a marker": f"pytest-asyncio==0.21; python_version{' ' * N}< '3'",
        "parentheses": f"pytest-asyncio; {'(' * 20_000}",
        "closed parentheses": f"pytest-asyncio; {'(' * 5000}python_version<'3'{')' * 5000}",
        "extras": f"pytest-asyncio[{'a,' * 20_000}]==0.21",
        "versions": f"pytest-asyncio{'==0.21,' * 9000}",
        "operators": f"pytest-asyncio{'=' * N}",
        "backslashes": "pytest-asyncio " + "\\\n" * 30_000,
        "comment": f"pytest-asyncio==0.21  # {'event loop ' * 6000}",
        "hash signs": f"pytest-asyncio==0.21 {'#' * N}",
        "quotes": "pytest-asyncio" + "\"'" * 20_000,
        "many": "pytest-asyncio==0.21\n" * 3000,
        "comments above": "# pinned since 0.21\n" * 5000 + "pytest-asyncio==0.21",
    }
    forms: dict[str, Callable[[str], str]] = {
        "requirements.txt": lambda text: text,
        "pyproject.toml": lambda text: f"[project]\nname = 'x'\ndependencies = ['''{text}''']\n",
        "environment.yml": lambda text: f"dependencies:\n  - pip:\n    - {text}\n  - {text}\n",
        ".github/workflows/x.yml": lambda text: f"jobs:\n  a:\n    run: pip install {text}\n",
        "Dockerfile": lambda text: f"RUN pip install {text}\n",
        "setup.py": lambda text: (
            f"from setuptools import setup\nsetup(install_requires=[{text!r}])\n"
        ),
        "setup.cfg": lambda text: f"[options]\ninstall_requires =\n    {text}\n",
    }
    for place, form in forms.items():
        for name, text in lines.items():
            yield f"{place} {name}", {place: form(text)}
    yield "requirements.txt circle", {"requirements.txt": "-r requirements.txt\n" * 500}
    doubles = {
        f"requirements{n or ''}.txt": f"-r requirements{n + 1}.txt\n" * 2 + "pytest-asyncio\n"
        for n in range(40)
    }
    yield "requirements.txt doubles", doubles


def _ignore_files() -> Named:
    long_name = "a" * 120
    lines = {
        "stars": "*a" * 12 + "*b",
        "many stars": "*a" * 100_000 + "*b",
        "double stars": "**/" * 50_000 + "b",
        "brackets": "[" * 100_000,
        "classes": "[a-" * 50_000 + "]",
        "many": "\n".join(f"gen_{n}/*.tmp{n}" for n in range(60_000)),
        "many stars in many": "\n".join(f"*{n}*a*" for n in range(20_000)),
        "backslashes": "\\" * N,
    }
    for name, text in lines.items():
        git = {".git/HEAD": "ref: refs/heads/main\n", f"{long_name}/test_x.py": TEST}
        yield f".gitignore {name}", {".gitignore": text + "\n", **git}
    table = f'[tool.loopscope]\nexclude = ["{"*a" * 12}*b"]\n'
    yield "exclude stars", {"pyproject.toml": table, f"{long_name}/test_x.py": TEST}


def _python() -> Named:
    texts = {
        "open brackets": f"def a{'[' * N}",
        "subscripts": f"){'a[' * N}",
        "parentheses": f"x = {'(' * 5000}{')' * 5000}",
        "lists": f"x = {'[' * 150}{']' * 150}",
        "unary": f"x = {'-' * N}1",
        "not": f"x = {'not ' * 5000}1",
        "lambdas": f"x = {'lambda: ' * 2000}0",
        "attributes": f"x = {'.'.join('a' * 20_000)}",
        "calls": f"x = a{'()' * 20_000}",
        "terms": f"x = {'1 + ' * 20_000}1",
        "ands": f"x = {'a and ' * 20_000}a",
        "ands in a test": f"async def test_a(event_loop):\n    assert {'a and ' * 20_000}a",
        "comparisons": f"x = {'a < ' * 20_000}a",
        "strings": "x = " + "'a' " * 20_000,
        "import": f"from {'.'.join('a' * 100_000)} import event_loop",
        "import with blanks": f"import {' . '.join('a' * 30_000)}",
        "star imports": "from a import *\n" * 3000,
        "relative": f"from {'.' * N} import event_loop",
        "elif": "if a: pass\n" + "elif a: pass\n" * 2000,
        "nested ifs": "".join("    " * n + "if a:\n" for n in range(99)) + "    " * 99 + "pass\n",
        "classes": "class A0: pass\n"
        + "".join(f"class A{n}(A{n - 1}): pass\n" for n in range(1, 1000))
        + "class TestA(A999):\n    async def test_a(self, event_loop): ...\n",
        "chain": "class TestA0:\n    async def test_0(self, event_loop): ...\n"
        + "".join(
            f"class TestA{n}(TestA{n - 1}):\n    async def test_{n}(self, event_loop): ...\n"
            for n in range(1, 90)
        ),
        "diamonds": "class A0:\n    async def test_0(self, event_loop): ...\n"
        + "".join(
            f"class L{n}(A{n}): pass\nclass R{n}(A{n}): pass\nclass A{n + 1}(L{n}, R{n}): pass\n"
            for n in range(40)
        )
        + "class TestA(A40): pass\n",
        "circle of classes": "class TestA(TestB): pass\nclass TestB(TestA): pass\n",
        "fixtures": "import pytest\n"
        + "".join(
            f"@pytest.fixture\nasync def f{n}("
            + ", ".join(f"f{m}" for m in range(max(0, n - 9), n))
            + "): ...\n"
            for n in range(400)
        )
        + "async def test_f(f399, event_loop): ...\n",
        "circle of fixtures": "import pytest\n@pytest.fixture\nasync def a(b): ...\n"
        "@pytest.fixture\nasync def b(a): ...\nasync def test_a(a, event_loop): ...\n",
        "marks": "import pytest\nv0 = [pytest.mark.asyncio]\n"
        + "".join(f"v{n} = [v{n - 1}, *v{n - 1}]\n" for n in range(1, 45))
        + "pytestmark = v44\n",
        "texts": "v0 = 'event_loop'\n"
        + "".join(f"v{n} = v{n - 1} + v{n - 1}\n" for n in range(1, 45))
        + "import pytest\n@pytest.mark.usefixtures(v44)\nasync def test_v(): ...\n",
        "wide texts": "import pytest\nv = '%999999999d' % 1\nw = '{:>999999999}'.format(1)\n"
        "@pytest.mark.usefixtures(v, w)\nasync def test_v(): ...\n",
        "power": "x = 9 ** 9 ** 9 ** 9\ny = 'a' * 10 ** 12\n",
        "tests": "".join(f"async def test_{n}(event_loop): ...\n" for n in range(1500)),
        "arguments": f"async def test_a({', '.join(f'a{n}' for n in range(5000))}): ...\n",
        "decorators": "@a\n" * 5000 + "async def test_a(event_loop): ...\n",
        "parameters": "import pytest\n"
        + "".join(f"@pytest.mark.parametrize('a{n}', range(99))\n" for n in range(200))
        + "async def test_a(event_loop): ...\n",
        "usefixtures": "import pytest\n@pytest.mark.usefixtures("
        + "'event_loop', " * 5000
        + ")\nasync def test_a(): ...\n",
        "plugins": "pytest_plugins = [" + "'a', " * 5000 + "]\n",
        "overrides": "import asyncio, pytest\n"
        + "@pytest.fixture\ndef event_loop():\n    yield asyncio.new_event_loop()\n" * 300,
        "docstring": f'def test_a():\n    """event_loop{" " * N}"""\n',
        "documented": 'async def test_a(event_loop):\n    """'
        + ":param event_loop " * 5000
        + '"""\n',
        "ignore": f"# loopscope: ignore[{'A,' * N}\n",
        "noqa": f"x = 1  # noqa{' ' * N}x\n",
        "comments": "# event_loop\n" * 20_000,
        "blank lines": "\n" * 500_000,
        "carriage returns": "#\r" * 50_000,
        "continued": "x = \\\n" * 20_000,
        "form feeds": "\f" * N,
        "NUL": "x = 1\0",
        "cookie": "# -*- coding: no-such-encoding -*-\n",
        "another cookie": f"# -*- coding: {'a' * N} -*-\n",
        "hooks": "import pytest\ndef pytest_collection_modifyitems(items):\n"
        + "    for item in items:\n        item.add_marker(pytest.mark.asyncio)\n" * 500,
        "conditions": "import sys\n"
        + "".join(f"if sys.x > {n}:\n    def event_loop(): ...\n" for n in range(1000)),
        "f-strings": "x = f'" + "{a}" * 10_000 + "'\n",
        "nested functions": "".join("    " * n + "def a():\n" for n in range(80))
        + "    " * 80
        + "event_loop\n",
        "loops": "import asyncio\n"
        + "".join(f"def a{n}(): a{n - 1}()\n" for n in range(1, 800))
        + "def a0(): asyncio.get_event_loop()\ndef test_a(event_loop): a799()\n",
    }
    for name, text in texts.items():
        yield f"test_x.py {name}", {"test_x.py": f"# event_loop\n{text}\n"}
        if "event_loop" in text:
            yield f"conftest.py {name}", {"conftest.py": f"{text}\n", "test_y.py": TEST}


def _entries() -> Named:
    name = ".loopscope-unfinished"
    for kind, text in (("deep", "[" * 100_000), ("text", "x"), ("lines", "x\n" * N)):
        yield f"{name} {kind}", {name: text}
    yield "deep folders", {"a/" * 400 + "test_x.py": TEST}
    yield "many folders", {f"a{n}/test_x.py": TEST for n in range(300)}
    yield "many suites", {f"a{n}/pytest.ini": "[pytest]\n" for n in range(1000)}
