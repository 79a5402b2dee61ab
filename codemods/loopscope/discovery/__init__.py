"""Suites made from bytes, without a disk."""

from __future__ import annotations

from collections.abc import Mapping

from loopscope.config.pytest_config import choose_configuration
from loopscope.types import FileError, PytestConfig, Suite


def suite_of(files: Mapping[str, bytes], label: str = ".") -> Suite:
    """Make a suite in memory, with the configuration that pytest would read for it.

    Args:
        files: Bytes by path: Python files, the configuration in the root, requirement files.
            Paths are relative to the root of the suite, with forward slashes.
        label: What reports call the suite.

    Returns:
        The suite; one whose configuration cannot be read has no files, and ``errors`` says why.
    """
    config = choose_configuration({path: data for path, data in files.items() if "/" not in path})
    if isinstance(config, FileError):
        return Suite(label, PytestConfig(), {}, errors=(config,))
    return Suite(label, config or PytestConfig(), files)
