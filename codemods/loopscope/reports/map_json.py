"""``loopscope map`` as one JSON document; its keys are a contract with other programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from loopscope.loop_map.report_model import LoopPicture
from loopscope.reports.report_json import JsonReport
from loopscope.types import Migration


class JsonMap(JsonReport):
    """The document of ``JsonReport``, with the loop maps of the suites."""

    def add(self, migration: Migration) -> None:
        self.suites.append(map_entry(migration))


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


REPORT = JsonMap
