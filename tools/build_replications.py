"""Write the pages of docs/replications from the replications themselves: every number is computed.

python tools/build_replications.py            # about two minutes
python tools/build_replications.py --check    # say whether the pages are those that would be written
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent / "site"))

from pieces import grid

from innospace import replicate_bashkortostan, replicate_innovation_space
from innospace.core.checks import Check
from innospace.core.table import Table

FOLDER = Path(__file__).parents[1] / "docs" / "replications"
PAPER = (
    "Makarov, Ayvazyan, Afanasyev, Bakhtizin and Nanavyan (2016), "
    "[DOI 10.17323/1995-459X.2016.3.76.90](https://doi.org/10.17323/1995-459X.2016.3.76.90)"
)
WRITTEN = "Written by `tools/build_replications.py` from `innospace replicate {name}`; no number is typed."


def innovation_space() -> str:
    """Return the page of the innovation space."""
    found = replicate_innovation_space()
    return _page(
        "The innovation space of Russian regions",
        "innovation-space",
        "The first half of the paper estimates how large the innovation space of 80 regions is and how well they use "
        "it. Its data are not printed, but Table 4 prints enough to compute them back: counts of technologies exactly, "
        "the space up to what rounding leaves. The models are then estimated anew on what was recovered.",
        [found.table("comparison"), *_others(found)],
        found.checks,
        "Not replicated: how the paper's own data were collected, and model (3), whose counts of innovative companies "
        "cannot be recovered from print; that its estimator finds a known value is shown on simulated data instead.",
    )


def bashkortostan() -> str:
    """Return the page of the policy options."""
    found = replicate_bashkortostan(workers=None)
    return _page(
        "Four policy options for Bashkortostan",
        "bashkortostan",
        "The second half of the paper solves four policy options in a model of the region's economy, of which it "
        "prints agents, markets, one equation and four effects. Everything else is reconstruction; so this page shows "
        "what the reconstruction gives with its own assumptions, and how far coefficients can bring it to the "
        "printed effects.",
        [found.table("comparison"), found.table("fits"), found.table("coefficients")],
        found.checks,
        "Not replicated: the paper's data and parameters, which are not printed. That nine coefficients reach four "
        "effects is no evidence for either.",
    )


def _others(found: Any) -> list[Table]:
    """Return the hypotheses, as the space result tells them."""
    return [found.space.table("hypotheses")]


def _page(title: str, name: str, what: str, tables: Iterable[Table], checks: tuple[Check, ...], rest: str) -> str:
    lines = [f"# {title}", "", WRITTEN.format(name=name), "", f"Source: {PAPER}.", "", what, ""]
    lines += ["```text", f"innospace replicate {name} --out report", "```"]
    for table in tables:
        display = table.display()
        heads = [": ".join(p for p in (c.group, c.heading) if p) for c in table.columns]
        rows = display.itertuples(index=False, name=None)
        lines += ["", f"## {table.title}", "", *grid(heads, (map(str, row) for row in rows))]
        lines += [f"\n{note}" for note in table.notes]
    failed = [c for c in checks if not c.ok]
    lines += ["", "## Checks", "", f"{len(checks) - len(failed)} of {len(checks)} checks hold."]
    lines += [f"- `{c.name}`: {c.meaning}" for c in failed]
    return "\n".join([*lines, "", "## What is left", "", rest]) + "\n"


PAGES: Mapping[str, Callable[[], str]] = {"innovation-space": innovation_space, "bashkortostan": bashkortostan}


def main() -> int:
    """Write the pages, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a page would change")
    given = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    old = []
    for name, write in PAGES.items():
        file, text = FOLDER / f"{name}.md", write()
        if given.check and file.read_text(encoding="utf-8") != text:
            old.append(name)
        elif not given.check:
            file.write_text(text, encoding="utf-8", newline="\n")
    if old:
        print(f"Out of date, run tools/build_replications.py: {', '.join(old)}")
    return int(bool(old))


if __name__ == "__main__":
    raise SystemExit(main())
