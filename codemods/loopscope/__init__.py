"""Move pytest suites from the ``event_loop`` fixture of pytest-asyncio to loop scopes.

The public API: build a ``Suite`` from bytes (or let ``load_suites`` read it from disk) and
call ``migrate``; the ``Migration`` that comes back holds the changes and findings. Nothing is
executed and nothing is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loopscope.version import __version__

if TYPE_CHECKING:
    from loopscope.engine import migrate
    from loopscope.suites.loading import load_suites
    from loopscope.values import Change, FileError, Finding, Migration, Options, Suite, Target

__all__ = [
    "Change",
    "FileError",
    "Finding",
    "Migration",
    "Options",
    "Suite",
    "Target",
    "__version__",
    "load_suites",
    "migrate",
]

_HOMES = {"migrate": "loopscope.engine", "load_suites": "loopscope.suites.loading"}


def __getattr__(name: str) -> Any:
    """Import the pieces on first use: the command line starts without most of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES.get(name, "loopscope.values")), name)
