"""Make a failing suite smaller: leave out what the fault does not need."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

from ..random_suites.shrink import Files, smallest
from ..random_suites.trial import attempts, write
from .generator import generate
from .trial import Trial, try_suite

_DETAILS = re.compile(r"\bLS\d+|the map says that it is( not)?|the map has not|pytest has not")


def shrink(seed: int, folder: Path, release: str, say: Callable[[str], None]) -> bool:
    """Shrink the suite of a failing seed and write the result below ``folder``.

    False where the seed does not fail.
    """
    work = folder / f"shrink-{seed}"
    for number in attempts(seed):
        suite = generate(number, release)
        first = try_suite(suite, work, release)
        if first.legal:
            break
    if not (first.legal and first.complaints):
        say(f"seed {seed} shows no fault")
        return False
    wanted = _topic(first)

    def tried(files: Files) -> Trial:
        return try_suite(dataclasses.replace(suite, files=files), work, release)

    def fails(files: Files) -> bool:
        trial = tried(files)
        return trial.legal and _topic(trial) == wanted

    files = smallest(dict(suite.files), fails)
    last = tried(files)
    say("\n".join(f"--- {path}\n{text}" for path, text in files.items()))
    say("\n".join([*last.foreign[:3], *last.complaints[:5]]))
    write(files, folder / f"smallest-{seed}")
    say(f"kept in {folder / f'smallest-{seed}'}")
    return True


def _topic(trial: Trial) -> str:
    """Name the topic of the first complaint, with the rule of a finding or the words of a map."""
    if not trial.complaints:
        return ""
    first = trial.complaints[0]
    details = _DETAILS.search(first)
    return f"{first.partition(':')[0]} {details[0] if details else ''}"
