"""LS315: values that are used on another loop than their own."""

from __future__ import annotations

import pytest

from loopscope.types import Target
from tests.rules.reported import HEAD
from tests.suites_in_memory import after, messages, migrate_files

SESSION = "[pytest]\nasyncio_mode = auto\nasyncio_default_fixture_loop_scope = session\n"
STRICT = "[pytest]\nasyncio_default_fixture_loop_scope = session\n"
BOTH = SESSION + "asyncio_default_test_loop_scope = session\n"


def suite(fixture: str, test: str, ini: str = SESSION, **more: str) -> dict[str, str]:
    """Make a suite of one module with HEAD, a fixture and a test."""
    files = {"pytest.ini": ini, "test_a.py": f"{HEAD}{fixture}\n\n{test}"}
    return {**files, **{name.replace("__", "."): text for name, text in more.items()}}


def gives(value: str, scope: str = "session") -> str:
    return f'@pytest_asyncio.fixture(scope="{scope}")\nasync def conn():\n    yield {value}\n'


AWAITS = "async def test_a(conn):\n    await conn.get()\n"
READS = "async def test_a(conn):\n    assert conn\n"
MENTIONS = "async def test_a(conn):\n    assert conn is not ...\n    conn.do()\n"
PASSES = "async def test_a(conn):\n    await use(conn)\n"


def repaired(files: dict[str, str]) -> bool:
    """Whether the default for tests is set, and nothing is left for another run."""
    migration = migrate_files(files)
    codes = {edit.code for change in migration.changes for edit in change.edits}
    assert not [text for text in messages(migration) if "action" in text]
    if codes:
        assert codes == {"LS315"}
        assert after(files)["pytest.ini"] == BOTH
        again = migrate_files(after(files))
        assert not again.changes
        assert not again.findings
    else:
        assert messages(migration) == ["test_a.py:11 LS315 note"]
    return bool(codes)


# -- what belongs to a loop -------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "asyncio.get_running_loop()",
        "asyncio.Lock()",
        "asyncio.create_task(asyncio.sleep(1))",
        "asyncio.get_running_loop().create_future()",
        "[asyncio.Event()]",
        '{"queue": asyncio.Queue()}',
        "await asyncio.wait_for(asyncio.open_connection(), 1)",
    ],
)
def test_objects_of_asyncio(value: str) -> None:
    assert repaired(suite(gives(value), MENTIONS))


@pytest.mark.parametrize("test", [AWAITS, MENTIONS, PASSES])
@pytest.mark.parametrize(
    "value",
    [
        "", "None", "1", '"text"', 'f"{1}"', "[1, 2]", '{"a": 1}', "str(1)", "(1, 2)",
        'pathlib.Path("x")', "uuid.uuid4()", "os.getpid()", "unittest.mock.AsyncMock()",
    ],
)  # fmt: skip
def test_plain_values(value: str, test: str) -> None:
    imports = "import os\nimport pathlib\nimport unittest.mock\nimport uuid\n"
    files = suite(gives(value), test)
    files["test_a.py"] = files["test_a.py"].replace("import pytest\n", imports, 1)
    files["test_a.py"] = files["test_a.py"].replace(imports, f"{imports}import pytest\n", 1)
    migration = migrate_files(files)
    assert not migration.changes
    assert [text.split(" ", 1)[1] for text in messages(migration)] == ["LS315 note"]


@pytest.mark.parametrize("value", ["httpx.AsyncClient()", "await create_pool()", "make.session()"])
def test_what_is_called_a_client(value: str) -> None:
    assert repaired(suite(gives(value), AWAITS))
    assert repaired(suite(gives(value), PASSES))
    assert not repaired(suite(gives(value), MENTIONS))


def test_what_is_not_known_belongs_to_a_loop_where_it_is_awaited() -> None:
    assert repaired(suite(gives("await thing()"), AWAITS))
    assert not repaired(suite(gives("await thing()"), PASSES))
    assert not repaired(suite(gives("await thing()"), MENTIONS))


@pytest.mark.parametrize(
    "use",
    [
        "async with conn as c:\n        pass",
        "async with conn.begin():\n        pass",
        "async for row in conn.rows():\n        pass",
        "[row async for row in conn]",
        "await asyncio.gather(conn.get(), conn.get())",
        "asyncio.create_task(conn.get())",
        "client = conn.client\n    await client.get()",
        "with conn.open() as c:\n        await c.get()",
        "first, second = conn\n    await first.get()",
    ],
)
def test_ways_to_await(use: str) -> None:
    assert repaired(suite(gives("thing()"), f"async def test_a(conn):\n    {use}\n"))


@pytest.mark.parametrize(
    ("use", "bound"),
    [
        ("both = (conn, 1)\n    await both[0].get()", True),
        ("for one in [conn]:\n        await one.get()", True),
        ('box = {"inner": conn}\n    box["inner"].put_nowait(1)', True),
        ("first = [conn][0]\n    first.put_nowait(1)", True),
        ("box = SimpleNamespace(inner=conn)\n    await box.inner.get()", True),
        ("assert conn.loop is asyncio.get_running_loop()", True),
        ("helper(conn.loop)", True),
        ("helper.loop = conn.loop", True),
        ("assert conn.maxsize == other.size", False),
        ("both = (conn, 1)\n    assert both[0].empty()", False),
        ("first, second = conn\n    assert first.empty()", False),
        ("helper(conn.maxsize)", False),
    ],
)
def test_ways_to_use_what_holds_the_value(use: str, bound: bool) -> None:
    test = f"async def test_a(conn):\n    {use}\n"
    assert repaired(suite(gives("asyncio.Queue()"), test)) is bound


@pytest.mark.parametrize(
    "value", ["conn", "[conn]", '{"inner": conn}', "SimpleNamespace(inner=conn)", "(conn, 1)"]
)
def test_a_fixture_that_only_holds_a_value_does_not_make_it_its_own(value: str) -> None:
    fixtures = "from types import SimpleNamespace\n\n" + gives("asyncio.Queue()")
    fixtures += '\n@pytest_asyncio.fixture(loop_scope="function")\nasync def held(conn):\n'
    test = "async def test_a(held):\n    await use(held)\n"
    migration = migrate_files(suite(f"{fixtures}    return {value}\n", test, BOTH))
    assert not migration.changes
    assert {text.split(" ", 1)[1] for text in messages(migration)} == {"LS315 note"}


@pytest.mark.parametrize(
    ("annotation", "bound"),
    [
        ("AsyncIterator[str]", False),
        ("AsyncGenerator[dict[str, int], None]", False),
        ("AsyncIterator[Path | None]", False),
        ("AsyncIterator[asyncio.Lock]", True),
        ("AsyncIterator[AsyncClient]", True),
        ('"AsyncIterator[Thing]"', True),
    ],
)
def test_annotations(annotation: str, bound: bool) -> None:
    fixture = gives("await thing()").replace("conn():", f"conn() -> {annotation}:")
    assert repaired(suite(fixture, AWAITS)) is bound


def test_classes_of_the_suite() -> None:
    store = "class Store:\n    async def get(self):\n        return 1\n"
    plain = "class Store:\n    def get(self):\n        return 1\n"
    fixture = "from store import Store\n\n\n" + gives("Store()")
    test = "async def test_a(conn):\n    use(conn)\n"
    assert migrate_files(suite(fixture, test, store__py=store)).changes
    assert not migrate_files(suite(fixture, test, store__py=plain)).changes
    keeps = "import asyncio\n\nclass Store:\n    def __init__(self):\n"
    keeps += "        self.loop = asyncio.get_running_loop()\n"
    assert migrate_files(suite(fixture, MENTIONS, store__py=keeps)).changes


def test_functions_of_the_suite_are_followed() -> None:
    helper = "import asyncio\n\nasync def connect():\n    return asyncio.get_running_loop()\n"
    fixture = "from helper import connect\n\n\n" + gives("await connect()")
    assert migrate_files(suite(fixture, MENTIONS, helper__py=helper)).changes
    plain = "import asyncio\n\nasync def connect():\n    return 1\n"
    assert not migrate_files(suite(fixture, AWAITS, helper__py=plain)).changes


@pytest.mark.parametrize(
    "body",
    [
        "    global shared\n    shared = asyncio.get_running_loop()\n    yield\n",
        '    state["loop"] = asyncio.get_running_loop()\n    yield\n',
        "    app.state.pool = await create_pool()\n    yield\n",
        "    setattr(app, 'lock', asyncio.Lock())\n    yield\n",
        "    tasks.append(asyncio.create_task(run()))\n    yield\n",
    ],
)
def test_what_is_stored_elsewhere(body: str) -> None:
    head = "from app import app\n\nstate = {}\ntasks = []\n\n\n"
    fixture = f'@pytest_asyncio.fixture(scope="session", autouse=True)\nasync def up():\n{body}'
    assert repaired(suite(head + fixture, "async def test_a():\n    assert True\n"))


def test_what_goes_on_while_the_test_runs() -> None:
    body = (
        "    server = await asyncio.start_server(print, port=0)\n"
        "    yield server.sockets[0].getsockname()[1]\n    server.close()\n"
    )
    fixture = f'@pytest_asyncio.fixture(scope="session")\nasync def conn():\n{body}'
    assert repaired(suite(fixture, MENTIONS))


@pytest.mark.parametrize(
    "repo",
    [
        "@pytest.fixture\ndef repo(conn):\n    return [conn]\n",
        "@pytest.fixture\ndef some(conn):\n    return conn\n\n\n"
        "@pytest.fixture\ndef repo(some, conn):\n    return [some]\n",
        '@pytest_asyncio.fixture(loop_scope="function")\nasync def repo(conn):\n    yield conn,\n',
    ],
)
def test_a_fixture_hands_on_the_value(repo: str) -> None:
    fixtures = gives("types.SimpleNamespace(inner=asyncio.Lock())") + "\n\n" + repo
    used = "async def test_a(repo):\n    async with repo[0].inner:\n        pass\n"
    files = suite(f"import types\n\n\n{fixtures}", used)
    assert after(files)["pytest.ini"] == BOTH
    assert not migrate_files(after(files)).changes
    read = "async def test_a(repo):\n    assert not repo[0].locked()\n"
    assert not migrate_files(suite(fixtures, read)).changes


@pytest.mark.parametrize(
    "read",
    [
        "assert not conn.locked()", "assert conn", "assert isinstance(conn, asyncio.Lock)",
        "assert conn is not None", "print(conn.name)", "assert [conn]",
    ],
)  # fmt: skip
def test_what_may_be_read_on_any_loop(read: str) -> None:
    assert not repaired(suite(gives("asyncio.Lock()"), f"async def test_a(conn):\n    {read}\n"))


def test_a_variable_that_holds_one_after_the_other() -> None:
    fixtures = (
        gives("1, 2")
        + "\n\n"
        + gives("await asyncio.open_connection()").replace("conn()", "stream()")
    )
    used = (
        "async def test_a(conn, stream):\n    reader, writer = stream\n"
        "    await reader.read()\n    reader, writer = conn\n"
    )
    assert "asyncio_default_test" in after(suite(fixtures, used))["pytest.ini"]


def test_a_sync_fixture_that_asks_for_no_loop_holds_none() -> None:
    fixture = '@pytest_asyncio.fixture(scope="session")\ndef conn():\n    return object()\n'
    migration = migrate_files(suite(fixture, AWAITS))
    assert not migration.changes
    assert not migration.findings


# -- who uses it, and the cure ---------------------------------------------------------------


def test_fixture_on_another_loop_than_the_one_that_it_requests() -> None:
    fixtures = gives("asyncio.Lock()") + (
        '\n\n@pytest_asyncio.fixture(loop_scope="function")\n'
        "async def repo(conn):\n    async with conn:\n        yield 1\n"
    )
    files = suite(fixtures, "async def test_a(repo):\n    assert repo\n", BOTH)
    text = after(files)["test_a.py"]
    assert '@pytest_asyncio.fixture(loop_scope="session")\nasync def repo' in text
    message = migrate_files(files, safe_only=True).findings[0].message
    assert "fixture repo ran on a function loop, conn (lock) on the session loop" in message
    assert "(test_a -> repo -> conn)" in message


def test_number_first_and_cure_are_said() -> None:
    tests = "\n\n".join(
        f"async def test_{name}(conn):\n    async with conn:\n        pass\n" for name in "abc"
    )
    migration = migrate_files(suite(gives("asyncio.Lock()"), tests), safe_only=True)
    assert messages(migration) == ["test_a.py:11 LS315 action"]
    assert not migration.changes
    assert migration.findings[0].message == (
        "test_a and 2 more ran on function loops, conn (lock) on the session loop"
        " (test_a -> conn). Put them on one loop: set asyncio_default_test_loop_scope = session"
    )


def test_one_test_of_many_gets_a_mark() -> None:
    many = "\n\n".join(f"async def test_{n}():\n    pass\n" for n in range(9))
    result = after(suite(gives("asyncio.Lock()"), AWAITS + "\n\n" + many))
    assert result["pytest.ini"] == SESSION
    assert result["test_a.py"].count('@pytest.mark.asyncio(loop_scope="session")') == 1


def test_narrow_marks_elsewhere_stay() -> None:
    other = 'import pytest\n\npytestmark = pytest.mark.asyncio(loop_scope="module")\n\n\n'
    other += "async def test_o():\n    pass\n\n\nasync def test_p():\n    pass\n"
    files = suite(gives("asyncio.Lock()"), AWAITS, test_o__py=other)
    assert after(files)["pytest.ini"] == BOTH
    assert after(files)["test_o.py"] == other


def test_unset_default_is_no_frozen_fault() -> None:
    files = suite(gives("asyncio.Lock()", "module"), AWAITS, "[pytest]\nasyncio_mode = auto\n")
    files["requirements.txt"] = "pytest-asyncio>=1.1\n"
    result = after(files)
    assert "asyncio_default_fixture_loop_scope = module\n" in result["pytest.ini"]
    assert "asyncio_default_test_loop_scope = module\n" in result["pytest.ini"]
    assert not migrate_files(result).changes


def test_below_the_option_for_tests_there_are_marks() -> None:
    files = suite(gives("asyncio.Lock()"), AWAITS)
    result = after(files, target=Target(0, 24))
    assert result["pytest.ini"] == SESSION
    assert '@pytest.mark.asyncio(loop_scope="session")' in result["test_a.py"] or (
        'pytestmark = pytest.mark.asyncio(loop_scope="session")' in result["test_a.py"]
    )


def test_tests_of_one_loop_stay_on_one() -> None:
    tests = (
        '@pytest.mark.asyncio(loop_scope="class")\nclass TestA:\n'
        "    async def test_a(self, conn):\n        await conn.acquire()\n\n"
        "    async def test_b(self):\n        pass\n"
    )
    result = after(suite(gives("asyncio.Lock()"), tests, STRICT))
    assert '@pytest.mark.asyncio(loop_scope="session")\nclass TestA' in result["test_a.py"]


@pytest.mark.parametrize("place", ["conn", "test_a"])
def test_what_is_meant_is_left(place: str) -> None:
    files = suite(gives("asyncio.Lock()"), MENTIONS)
    head = f"async def {place}("
    text = files["test_a.py"]
    line = next(line for line in text.splitlines() if line.startswith(head))
    files["test_a.py"] = text.replace(line, f"{line}  # loopscope: ignore[LS315]")
    migration = migrate_files(files)
    assert not migration.changes
    assert not migration.findings


def test_green_suites_are_left() -> None:
    files = suite(gives("asyncio.Lock()"), AWAITS, BOTH)
    migration = migrate_files(files)
    assert not migration.changes
    assert not migration.findings


# -- the edit that moves least -------------------------------------------------------------------

ON_1 = "pytest-asyncio>=1.0\n"
CLASS = (
    "@pytest.mark.asyncio\nclass TestOne:\n    @pytest_asyncio.fixture(scope='class')\n"
    "    async def conn(self):\n        yield asyncio.Lock()\n\n{}"
    "    async def test_free(self):\n        pass\n\n\n"
)
USER = "    async def test_{}(self, conn):\n        await conn.acquire()\n\n"
FREE = "@pytest.mark.asyncio\nasync def test_free_{}():\n    pass\n\n\n"


def test_a_class_gets_one_mark_where_most_of_its_tests_need_it() -> None:
    users = "".join(USER.format(name) for name in "abc")
    files = suite(CLASS.format(users), "", "[pytest]\n", requirements__txt=ON_1)
    files["test_b.py"] = "import pytest\n\n\n" + "".join(FREE.format(n) for n in range(9))
    result = after(files)
    assert result["test_a.py"].count('asyncio(loop_scope="class")\nclass TestOne') == 1
    assert result["test_a.py"].count("mark.asyncio") == 1
    assert result["test_b.py"] == files["test_b.py"]
    assert "test_loop_scope" not in result["pytest.ini"]


def test_a_class_of_which_few_need_it_is_left() -> None:
    files = suite(
        CLASS.format(USER.format("a")) + "    async def test_more(self):\n        pass\n",
        "",
        "[pytest]\n",
        requirements__txt=ON_1,
    )
    result = after(files)
    assert "@pytest.mark.asyncio\nclass TestOne" in result["test_a.py"]
    assert (
        '    @pytest.mark.asyncio(loop_scope="class")\n    async def test_a'
        in (result["test_a.py"])
    )


def test_a_default_does_not_move_many_for_a_few() -> None:
    users = "".join(
        f"@pytest.mark.asyncio\nasync def test_{n}(conn):\n    await conn.acquire()\n\n\n"
        for n in range(9)
    )
    files = suite(gives("asyncio.Lock()", "module"), users, "[pytest]\n", requirements__txt=ON_1)
    for name in "bcd":
        files[f"test_{name}.py"] = "import pytest\n\n\n" + "".join(
            FREE.format(n) for n in range(9)
        )
    result = after(files)
    assert result["test_a.py"].count('mark.asyncio(loop_scope="module")') == 9
    assert [result[f"test_{name}.py"] for name in "bcd"] == [files["test_b.py"]] * 3


def test_of_as_many_edits_those_are_made_that_move_less() -> None:
    """The default becomes function for the many; session then moves one test, function three."""
    narrow = '@pytest.mark.asyncio(loop_scope="function")\n'
    named = (
        '@pytest_asyncio.fixture(loop_scope="session")\nasync def {}():\n    return asyncio.Lock()'
    )
    lock = "@pytest_asyncio.fixture\nasync def {0}():\n    return asyncio.Lock()"
    uses = narrow + "async def test_{0}({0}):\n    await {0}.acquire()"
    few = [
        named.format("one"), named.format("two"), lock.format("three"),
        f"{narrow}async def test_few(one, two, three):\n"
        "    async with one, two, three:\n        pass\n",
    ]  # fmt: skip
    many = [text.format(name) for name in "abcde" for text in (lock, uses)]
    files = {"pytest.ini": SESSION, "test_few.py": HEAD + "\n\n\n".join(few)}
    result = after({**files, "test_many.py": HEAD + "\n\n\n".join(many) + "\n"})
    assert "asyncio_default_fixture_loop_scope = function" in result["pytest.ini"]
    expected = files["test_few.py"].replace(
        "pytest_asyncio.fixture\n", 'pytest_asyncio.fixture(loop_scope="session")\n'
    )
    assert result["test_few.py"] == expected.replace('"function"', '"session"')


def test_a_sync_fixture_only_looks_at_what_another_one_made() -> None:
    fixture = (
        '@pytest_asyncio.fixture(loop_scope="function")\ndef wrapped(conn):\n'
        "    asyncio.get_event_loop()\n    conn.release()\n    return 1\n\n\n"
    )
    files = suite(
        gives("asyncio.Lock()"), fixture + "async def test_a(wrapped):\n    assert wrapped\n"
    )
    migration = migrate_files(files)
    assert (migration.changes, messages(migration)) == ((), [])
