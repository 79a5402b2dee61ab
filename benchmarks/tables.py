"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.runs import Cost


def compared(title: str, costs: Mapping[str, Cost]) -> str:
    """Write a table of times; each is also given as a multiple of the first row's."""
    first = next(iter(costs.values()))
    rows = [
        (
            name,
            f"{cost.wall:.3f} s",
            f"{cost.wall / first.wall:.2f}",
            f"{cost.cpu:.3f} s",
            f"{cost.cpu / first.cpu:.2f}",
        )
        for name, cost in costs.items()
    ]
    return table(title, ("run", "time", "ratio", "CPU", "ratio"), rows)


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a title and a table; all columns but the first are numbers."""
    ruler = ["---", *["---:"] * (len(heads) - 1)]
    lines = (f"| {' | '.join(row)} |" for row in (heads, ruler, *rows))
    return "\n".join((f"### {title}", "", *lines, ""))
