"""``python -m loopscope``."""

from __future__ import annotations

import contextlib
import os
import sys

if __name__ == "__main__":
    # Python puts the current directory first; nothing of a repository may be imported from it.
    # (Before this line Python has done so itself: only the console script is safe.)
    if not getattr(sys.flags, "safe_path", False):
        with contextlib.suppress(FileNotFoundError):  # the directory is gone: main says so
            if sys.path[0] in ("", os.getcwd()):
                del sys.path[0]
    from loopscope.cli.main import main

    main()
