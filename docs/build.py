"""Build the site of the documentation, or man pages: ``python -m docs.build [--man] FOLDER``.

The site is made of README, the guides and the pages of this folder, laid out as in the repository,
so that their links hold, and of a reference that is written from the code. A link that leads
nowhere is an error.
"""

from __future__ import annotations

import dataclasses
import inspect
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

import loopscope
from loopscope import guides
from loopscope.cli.main import cli
from loopscope.rules.registry import REGISTRY, describe

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE")
MANUAL = {
    "agents.md": "For agents and scripts", "integrations.md": "Other tools", "json.md": "JSON",
    "api.md": "Python API", "loop-rules.md": "What pytest-asyncio does",
    "trust.md": "What you can rely on", "releasing.md": "Release checklist",
}  # fmt: skip


# -- the reference ----------------------------------------------------------------------


def commands() -> dict[str, click.Command]:
    """Every command by its name, in the order of ``loopscope --help``."""
    context = click.Context(cli, info_name="loopscope", **cli.context_settings)
    found = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def options_page() -> str:
    """Write the commands with their options and defaults."""
    text = "# Commands and options\n"
    for name, command in commands().items():
        context = click.Context(command, info_name=f"loopscope {name}", **cli.context_settings)
        usage = command.get_usage(context).removeprefix("Usage: ")
        text += f"\n## loopscope {name}\n\n```text\n{usage}\n```\n\n"
        text += _code_after(inspect.cleandoc(command.help or "").replace("\b\n", ""), "Examples:")
        text += "\n\n| option | meaning |\n| --- | --- |\n"
        for parameter in command.params:
            record = parameter.get_help_record(context)
            if isinstance(parameter, click.Option) and record:
                spelled, meaning = (part.replace("|", "\\|") for part in record)
                text += f"| `{spelled}` | {meaning} |\n"
    return text


def _code_after(text: str, title: str) -> str:
    """Set the indented lines below a title as a block of code."""
    before, found, after = text.partition(f"\n{title}\n")
    if not found:
        return text
    lines = after.split("\n")
    end = next((n for n, line in enumerate(lines) if not line.startswith("  ")), len(lines))
    block = "\n".join(line[2:] for line in lines[:end])
    rest = "\n".join(lines[end:])
    return f"{before}\n{title}\n\n```console\n{block}\n```\n{rest}"


def rules_page() -> str:
    """Write the rules with what they do and why."""
    text = "# Rules\n"
    for rule in REGISTRY:
        page = f"../../migration_guides/rules/{rule.code}.md"
        about = describe(rule).partition("\n\n")[2].replace("``", "`")
        text += f"\n## {rule.code} {rule.name}\n\n{about}\n[Guide, with examples]({page})\n"
    return text


def api_page() -> str:
    """Write the public API with signatures and docstrings."""
    text = "# API reference\n"
    for name in loopscope.__all__:
        value = getattr(loopscope, name)
        text += f"\n## {name}\n\n"
        if inspect.isroutine(value):
            text += f"```python\n{name}{inspect.signature(value)}\n```\n\n"
        elif dataclasses.is_dataclass(value):
            lines = (_field(one) for one in dataclasses.fields(value))
            text += "```python\n" + "\n".join(lines) + "\n```\n\n"
        doc = inspect.getdoc(value) if callable(value) else None
        text += f"{_sections(doc)}\n" if doc else f"`{value!r}`\n"
        for key, member in vars(value).items() if inspect.isclass(value) else ():
            public = inspect.isroutine(member) or isinstance(member, classmethod)
            if public and not key.startswith("_") and inspect.getdoc(member):
                text += f"\n`{key}`: {_sections(inspect.getdoc(member) or '')}\n"
    return text


def _field(field: dataclasses.Field[Any]) -> str:
    return f"{field.name}: {field.type}"


def _sections(doc: str) -> str:
    """Write the sections of a docstring as lists."""
    text = ""
    for line in doc.replace("``", "`").split("\n"):
        if line in ("Args:", "Returns:", "Raises:"):
            text += f"\n**{line}**\n\n"
        elif line.startswith("    ") and not line.startswith("     "):
            text += f"- {line.strip()}\n"
        else:
            text += f"{line}\n"
    return text


REFERENCE = {"options.md": options_page, "rules.md": rules_page, "api.md": api_page}


# -- the site ---------------------------------------------------------------------------


def lay_out(folder: Path) -> list[Any]:
    """Write all pages to a folder; returns the navigation."""
    for name in PAGES:
        shutil.copy(ROOT / name, folder / name)
    for name in ("docs", "migration_guides"):
        ignored = shutil.ignore_patterns("*.py", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (folder / "benchmarks").mkdir()
    shutil.copy(ROOT / "benchmarks" / "README.md", folder / "benchmarks" / "README.md")
    reference = folder / "docs" / "reference"
    reference.mkdir()
    for name, write in REFERENCE.items():
        (reference / name).write_text(write(), encoding="utf-8")
    return [*_navigation()]


def _navigation() -> Iterator[dict[str, Any]]:
    names = [f"migration_guides/{name}.md" for name in guides.names()]
    rules = [f"migration_guides/rules/{rule.code}.md" for rule in REGISTRY]
    yield {"loopscope": "README.md"}
    yield {"Guides": [*names, {"Rules": rules}]}
    manual = [{title: f"docs/{name}"} for name, title in MANUAL.items()]
    yield {"Manual": [*manual, {"Speed": "benchmarks/README.md"}]}
    yield {"Reference": [f"docs/reference/{name}" for name in REFERENCE]}
    yield {"Project": [name for name in PAGES[1:] if name.endswith(".md")]}


def build_site(site: Path) -> None:
    """Build the site; whatever is wrong with it is an error.

    Raises:
        mkdocs.exceptions.Abort: There were warnings, such as a dead link.
    """
    from mkdocs.commands.build import build
    from mkdocs.config import load_config

    with tempfile.TemporaryDirectory() as temporary:
        navigation = lay_out(Path(temporary))
        config = load_config(
            str(ROOT / "mkdocs.yml"),
            docs_dir=temporary,
            site_dir=str(site),
            nav=navigation,
            strict=True,
        )
        build(config)


def write_man_pages(folder: Path) -> None:
    """Write a page for loopscope and one for each command."""
    from click_man.core import write_man_pages as write

    group = click.Group(
        "loopscope",
        commands=commands(),
        help=cli.help,
        params=cli.params,
        context_settings=cli.context_settings,
    )
    folder.mkdir(parents=True, exist_ok=True)
    write("loopscope", group, version=loopscope.__version__, target_dir=str(folder))


@click.command()
@click.option("--man", is_flag=True, help="Write man pages in place of the site.")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default="site")
def main(*, man: bool, folder: Path) -> None:
    """Build the site in FOLDER, by default site."""
    if man:
        write_man_pages(folder)
    else:
        build_site(folder)


if __name__ == "__main__":
    main()
