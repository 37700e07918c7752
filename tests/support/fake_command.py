"""The command line with the fake engine beside the real ones: ``python -m fake_command``."""

from __future__ import annotations

import sys

from innospace.cli.app import main
from innospace.study.engines import ENGINES

if __name__ == "__main__":
    ENGINES["fake"] = "fake_engine"
    sys.exit(main())
