"""What becomes of the declarations in a few files, and what a person is told (LS202, LS310)."""

from __future__ import annotations

from collections.abc import Mapping

from loopscope.requirements import set_pins
from loopscope.rewriting.edits import RequirementEdit
from loopscope.rules.declarations import Need, read_declarations
from loopscope.rules.registry import REGISTRY
from loopscope.types import Finding, Target


def outcomes(
    files: Mapping[str, str],
    target: str = "1.5",
    least: tuple[int, int] = (1, 1),
    *,
    named: bool = False,
    raises: bool = True,
) -> list[RequirementEdit | Finding]:
    data = {path: text.encode() for path, text in files.items()}
    need = Need(least, raises=raises)
    declarations = read_declarations(data, Target.parse(target), need, named=named)
    return [
        one
        for rule in REGISTRY
        if rule.check_declarations is not None
        for one in rule.check_declarations(declarations)
    ]


def after(
    files: Mapping[str, str], target: str = "1.5", least: tuple[int, int] = (1, 1)
) -> dict[str, str]:
    result = dict(files)
    found = outcomes(files, target, least)
    for path in files:
        wanted = {
            one.ordinal: one.new
            for one in found
            if isinstance(one, RequirementEdit) and one.path == path
        }
        result[path] = set_pins(path, files[path].encode(), wanted).decode()
    again = [one for one in outcomes(result, target, least) if isinstance(one, RequirementEdit)]
    assert again == [], "a second run must change nothing"
    return result


def line(text: str, target: str = "1.5", least: tuple[int, int] = (1, 1)) -> str:
    return after({"requirements.txt": text}, target, least)["requirements.txt"]


def findings(
    files: Mapping[str, str],
    target: str = "1.5",
    least: tuple[int, int] = (1, 1),
    *,
    named: bool = False,
    raises: bool = True,
) -> list[Finding]:
    found = outcomes(files, target, least, named=named, raises=raises)
    return [one for one in found if isinstance(one, Finding)]
