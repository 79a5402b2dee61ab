"""Imports added where a person would have put them."""

from __future__ import annotations

import pytest

from loopscope.rewriting.add_imports import add_imports

ADDED = {
    "empty-file": ("", "asyncio", "import asyncio\n"),
    "only-import": ("import pytest\n", "pytest_asyncio", "import pytest\nimport pytest_asyncio\n"),
    "there-already": ("import asyncio\n", "asyncio", "import asyncio\n"),
    "bound-by-a-submodule": ("import asyncio.events\n", "asyncio", "import asyncio.events\n"),
    "other-alias": (
        "import asyncio as aio\n",
        "asyncio",
        "import asyncio as aio\nimport asyncio\n",
    ),
    "below-its-first-use": (
        "import os\n\n\n@pytest.fixture\ndef f(): pass\n\n\nimport pytest\n",
        "pytest",
        "import os\n\nimport pytest\n\n\n@pytest.fixture\ndef f(): pass\n\n\nimport pytest\n",
    ),
    "below-a-function-that-uses-it-later": (
        "def f():\n    return asyncio\n\n\nimport asyncio\n",
        "asyncio",
        "def f():\n    return asyncio\n\n\nimport asyncio\n",
    ),
    "in-order": ("import abc\nimport os\n", "asyncio", "import abc\nimport asyncio\nimport os\n"),
    "first-of-its-section": (
        "import os\n\nimport pytest\n",
        "asyncio",
        "import asyncio\nimport os\n\nimport pytest\n",
    ),
    "under-a-heading": (
        "# stdlib\nimport os\n",
        "asyncio",
        "# stdlib\nimport asyncio\nimport os\n",
    ),
    "unsorted": (
        "import sys\nimport os\n\nimport x\n",
        "asyncio",
        "import sys\nimport os\nimport asyncio\n\nimport x\n",
    ),
    "new-section-above": ("import pytest\n", "asyncio", "import asyncio\n\nimport pytest\n"),
    "new-section-below": (
        "import os\n\n\nx = 1\n",
        "pytest_asyncio",
        "import os\n\nimport pytest_asyncio\n\n\nx = 1\n",
    ),
    "new-section-before-local": (
        "import os\n\nfrom . import x\n",
        "pytest_asyncio",
        "import os\n\nimport pytest_asyncio\n\nfrom . import x\n",
    ),
    "heading-of-the-next-section": (
        "# third party\nimport pytest\n",
        "asyncio",
        "import asyncio\n\n# third party\nimport pytest\n",
    ),
    "licence": (
        "# Copyright me\n\nimport pytest\n",
        "asyncio",
        "# Copyright me\n\nimport asyncio\n\nimport pytest\n",
    ),
    "shebang": (
        "#!/bin/x\nimport pytest\n",
        "asyncio",
        "#!/bin/x\n\nimport asyncio\n\nimport pytest\n",
    ),
    "docstring": ('"""D."""\n\n\nx = 1\n', "asyncio", '"""D."""\n\nimport asyncio\n\n\nx = 1\n'),
    "docstring-only": ('"""D."""\n', "asyncio", '"""D."""\n\nimport asyncio\n'),
    "no-import-and-a-definition": (
        "def f(): pass\n",
        "asyncio",
        "import asyncio\n\n\ndef f(): pass\n",
    ),
    "future": (
        "from __future__ import annotations\n\nimport pytest\n",
        "asyncio",
        "from __future__ import annotations\n\nimport asyncio\n\nimport pytest\n",
    ),
    "only-future": (
        "from __future__ import annotations\n\n\ndef f(): pass\n",
        "asyncio",
        "from __future__ import annotations\n\nimport asyncio\n\n\ndef f(): pass\n",
    ),
    "type-checking-does-not-count": (
        "import os\n\nif TYPE_CHECKING:\n    import asyncio\n",
        "asyncio",
        "import asyncio\nimport os\n\nif TYPE_CHECKING:\n    import asyncio\n",
    ),
    "try-does-not-count": (
        "try:\n    import asyncio\nexcept ImportError: pass\n\nimport os\n",
        "asyncio",
        "try:\n    import asyncio\nexcept ImportError: pass\n\nimport asyncio\nimport os\n",
    ),
    "below-a-definition-does-not-serve": (
        "def f(): pass\n\n\nimport os\n",
        "asyncio",
        "import asyncio\n\n\ndef f(): pass\n\n\nimport os\n",
    ),
    "after-pytest": (
        "import aiohttp\nimport pytest\nfrom app import x\n",
        "pytest_asyncio",
        "import aiohttp\nimport pytest\nimport pytest_asyncio\nfrom app import x\n",
    ),
    "after-pytest-unsorted": (
        "import pytest\nimport aiohttp\n",
        "pytest_asyncio",
        "import pytest\nimport pytest_asyncio\nimport aiohttp\n",
    ),
    "the-group-of-pytest": (
        "import app\n\nimport pytest\n",
        "pytest_asyncio",
        "import app\n\nimport pytest\nimport pytest_asyncio\n",
    ),
    "from-imports-only": (
        "from pytest import fixture\n",
        "pytest_asyncio",
        "import pytest_asyncio\nfrom pytest import fixture\n",
    ),
    "mixed-kinds": (
        "from abc import ABC\nimport os\n",
        "asyncio",
        "from abc import ABC\nimport asyncio\nimport os\n",
    ),
    "flat": (
        "import os\nimport pytest\n",
        "asyncio",
        "import asyncio\nimport os\nimport pytest\n",
    ),
    "no-final-newline": ("import os", "sys", "import os\nimport sys"),
    "trailing-comment": (
        "import os  # c\nimport pytest\n",
        "sys",
        "import os  # c\nimport sys\nimport pytest\n",
    ),
    "crlf": ("import os\r\n", "sys", "import os\r\nimport sys\r\n"),
    "multi-line-peer": (
        "from a import (\n    b,\n)\n\nx = 1\n",
        "pytest",
        "import pytest\nfrom a import (\n    b,\n)\n\nx = 1\n",
    ),
}


@pytest.mark.parametrize(("before", "module", "after"), ADDED.values(), ids=ADDED)
def test_add_module(before: str, module: str, after: str) -> None:
    newline = "\r\n" if "\r" in before else "\n"
    assert add_imports(before, [module], newline=newline) == after
    assert add_imports(after, [module], newline=newline) == after


NAMES = {
    "new": ("import os\n", "import os\nfrom asyncio import sleep\n"),
    "there-already": ("from asyncio import sleep\n", "from asyncio import sleep\n"),
    "other-alias": ("from asyncio import sleep as s\n", "from asyncio import sleep as s, sleep\n"),
    "sorted": ("from asyncio import gather, wait\n", "from asyncio import gather, sleep, wait\n"),
    "by-type": ("from asyncio import Task, gather\n", "from asyncio import Task, gather, sleep\n"),
    "unsorted": (
        "from asyncio import wait, gather\n",
        "from asyncio import wait, gather, sleep\n",
    ),
    "lines": (
        "from asyncio import (\n    gather,\n    wait,\n)\n",
        "from asyncio import (\n    gather,\n    sleep,\n    wait,\n)\n",
    ),
    "last-line": (
        "from asyncio import (\n    gather,  # c\n)\n",
        "from asyncio import (\n    gather,  # c\n    sleep,\n)\n",
    ),
    "first-line": (
        "from asyncio import (\n    wait,\n)\n",
        "from asyncio import (\n    sleep,\n    wait,\n)\n",
    ),
    "among-from-imports": (
        "import os\nfrom abc import ABC\nfrom os import path\n",
        "import os\nfrom abc import ABC\nfrom asyncio import sleep\nfrom os import path\n",
    ),
    "star-does-not-count": (
        "from asyncio import *\n",
        "from asyncio import *\nfrom asyncio import sleep\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), NAMES.values(), ids=NAMES)
def test_add_name(before: str, after: str) -> None:
    assert add_imports(before, [], [("asyncio", "sleep")]) == after


def test_add_several() -> None:
    done = add_imports("import pytest\n", ["asyncio", "pytest_asyncio"], [("typing", "Any")])
    assert done == (
        "import asyncio\nfrom typing import Any\n\nimport pytest\nimport pytest_asyncio\n"
    )
