"""Write the results of the cases anew: all, or those whose names begin with an argument."""

from __future__ import annotations

import sys

from .case_file import SUITES, read_case, run


def main(names: list[str]) -> None:
    """Replace each result that differs, and name its file."""
    for path in sorted(SUITES.glob("*.txt")):
        if names and not path.name.startswith(tuple(names)):
            continue
        case = read_case(path.read_text(encoding="utf-8"))
        result = run(case)
        if result != case.result:
            text = path.read_text(encoding="utf-8").partition("==== result\n")[0]
            path.write_text(f"{text}==== result\n{result}", encoding="utf-8", newline="\n")
            print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
