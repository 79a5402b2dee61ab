"""Sample suites as data, one module a theme."""

from __future__ import annotations

from . import (
    async_askers,
    configuration,
    elsewhere,
    factories,
    fixtures,
    kinds,
    marks,
    overrides,
    setups,
    sync_askers,
)
from .sample import Sample

__all__ = ["ALL", "Sample"]

_THEMES = {
    "configuration": configuration.SAMPLES,
    "overrides": overrides.SAMPLES,
    "kinds": kinds.SAMPLES,
    "factories": factories.SAMPLES,
    "async_askers": async_askers.SAMPLES,
    "sync_askers": sync_askers.SAMPLES,
    "fixtures": fixtures.SAMPLES,
    "marks": marks.SAMPLES,
    "setups": setups.SAMPLES,
    "elsewhere": elsewhere.SAMPLES,
}

ALL: dict[str, Sample] = {
    f"{theme}-{name}": sample
    for theme, samples in _THEMES.items()
    for name, sample in samples.items()
}
