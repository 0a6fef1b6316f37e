#!/usr/bin/env python
"""`python manage.py …` is the `lps` command with both roots on the path."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]

if __name__ == "__main__":
    from lps.config.command import main

    main()
