"""From an error text to what is known about it."""

from __future__ import annotations

import re

from loopscope.explain.known_errors import SYMPTOMS, Symptom

__all__ = ["SYMPTOMS", "Symptom", "find_symptoms"]


def find_symptoms(text: str) -> list[Symptom]:
    """The symptoms that a message, a traceback or a whole log shows, in order of appearance."""
    lines = (re.sub(r"^(?:E\s|>)", " ", line) for line in text.splitlines())
    flat = " ".join(" ".join(lines).split())
    found = []
    for symptom in SYMPTOMS:
        match = re.search(symptom.pattern, flat, re.IGNORECASE)
        if match:
            found.append((match.start(), symptom))
    return [symptom for _, symptom in sorted(found, key=lambda item: item[0])]
