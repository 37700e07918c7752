"""Write docs/reference/knowledge-economy.md from the model itself: equations, variables, parameters, rules."""

from __future__ import annotations

from pathlib import Path

from innospace.economy.models.knowledge.blocks import equations
from innospace.economy.models.knowledge.closure import CHOICES, Closure
from innospace.economy.models.knowledge.families import LEVER_GROUPS, PARAMETERS, VARIABLES
from innospace.economy.models.knowledge.spec import REASONS
from innospace.economy.system import Family, Symbols

OUT = Path(__file__).parents[1] / "docs" / "reference" / "knowledge-economy.md"
ORIGINS = {"paper": "the paper's", "reconstruction": "reconstruction"}


def _table(families: tuple[Family, ...], last: str) -> list[str]:
    """Return a Markdown table of variables or parameters."""
    lines = [f"| name | symbol | members | unit | meaning | {last} |", "| --- | --- | --- | --- | --- | --- |"]
    for f in families:
        kind = f.role if last == "kind" else ("logarithm" if f.positive else "level")
        lines.append(f"| `{f.name}` | $`{f.symbol}`$ | {len(f.members)} | {f.unit} | {f.meaning} | {kind} |")
    return lines


def text() -> str:
    """Return the whole page."""
    symbols = Symbols(VARIABLES, PARAMETERS)
    families = list(equations(symbols, Closure()))
    count = sum(len(f.equations) for f in families)
    lines = [
        "# The knowledge economy: equations, variables, parameters",
        "",
        "Written by `tools/build_reference.py` from the model; do not edit.",
        "",
        f"{len(symbols.unknowns)} unknowns and {count} equations a year. Each equation stands with the unknowns it "
        "determines. *Reconstruction* marks what the source paper does not print.",
        "",
        "## Equations",
    ]
    for f in families:
        unknowns = ", ".join(f"`{e.unknown}`" for e in f.equations)
        lines += ["", f"**({f.number}) {f.name}** ({f.block}; {ORIGINS[f.origin]}). {f.meaning}", ""]
        lines += ["```math", f.latex, "```", "", f"Determines {unknowns}."]
    lines += ["", "## Variables", "", *_table(VARIABLES, "solved in")]
    lines += ["", "## Parameters", "", *_table(PARAMETERS, "kind")]
    lines += ["", "## Policy levers", ""]
    lines += [f"- **{group}**: {', '.join(f'`{n}`' for n in names)}" for group, names in LEVER_GROUPS.items()]
    lines += ["", "## Rules a study may choose (closure)", ""]
    for name, options in CHOICES.items():
        lines += [f"- `{name}`", *(f"  - `{option}`: {meaning}" for option, meaning in options.items())]
    lines += ["", "## Reasons of the assumptions", "", *(f"- `{name}`: {reason}" for name, reason in REASONS.items())]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(text(), encoding="utf-8", newline="\n")
