"""``python -m loopscope``."""

from __future__ import annotations

from loopscope.cli.main import main

if __name__ == "__main__":
    main()
