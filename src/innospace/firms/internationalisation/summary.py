"""The study as one result: the findings of the brief beside what the data say, and every analysis as a part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from innospace.core.checks import Check
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed
from innospace.core.provenance import Nature, Provenance, Source
from innospace.core.status import Status, StatusCode
from innospace.core.table import Column, Table
from innospace.firms.internationalisation.cross_section import speaks
from innospace.firms.internationalisation.equations import Equations
from innospace.firms.internationalisation.plan import Plan
from innospace.firms.internationalisation.verdicts import HOLDS, Verdict, verdicts
from innospace.firms.internationalisation.waves import TwoWaves
from innospace.firms.internationalisation.wording import words
from innospace.firms.presentation import p_clause
from innospace.firms.result import FirmResult

if TYPE_CHECKING:
    import pandas as pd

SOURCE = (
    "The findings are those of the policy brief of the SEARCH project on Russian manufacturing firms (Golikova, "
    "Gonchar and Kuznetsov), in our words. The brief prints no coefficient and its firm data are not public."
)
COVERAGE = 0.85
"""Share of true values that must lie in their 95 % intervals: with some 40 dependent comparisons of one panel, fewer
than 85 % would happen by chance in well under 1 % of panels."""
CROSS = "cross-section "
LEADS = (
    *(f"{CROSS}decisions", f"{CROSS}premium", "learning", "entry", "matching export", "hidden bias", "mediation"),
    "event study",
)
"""Analyses whose findings stand among those of the study, real data first: all of learning, the first of others."""
CHANNELS = "{channel}"
CHAPTERS: Mapping[str, tuple[str, ...]] = {
    "Who trades and who starts to innovate": ("descriptives",),
    "Self-selection": ("entry", "premium {channel}", "before {channel}"),
    "Learning": ("learning", "matching {channel}", "hidden bias", "matched growth {channel}", "joint decisions"),
    "Complementarity": ("interaction", "complementarity"),
    "Partners": ("partners", "joint partners", "mediation"),
    "Productivity over the years": ("productivity", "event study"),
    "A cross-section of innovating firms": tuple(
        f"{CROSS}{name}"
        for name in ("decisions", "premium", "balancing", "joint", "complementarity", "mediation", "chain")
    ),
}
"""Headings of the report and the analyses under them."""


def summarise(
    waves: TwoWaves,
    equations: Equations,
    results: Mapping[str, FirmResult],
    missed: Mapping[str, str],
    provenance: Provenance,
) -> FirmResult:
    """Return the study with its parts."""
    found = verdicts(waves, equations)
    cross = {k.removeprefix(CROSS): v for k, v in results.items() if k.startswith(CROSS)}
    lines = lines_frame(found)
    simulated = waves.source.nature is Nature.SIMULATED
    tables = (findings_table(found, cross), lines_table(lines, simulated))
    told = {**equations.missed, **missed}
    return FirmResult(
        method="study",
        title="Internationalisation, partnerships and innovation",
        description=f"{SOURCE} Each is held against {waves.source.name}, {fixed(len(waves.frame), 0)} firms in both "
        f"waves{', a simulated panel with known truth' if simulated else ''}. Coefficients of all equations have one "
        "joint robust covariance, so that they can be compared across equations.",
        n=len(waves.frame),
        provenance=provenance,
        estimates=equations.estimates,
        numbers={f"starters_{c}": float(waves.starters(c)) for c in waves.plan.channels},
        tables=(*tables, equations_table(equations)),
        figures=lines_figures(lines, waves),
        status=Status(StatusCode.CONVERGED, f"{len(equations.pieces)} equations and {len(results)} analyses finished."),
        checks=(*_checks(lines), *_telling(c for r in results.values() for c in r.checks)),
        warnings=(*waves.warnings, *_unnamed(waves), *(f"Left out: {name}. {why}" for name, why in told.items())),
        steps=waves.steps,
        sentences=_sentences(found, waves, results),
        parts=dict(results),
        chapters=_chapters(waves),
    )


TELLING = ("pre_trends", "balance", "overlap", "matched", "smallest", "plausible", "truth")
"""Names of checks on which findings hang; the others are of numerics and counts."""


def _telling(checks: Iterable[Check]) -> list[Check]:
    """Return checks, those that failed and those that findings hang on first; equal ones of one analysis once."""
    worst: dict[str, Check] = {}
    for c in checks:
        # several equations of one analysis have the same check: the one that failed, else the first, stands for them
        if c.name not in worst or (worst[c.name].ok and not c.ok):
            worst[c.name] = c
    return sorted(worst.values(), key=lambda c: (c.ok, not c.name.rpartition(".")[2].startswith(TELLING)))


def _unnamed(waves: TwoWaves) -> tuple[str, ...]:
    """Tell that findings of the brief know channels and outcomes by their roles, where a panel names none."""
    told = []
    for part, given, roles in (
        ("channels", waves.plan.channels, Plan().channels),
        ("outcomes", waves.plan.outcomes, Plan().outcomes),
    ):
        other = [g for g in given if g not in roles]
        if other:
            plays = f"{', '.join(other)} play{'s' if len(other) == 1 else ''} none of them"
            told.append(
                f"Findings of the brief know {part} by the roles {', '.join(roles)}; {plays}. To compare, write "
                f"{part} = {{ {roles[0]} = COLUMN }} (on the command line {part}={roles[0]}:COLUMN)."
            )
    return tuple(told)


def _chapters(waves: TwoWaves) -> dict[str, tuple[str, ...]]:
    channels = waves.plan.channels
    return {
        title: tuple(name.format(channel=c) for name in names for c in (channels if CHANNELS in name else channels[:1]))
        for title, names in CHAPTERS.items()
    }


def _sentences(found: tuple[Verdict, ...], waves: TwoWaves, results: Mapping[str, FirmResult]) -> tuple[str, ...]:
    held = [v for v in found if v.verdict == HOLDS]
    panel = _named(waves.source, len(waves.frame))
    rest = [f"{v.claim.statement.rstrip('.')}: {v.verdict}" for v in found if v.verdict != HOLDS]
    built = ", which was built to hold them" if _checks(lines_frame(found)) else ""
    head = f"{len(held)} of {len(found)} findings of the brief are found in the {panel}{built}"
    told = [f"{head}{'; not so: ' + '; '.join(rest) if rest else ''}."]
    for name in LEADS:
        if name not in results:
            continue
        part = results[name]
        sentences = part.findings()[: 3 if name in ("learning", f"{CROSS}decisions") else 1]
        told += [f"{_short(part.provenance.sources[0])}: {s}" for s in sentences]
    return tuple(told)


def _short(source: Source) -> str:
    """Return the nature of a source and its name, as a mark before a finding."""
    nature = str(source.nature)
    return f"{nature[:1].upper()}{nature[1:]} ({source.name})"


def _named(source: Source, firms: int) -> str:
    """Return a source as a reader would call it, with its nature."""
    nature = "simulated panel with known truth" if source.nature is Nature.SIMULATED else f"{source.nature} data"
    count = f", {fixed(firms, 0)} firms" if firms else ""
    return f"{nature} ({source.name}{count})"


def lines_frame(found: tuple[Verdict, ...]) -> pd.DataFrame:
    """Return every comparison of every finding, one row each."""
    import pandas as pd

    frames = [
        v.lines.assign(finding=v.claim.key, statement=v.claim.statement, unit=v.claim.unit, expected=_expected(v))
        for v in found
    ]
    return pd.concat(frames, ignore_index=True)


def _expected(v: Verdict) -> str:
    return "none" if v.claim.null else "positive"


def findings_table(found: tuple[Verdict, ...], cross: Mapping[str, FirmResult]) -> Table:
    """Return the findings of the brief, what the panel says and what the cross-section says."""
    import pandas as pd

    rows = []
    for v in found:
        first = v.lines.iloc[0]
        rows.append(
            {
                "finding": v.claim.key,
                "statement": v.claim.statement,
                "verdict": v.verdict,
                "panel": _panel_words(v),
                "p_joint": v.p_joint,
                "firms": float(np.nanmin(v.lines["firms"])) if v.lines["firms"].notna().any() else float("nan"),
                "first_estimate": first["estimate"],
                "cross_section": speaks(v.claim.key, cross) if cross else "",
            }
        )
    columns = [
        Column("statement", "The brief found"),
        Column("verdict", "In the panel"),
        Column("panel", "How large"),
    ]
    columns += [Column("cross_section", "What the cross-section of innovating firms says")] if cross else []
    notes = (
        "As in the brief: every comparison that the finding implies is positive and clear at the 5\u202f% level, each "
        "or all together; for a finding of no effect, all are zero together at that level. "
        "Same sign, not clear: positive, but zero is not excluded.",
        "Index points: differences of probit coefficients; at a probability of one half, 0.1 is about 4 percentage "
        "points. How large: from the smallest to the largest of the comparisons, which stand one by one in the next "
        "table.",
    )
    return Table("findings", "The findings of the brief, one by one", pd.DataFrame(rows), tuple(columns), notes)


def _panel_words(v: Verdict) -> str:
    low, high = v.lines["estimate"].min(), v.lines["estimate"].max()
    span = fixed(low, 2) if len(v.lines) == 1 else f"{fixed(low, 2)} to {fixed(high, 2)}"
    unit = "log points" if v.claim.unit.startswith("log") else "index points"
    firms = v.lines["firms"].min()
    count = f"; {fixed(firms, 0)} starters" if np.isfinite(firms) else ""
    clause = p_clause(v.p_joint)
    return f"{span} {unit} ({clause}{count})"


def lines_table(lines: pd.DataFrame, simulated: bool) -> Table:
    """Return every comparison with its interval, and with the true value where the panel was simulated."""
    columns = [
        Column("statement", "The brief found"),
        Column("comparison", "Comparison"),
        Column("estimate", "Estimate", "fixed:3"),
        Column("lower", "from", "fixed:3", "95\u202f% interval"),
        Column("upper", "to", "fixed:3", "95\u202f% interval"),
        Column("p_value", "p", "p"),
        Column("firms", "Starters", "integer"),
        Column("verdict", "Verdict"),
    ]
    if simulated:
        columns.insert(2, Column("truth", "True", "fixed:3"))
    layout_frame = lines.copy()
    layout_frame["statement"] = layout_frame["statement"].where(~layout_frame["statement"].duplicated(), "")
    shown = Table("comparisons", "Every comparison", layout_frame, tuple(columns))
    return Table("comparisons", "Every comparison", lines, tuple(columns), layout=shown.display())


def _equation_words(name: str) -> str:
    """Return the name of an equation in words: ``start rd`` as ``start of R&D``."""
    for lead, said in _EQUATIONS.items():
        if name.startswith(f"{lead} "):
            return f"{said} {words(name.removeprefix(f'{lead} '))}"
    return "growth of productivity" if name == "growth" else name.replace("_", " ")


_EQUATIONS = {
    "level": "productivity by class of",
    "ex ante": "productivity before entry into",
    "entry": "entry into",
    "start": "start of",
}


def equations_table(equations: Equations) -> Table:
    """Return what each equation rests on; it stands in place of some 200 coefficients, which the file has."""
    import pandas as pd

    rows = [
        {
            "equation": _equation_words(p.name),
            "firms": p.n,
            "coefficients": len(p.names),
            "log_likelihood": p.log_likelihood,
        }
        for p in equations.pieces.values()
    ]
    columns = (
        Column("equation", "Equation"),
        Column("firms", "Firms", "integer"),
        Column("coefficients", "Coefficients", "integer"),
        Column("log_likelihood", "Log-likelihood", "fixed:1"),
    )
    note = "A dash: least squares. Coefficients with errors stand in the file of the step's data, and in --json."
    return Table("equations-coefficients", "The joint equations", pd.DataFrame(rows), columns, (note,))


def lines_figures(lines: pd.DataFrame, waves: TwoWaves) -> tuple[Figure, ...]:
    """Draw what starting to trade does to starting to innovate, and the truth where it is known; nothing without it."""
    frame = lines[lines["finding"].isin(("learning_export", "import_export", "machinery_inputs", "continuous_new"))]
    if frame["estimate"].isna().all():
        return ()
    shown = frame.assign(model="estimated")[["comparison", "model", "estimate", "lower", "upper"]]
    if frame["truth"].notna().any():
        import pandas as pd

        true = frame.assign(model="true", estimate=frame["truth"], lower=frame["truth"], upper=frame["truth"])
        shown = pd.concat([shown, true[shown.columns]], ignore_index=True)
    clear = int((frame["lower"] > 0).sum())
    drawn = Figure(
        "learning-comparisons",
        FigureKind.COEFFICIENTS,
        f"{clear} of {len(frame)} comparisons behind learning are clearly positive{_of_truth(frame)}",
        "Differences of probit coefficients of starting to innovate, 95\u202f% intervals, "
        f"{fixed(len(waves.frame), 0)} firms",
        f"Source: {waves.source.name} ({waves.source.nature}); estimated, joint robust covariance.",
        "Comparisons: " + ", ".join(f"{r['comparison']} {r['estimate']:.2f}" for _, r in frame.iterrows()),
        shown.reset_index(drop=True),
        {
            "term": "comparison",
            "estimate": "estimate",
            "lower": "lower",
            "upper": "upper",
            "model": "model",
            "value_title": "Points of the probit index",
        },
    )
    return (drawn,)


def _of_truth(frame: pd.DataFrame) -> str:
    """Return how many intervals hold the true value, where it is known."""
    known = frame[frame["truth"].notna()]
    if known.empty:
        return ""
    inside = int(((known["lower"] <= known["truth"]) & (known["truth"] <= known["upper"])).sum())
    return f"; {inside} of {len(known)} intervals hold the true value"


def _checks(lines: pd.DataFrame) -> tuple[Check, ...]:
    known = lines[lines["truth"].notna()]
    if known.empty:
        return ()
    inside = ((known["lower"] <= known["truth"]) & (known["truth"] <= known["upper"])).mean()
    return (
        Check.at_least(
            "truth_inside",
            float(inside),
            COVERAGE,
            f"Share of {len(known)} comparisons whose 95 % interval holds the value the panel was simulated with.",
            "The estimators or the generator have changed: run the recovery tests.",
        ),
    )
