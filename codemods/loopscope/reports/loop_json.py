"""The loop maps of a run as one JSON document; its keys are a contract with other programs."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from loopscope.loop_maps import LoopPicture
from loopscope.values import Migration, Target
from loopscope.version import __version__


def document(
    target: Target, suites: Iterable[dict[str, Any]], errors: Iterable[dict[str, str]]
) -> str:
    """The whole document, from what ``map_entry`` and ``json_report.error_entry`` made."""
    content = {
        "loopscope": __version__,
        "target": str(target),
        "suites": list(suites),
        "errors": list(errors),
    }
    return json.dumps(content, indent=2)


def map_entry(migration: Migration) -> dict[str, Any]:
    """One suite; ``before`` is null where its files could not be mapped at all.

    ``after`` is null where the suite has loop scopes already and keeps its loops.
    """
    maps = migration.maps
    return {
        "root": migration.label,
        "config": migration.config,
        "before": _picture(maps.before) if maps else None,
        "after": _picture(maps.after) if maps and maps.after else None,
    }


def _picture(picture: LoopPicture) -> dict[str, Any]:
    return {"rules": picture.rules, "loops": [asdict(loop) for loop in picture.loops]}
