"""What no such tool can be faster than, in the same language; each run is a process of its own.

``floors.py find TREE`` walks, reads every Python file and searches it with one regular
expression. ``find-all`` does the same with everything in one expression that loopscope looks
for. ``hash`` walks, reads and hashes every Python file and every file of configuration, as one
must who asks whether anything has changed. ``rewrite TREE PARSE CHANGE`` does ``find``, then
``ast.parse`` on the files that PARSE lists, and LibCST's parsing and printing on those that
CHANGE lists, one path a line.
"""

from __future__ import annotations

import os
import re
import sys

ONE = rb"event_loop"
ALL = (
    rb"event_loop|EventLoop|pytest_asyncio|mark\.asyncio|asyncio_mode"
    rb"|forbid_global_loop|accept_global_loop|run_until_complete"
)

CODE_AND_CONFIGURATION = (".py", ".toml", ".ini", ".cfg", ".txt", ".lock", ".yml", ".yaml")


def find(tree: str, expression: bytes) -> int:
    """How many Python files below ``tree`` the expression is found in."""
    pattern = re.compile(expression)
    found = 0
    for folder, _, names in os.walk(tree):
        for name in names:
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:
                    if pattern.search(file.read()):
                        found += 1
    return found


def digest(tree: str) -> bytes:
    """Hash the files below ``tree`` that a suite may be made of; hidden folders are left out."""
    import hashlib

    whole = hashlib.sha256()
    for folder, folders, names in os.walk(tree):
        folders[:] = [name for name in folders if name[0] != "." and name != "__pycache__"]
        for name in names:
            if name.endswith(CODE_AND_CONFIGURATION):
                with open(os.path.join(folder, name), "rb") as file:
                    whole.update(file.read())
    return whole.digest()


def rewrite(parse: str, change: str) -> None:
    """Parse what matters; parse and print what changes."""
    import ast

    for path in _listed(parse):
        with open(path, "rb") as file:
            ast.parse(file.read())
    for path in _listed(change):
        import libcst

        with open(path, "rb") as file:
            libcst.parse_module(file.read()).bytes  # noqa: B018


def _listed(path: str) -> list[str]:
    with open(path, encoding="utf-8") as file:
        return file.read().splitlines()


if __name__ == "__main__":
    if sys.argv[1] == "hash":
        digest(sys.argv[2])
    else:
        find(sys.argv[2], ALL if sys.argv[1] == "find-all" else ONE)
    if sys.argv[1] == "rewrite":
        rewrite(*sys.argv[3:])
