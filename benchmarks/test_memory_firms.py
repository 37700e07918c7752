"""Premia of ten million firm-years fit in memory: peak of a fresh process that reads a Parquet file by column.

The full size runs with ``INNOSPACE_FULL=1`` (about 20 seconds); otherwise a tenth of it, held to a tenth of the bound.
"""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from cases_firms_panel import panel_file

FULL = os.environ.get("INNOSPACE_FULL") == "1"
FIRMS = 1_000_000 if FULL else 100_000
LIMIT_GB = 3.0 if FULL else 0.65
"""Measured 2.1 GB at full size and 0.4 GB at a tenth, libraries (0.2 GB) included; 8 GB are asked for."""

CODE = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from cases_firms_panel import premium
result = premium(Path(sys.argv[1]), sys.argv[2])
assert result.n > 0
status = Path("/proc/self/status")
if status.exists():
    # the peak of this program alone: getrusage also counts that of the process which started it
    line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
    print(int(line.split()[1]) * 1024 / 1e9)
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak * (1 if sys.platform == "darwin" else 1024) / 1e9)
"""


@pytest.mark.parametrize("kind", ["level", "firm"])
def test_peak_of_premia(kind):
    here = os.path.dirname(__file__)
    command = [sys.executable, "-c", CODE, str(panel_file(FIRMS)), kind, here]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    print(f"{kind}, {10 * FIRMS:,} firm-years: {float(done.stdout):.2f} GB")
    assert float(done.stdout) < LIMIT_GB
