"""``python -m innospace``."""

import sys

from innospace.cli.app import main

if __name__ == "__main__":
    sys.exit(main())
