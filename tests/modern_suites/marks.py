"""The spellings of marks and hooks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from ..random_suites.draw import Draw

# Each with the loop scope that it gives to tests without marks, and to all others ("": theirs).
HOOKS = {
    "documented": """def pytest_collection_modifyitems(items):
    pytest_asyncio_tests = (item for item in items if is_async_test(item))
    session_scope_marker = pytest.mark.asyncio(loop_scope="session")
    for async_test in pytest_asyncio_tests:
        async_test.add_marker(session_scope_marker, append=False)""",
    "short": '''def pytest_collection_modifyitems(config, items):
    """Run everything on one loop."""
    for item in items:
        if pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)''',
    "guard": """def pytest_collection_modifyitems(session, config, items):
    mark = pytest.mark.asyncio(loop_scope="session")
    for item in items:
        if not is_async_test(item):
            continue
        item.add_marker(mark, append=False)""",
    "appended": """def pytest_collection_modifyitems(items):
    for item in items:
        if is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"))""",
}


# On 1.0 the first test that a hook cannot move makes the session's loop, and runs on it.
EARLY_LOOP = '''@pytest_asyncio.fixture(scope="session", loop_scope="session", autouse=True)
async def early():
    """Make the loop of the session before all tests."""'''


def mark(loop_scope: str) -> str:
    """Write a mark; without a loop scope it is bare."""
    name = "pytest.mark.asyncio"
    return f'{name}(loop_scope="{loop_scope}")' if loop_scope else name


@dataclass
class Spellings:
    """Writes marks; some get a name in their module first."""

    draw: Draw
    names: dict[str, dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def decorator(self, path: str, loop_scope: str) -> str:
        """Write a mark as a decorator, without the @."""
        if loop_scope and self.draw.chance(0.15):
            return self.names[path].setdefault(loop_scope, f"on_{loop_scope}_loop")
        return mark(loop_scope)

    def assigned(self, path: str, loop_scope: str) -> str:
        """Write a mark as a value of ``pytestmark``, in one statement or more."""
        text = self.decorator(path, loop_scope)
        other = 'pytest.mark.filterwarnings("ignore")'
        return "pytestmark " + self.draw.weighted(
            {
                f"= {text}": 6,
                f"= [{text}]": 2,
                f"= [{other}, {text}]": 1,
                f"= [{other}]\npytestmark += [{text}]": 0.5,
                f"= []\npytestmark.append({text})": 0.3,
            }
        )

    def definitions(self, path: str) -> list[str]:
        """Write the marks that have a name in that file."""
        lines = [f"{name} = {mark(scope)}" for scope, name in self.names[path].items()]
        return ["\n".join(lines)] if lines else []
