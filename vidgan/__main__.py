"""``python -m vidgan``: the command line."""

from __future__ import annotations

import sys

from vidgan._cli import main

if __name__ == "__main__":
    sys.exit(main())
