"""``python -m runner``: the same as the ``k6py`` command."""

from __future__ import annotations

import sys

from runner.cli import main

if __name__ == "__main__":
    sys.exit(main())
