"""Move pytest suites from the ``event_loop`` fixture of pytest-asyncio to loop scopes.

The public API is what ``__all__`` names. Read a suite from disk (``load_suites``) or make one
from bytes (``suite_of``) and call ``migrate``; the ``Migration`` that comes back holds the
changes and findings. Nothing is executed and nothing is written, but for ``collect``, which lets
pytest import a suite in a copy. A failure is a value, not an exception.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "1.0.0"

if TYPE_CHECKING:
    from loopscope.discovery import suite_of
    from loopscope.discovery.load import load_suites
    from loopscope.loop_map.report_model import (
        LoopFixture,
        LoopMaps,
        LoopPicture,
        LoopTest,
        Reason,
        SharedLoop,
    )
    from loopscope.pipeline import migrate
    from loopscope.types import (
        Change,
        EditRecord,
        FileError,
        Finding,
        Level,
        Migration,
        Options,
        PytestConfig,
        Safety,
        Status,
        Suite,
        Target,
    )
    from loopscope.verify.collect_suite import Collection, collect

__all__ = [
    "Change",
    "Collection",
    "EditRecord",
    "FileError",
    "Finding",
    "Level",
    "LoopFixture",
    "LoopMaps",
    "LoopPicture",
    "LoopTest",
    "Migration",
    "Options",
    "PytestConfig",
    "Reason",
    "Safety",
    "SharedLoop",
    "Status",
    "Suite",
    "Target",
    "__version__",
    "collect",
    "load_suites",
    "migrate",
    "suite_of",
]

_HOMES = {
    "migrate": "loopscope.pipeline",
    "collect": "loopscope.verify.collect_suite",
    "Collection": "loopscope.verify.collect_suite",
    "load_suites": "loopscope.discovery.load",
    "suite_of": "loopscope.discovery",
    **dict.fromkeys(
        ("LoopFixture", "LoopMaps", "LoopPicture", "LoopTest", "Reason", "SharedLoop"),
        "loopscope.loop_map.report_model",
    ),
}


def __getattr__(name: str) -> Any:
    """Import the pieces on first use: the command line starts without most of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES.get(name, "loopscope.types")), name)
