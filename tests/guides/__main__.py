"""Write what the tool makes of the guides' examples now into the guides, after a rule changed.

``python -m tests.guides`` replaces the text of the *After* blocks and of the reports that are
there; a block for a file that is newly changed is still to be added by hand. Read the diff: the
guides say what a maintainer would write, not only what the tool does.
"""

from __future__ import annotations

from tests.guides.pages import EXAMPLES, GUIDES, Example
from tests.guides.test_examples import migrated, reported


def refreshed(page: str, example: Example) -> str:
    """Return the page with the current output of one example."""
    migration = migrated(example, dict(example.before or example.wrong))
    made = {change.path: change.after.decode() for change in migration.changes}
    head, mark, section = page.partition(f"# {example.heading}\n")
    for path, old in example.after.items():
        new = made.get(path, old)
        label = f"After, `{path}`:\n\n```"
        before, found, rest = section.partition(label)
        language, _, code = rest.partition("\n")
        if found and code.startswith(f"{old}```"):
            section = f"{before}{found}{language}\n{new}{code[len(old) :]}"
    if example.reports:
        told, now = ("\n".join(lines) for lines in (example.reports, reported(migration)))
        section = section.replace(f"```text\n{told}\n```", f"```text\n{now}\n```", 1)
    return head + mark + section


for one in EXAMPLES:
    if one.before or one.reports:
        file = GUIDES / f"{one.page}.md"
        text = file.read_text(encoding="utf-8")
        new_text = refreshed(text, one)
        if new_text != text:
            file.write_text(new_text, encoding="utf-8", newline="\n")
            print(f"{file}: {one.heading}")
