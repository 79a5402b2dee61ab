"""LS106: an event_loop_policy becomes loop factories."""

from __future__ import annotations

from textwrap import dedent, indent

import pytest

from tests.suites_in_memory import AUTO, after, messages, migrate_files

TESTS = "async def test_one():\n    pass\n"
MODERN = AUTO + "asyncio_default_fixture_loop_scope = function\n"


def policy(decorator: str, value: str) -> str:
    body = f"def event_loop_policy(request):\n    return {value}\n"
    return (
        f"import asyncio\n\nimport pytest\nimport uvloop\n\n\n@pytest.fixture{decorator}\n{body}"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (policy('(scope="session")', "uvloop.EventLoopPolicy()"),
         '    return {"uvloop": uvloop.new_event_loop}\n'),
        (policy("(params=[asyncio.DefaultEventLoopPolicy(), uvloop.EventLoopPolicy()],"
                ' ids=["asyncio", "uvloop"])', "request.param"),
         '    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}\n'),
    ],
)  # fmt: skip
def test_policy_of_a_modern_suite_becomes_factories(text: str, expected: str) -> None:
    files = {"pytest.ini": MODERN, "conftest.py": text, "test_x.py": TESTS}
    assert after(files)["conftest.py"].endswith(
        f"def pytest_asyncio_loop_factories():\n{expected}"
    )


@pytest.mark.parametrize(
    "body",
    [
        "import asyncio\n\n    return asyncio.get_event_loop_policy()",
        "from asyncio import DefaultEventLoopPolicy\n\n    yield DefaultEventLoopPolicy()",
    ],
)
def test_the_default_policy_of_a_local_import_is_deleted(body: str) -> None:
    text = f"import pytest\n\n\n@pytest.fixture\ndef event_loop_policy():\n    {body}\n"
    files = {"pytest.ini": MODERN, "conftest.py": f"import os\n{text}", "test_x.py": TESTS}
    assert after(files)["conftest.py"] == "import os\n"


BRANCHES = {
    "a policy by the platform": (
        """\
        if os.name == "nt":
            # The proactor loop crashes.
            return asyncio.WindowsSelectorEventLoopPolicy()
        return asyncio.DefaultEventLoopPolicy()
        """,
        """\
        if os.name == "nt":
            # The proactor loop crashes.
            return asyncio.SelectorEventLoop()
        return asyncio.new_event_loop()
        """,
    ),
    "else and elif": (
        """\
        if os.name == "nt":
            return asyncio.WindowsProactorEventLoopPolicy()
        elif os.environ.get("PLAIN"):
            return asyncio.get_event_loop_policy()
        else:
            return Policy("fast")
        """,
        """\
        if os.name == "nt":
            return asyncio.ProactorEventLoop()
        if os.environ.get("PLAIN"):
            return asyncio.new_event_loop()
        return Policy("fast").new_event_loop()
        """,
    ),
    "if it is installed": (
        """\
        try:
            import uvloop
        except ImportError:
            return asyncio.DefaultEventLoopPolicy()  # slow
        return uvloop.EventLoopPolicy()
        """,
        """\
        try:
            import uvloop
        except ImportError:
            return asyncio.new_event_loop()  # slow
        return uvloop.new_event_loop()
        """,
    ),
    "a local import": (
        """\
        import uvloop

        return uvloop.EventLoopPolicy()
        """,
        """\
        import uvloop
        return uvloop.new_event_loop()
        """,
    ),
}
HEAD = "import asyncio\nimport os\n\nimport pytest\nfrom app import Policy\n\n\n"


@pytest.mark.parametrize("name", BRANCHES)
def test_policy_with_branches_becomes_a_function_with_the_same(name: str) -> None:
    body, expected = (indent(dedent(text), "    ") for text in BRANCHES[name])
    text = f'{HEAD}@pytest.fixture\ndef event_loop_policy():\n    """One."""\n{body}'
    files = {"pytest.ini": MODERN, "conftest.py": text, "test_x.py": TESTS}
    assert "action" not in " ".join(messages(migrate_files(files)))
    assert (
        f"def new_event_loop():\n{expected}\n\ndef pytest_asyncio" in after(files)["conftest.py"]
    )


@pytest.mark.parametrize(
    "body",
    [
        "if os.name:\n        return Policy()",  # else None
        "if os.name:\n        os.fork()\n    return Policy()",
        "policy = Policy()\n    return policy",
        "return Policies().of(os.name), 1",
    ],
)
def test_policy_that_is_not_read_is_a_finding(body: str) -> None:
    text = f"{HEAD}@pytest.fixture\ndef event_loop_policy():\n    {body}\n"
    files = {"pytest.ini": MODERN, "conftest.py": text, "test_x.py": TESTS}
    assert "conftest.py:9 LS106 action" in messages(migrate_files(files))


def test_policy_with_params_made_elsewhere_is_a_finding() -> None:
    files = {
        "pytest.ini": MODERN,
        "conftest.py": policy("(params=POLICIES)", "request.param"),
        "test_x.py": TESTS,
    }
    found = migrate_files(files)
    assert "conftest.py:8 LS106 action" in messages(found)


HOOK = "import asyncio\nimport sys\n\n\ndef pytest_asyncio_loop_factories(config, item):\n"
DICT = '{"selector": asyncio.SelectorEventLoop}'


def hooked(body: str, **more: str) -> list[str]:
    files = {"pytest.ini": MODERN, "sub/test_x.py": TESTS, "conftest.py": HOOK + body, **more}
    return messages(migrate_files(files))


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (f"    if sys.platform != 'win32':\n        return None\n    return {DICT}\n", 7),
        (f"    if sys.platform != 'win32':\n        return\n    return {DICT}\n", 7),
        (f"    if sys.platform == 'win32':\n        return {DICT}\n", 5),
        (f"    return {DICT} if sys.platform == 'win32' else None\n", 6),
        (f"    return {DICT} if sys.platform == 'win32' else {{}}\n", 6),
        (f"    return sys.platform == 'win32' and {DICT} or None\n", 6),
        (f"    found = None\n    if item.name:\n        found = {DICT}\n    return found\n", 9),
        (f"    try:\n        return {DICT}\n    except ImportError:\n        pass\n", 5),
        ("    return [asyncio.new_event_loop]\n", 6),
    ],
)
def test_hook_with_a_path_that_gives_no_factory(body: str, line: int) -> None:
    assert hooked(body) == [f"conftest.py:{line} LS106 action"]


@pytest.mark.parametrize(
    "body",
    [
        f"    if item.name:\n        return {DICT}\n    else:\n        return {DICT}\n",
        "    found = {}\n    found['a'] = asyncio.new_event_loop\n    return found\n",
        f"    found = None\n    if item.name:\n        found = {DICT}\n    else:\n"
        f"        found = {DICT}\n    return found\n",
        f"    try:\n        return {DICT}\n    except ImportError:\n        raise\n",
        f"    match sys.platform:\n        case 'win32':\n            return {DICT}\n"
        f"        case _:\n            return {DICT}\n",
        "    def make():\n        return None\n    return {'made': make}\n",
        f"    return made(config) or {DICT}\n",
    ],
)
def test_hook_that_always_gives_a_factory(body: str) -> None:
    assert not hooked(body)


def test_hook_without_a_result_leaves_it_to_the_one_above() -> None:
    nothing = f"{HOOK}    return None\n"
    assert not hooked(f"    return {DICT}\n", **{"sub/conftest.py": nothing})
    assert hooked("    return None\n", **{"sub/conftest.py": f"{HOOK}    return {DICT}\n"}) == [
        "conftest.py:6 LS106 action"
    ]


def test_hook_in_a_test_module_counts_for_nothing() -> None:
    assert not hooked(f"    return {DICT}\n", **{"test_y.py": f"{HOOK}    return None\n"})


_OWN = (
    "import asyncio, pytest\n\n\nclass Eager(asyncio.DefaultEventLoopPolicy):\n"
    "    def new_event_loop(self):\n        loop = super().new_event_loop()\n"
    "        loop.set_task_factory(asyncio.eager_task_factory)\n        return loop\n\n\n"
    "@pytest.fixture(scope='session')\ndef event_loop_policy():\n    return {}\n"
)
_DEFAULT = (
    "import asyncio, pytest\n\n\n@pytest.fixture{}\ndef event_loop_policy({}):\n"
    "    return asyncio.DefaultEventLoopPolicy()\n\n\nasync def test_own({}): ...\n"
)


@pytest.mark.parametrize("inner", ["test_b.py", "b/test_b.py", "in a class"])
@pytest.mark.parametrize("scope", ["", "(scope='session')"])
def test_default_policy_that_hides_another_stays(inner: str, scope: str) -> None:
    """Without it its tests would be on the loops of the other: LS390 said so of a suite on 1.x.

    Those that LS101 writes are of the scope of the session.
    """
    text = _DEFAULT.format(scope, "", "")
    if inner == "in a class":
        head, _, body = _DEFAULT.format(scope, "self", "self").partition("\n\n\n")
        text = f"{head}\n\n\nclass TestIt:\n" + indent(body, "    ")
    path = "test_b.py" if inner == "in a class" else inner
    files = {
        "pytest.ini": "[pytest]\nasyncio_mode = auto\n"
        "asyncio_default_fixture_loop_scope = function\n",
        "requirements.txt": "pytest-asyncio>=1.2\n",
        "conftest.py": _OWN.format("Eager()"),
        "test_a.py": "async def test_a(): ...\n",
        path: text,
    }
    migration = migrate_files(files)
    assert not migration.changes
    actions = [one.split(":")[0] for one in messages(migration) if one.endswith("LS106 action")]
    assert actions == ([] if scope else [path])
    notes = [one.split(":")[0] for one in messages(migration) if one.endswith("LS106 note")]
    assert sorted((*actions, *notes)) == sorted([path, "conftest.py"])
    assert not any("LS390" in one for one in messages(migration))


@pytest.mark.parametrize(
    ("loop_scope", "hook", "level"),
    [
        ("module", "", "note"),
        ("session", "", "action"),
        ("module", f"{HOOK}    return {DICT}\n", "action"),
    ],
)
def test_a_policy_of_a_module_decides_alone(loop_scope: str, hook: str, level: str) -> None:
    mark = f"\n\npytestmark = pytest.mark.asyncio(loop_scope={loop_scope!r})\n"
    files = {
        "pytest.ini": "[pytest]\nasyncio_mode = auto\n"
        "asyncio_default_fixture_loop_scope = function\n",
        "requirements.txt": "pytest-asyncio>=1.2\n",
        "conftest.py": hook,
        "test_a.py": _OWN.format("Eager()") + f"{mark}\nasync def test_a(): ...\n",
        "test_b.py": f"import pytest{mark}\nasync def test_b(): ...\n",
    }
    found = messages(migrate_files(files))
    assert [one.split()[-1] for one in found if "LS106" in one] == [level]


def test_default_policy_that_hides_a_default_one_goes_with_it() -> None:
    files = {
        "pytest.ini": "[pytest]\nasyncio_mode = auto\n"
        "asyncio_default_fixture_loop_scope = function\n",
        "requirements.txt": "pytest-asyncio>=1.2\n",
        "conftest.py": _DEFAULT.format("(scope='session')", "", ""),
        "test_b.py": _DEFAULT.format("", "", ""),
    }
    changed = after(files)
    assert not any("policy" in text for text in changed.values())


@pytest.mark.parametrize(
    "sync",
    [
        "def test_sync(event_loop):\n    event_loop.call_soon(print)\n",
        "@pytest.fixture\ndef job(event_loop):\n    return event_loop.time\n\n\n"
        "def test_sync(job):\n    assert job()\n",
    ],
)
def test_policy_stays_for_a_sync_test_that_a_bridge_will_serve(sync: str) -> None:
    policy = "import pytest\nimport uvloop\n\n\n@pytest.fixture(scope='session')\n"
    policy += "def event_loop_policy():\n    return uvloop.EventLoopPolicy()\n"
    asked = "import pytest\n\n\nasync def test_async(event_loop): ...\n\n\n"
    files = {
        "pytest.ini": AUTO,
        "requirements.txt": "pytest-asyncio==0.23.8\n",
        "conftest.py": policy,
        "test_a.py": asked + sync,
    }
    for _ in range(2):
        found = [one for one in migrate_files(files).findings if one.code == "LS106"]
        assert [one.level.value for one in found] == ["note"]
        files = after(files)
        assert (
            "def event_loop_policy():\n    return uvloop.EventLoopPolicy()" in files["conftest.py"]
        )
