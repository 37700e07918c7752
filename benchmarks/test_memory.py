"""Memory grows linearly with the rows. Unlike timings this is the same on every machine, so it does gate."""

from __future__ import annotations

import tracemalloc

from cases import fit, sample

SMALL, TIMES = 50_000, 4
SLACK = 1.1
"""Blocks and threads cost a constant amount; a term in the square of the rows would show as a factor of 16."""


def peak(n: int) -> int:
    """Return the peak of memory allocated while fitting ``n`` rows, in bytes."""
    y, x = sample(n)
    fit(*sample(1_000), "half_normal")
    tracemalloc.start()
    try:
        fit(y, x, "half_normal")
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_is_linear_in_the_rows():
    assert peak(TIMES * SMALL) <= SLACK * TIMES * peak(SMALL)
