"""The replication in words."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from innospace.core.document import Block, Notice, Paragraph, Section
from innospace.core.figure import Figure, FigureKind
from innospace.core.numbers import fixed, percent
from innospace.core.provenance import Nature
from innospace.economy.models.knowledge import labels as k
from innospace.economy.models.knowledge.fit import Fit
from innospace.economy.replication.result import LIMITS, SHAPE_TITLES, number

if TYPE_CHECKING:
    from innospace.economy.replication.result import BashkortostanReplication


def summary(result: BashkortostanReplication) -> str:
    """Return text for a terminal, at most 100 columns wide."""
    r = result
    frame = r.to_frame()
    lines = [
        "Table 6 of Makarov et al. (2016): change of average annual growth against the baseline",
        "",
        f"{'':<8}{'':>11}{'ours, default':^26}{'ours, fitted as percent':^28}",
        f"{'option':<8}{'published':>11}{'points':>13}{'percent':>13}{'3 scales':>14}{'9 coefficients':>16}",
    ]
    lines += [
        f"{number(str(row.option)):<8}{row.paper:>11.3f}{row.default_points:>13.3f}{row.default_percent:>13.2f}"
        f"{row.fit_percent_scales:>14.3f}{row.fit_percent_coefficients:>16.3f}"
        for row in frame.itertuples()
    ]
    lines.append("")
    lines += [
        f"Fit as {f.reading}, {SHAPE_TITLES[f.shape]}: error {f.rms:.4f}, baseline growth "
        f"{f.baseline_growth:.2f} %, {f.reached} of {f.starts} starts"
        for f in r.fits
    ]
    te = r.economy.efficiency
    lines += textwrap.wrap(f"Efficiency of the innovation space {te.value:.3f}, {te.origin}", 100)
    lines += [f"Baseline and four options of {len(r.economy.years)} years solved in {r.seconds:.2f} s"]
    return "\n".join(lines)


def findings(result: BashkortostanReplication) -> tuple[str, ...]:
    """Return what the replication found, in sentences."""
    r = result
    e, growth = r.effects, float(r.economy.effects["growth"][r.economy.baseline])
    kept = all(c.ok for c in r.checks if c.name.startswith("pattern."))
    listed = ", ".join(f"{number(n)}: {fixed(v, 3)}" for n, v in e.items())
    best, scales = r.fit("percent", "coefficients"), r.fit("percent", "scales")
    return (
        f"With documented assumptions and no number taken from the paper, the options change a baseline growth of "
        f"{fixed(growth, 2)}\u202f% a year by ({listed}) percentage points. "
        + (
            "Signs and order are the published ones, option 2 loses less than option 1 gains, and option 4 brings more "
            "than options 1 and 3 apart."
            if kept
            else "The published pattern does not hold in full; see the checks."
        ),
        f"Read as percent of baseline growth, as the heading of the table says, the four numbers are "
        f"{_reached(best)} with nine coefficients ({_numbers(best)}; error {fixed(best.rms, 4)}) and "
        f"{_reached(scales)} with three scales ({_numbers(scales)}; error {fixed(scales.rms, 3)}).",
        _points(r),
        _sharp(r),
    )


def _numbers(fit: Fit) -> str:
    return ", ".join(fixed(v, 3) for v in fit.fitted.values())


def _reached(fit: Fit) -> str:
    if fit.rms <= LIMITS["coefficients"]:
        return "reached almost exactly"
    return "reached closely" if fit.rms <= LIMITS["scales"] else "approached but not reached"


def _points(r: BashkortostanReplication) -> str:
    f = r.fit("points", "coefficients")
    worst = max(r.paper, key=lambda n: abs(f.fitted[n] - r.paper[n]))
    return (
        f"Read as percentage points they are not within reach: the best fit gives {_numbers(f)} (error "
        f"{fixed(f.rms, 2)}); option {number(worst)} is furthest, {fixed(f.fitted[worst], 3)} instead of "
        f"{fixed(r.paper[worst], 3)}."
    )


def _sharp(r: BashkortostanReplication) -> str:
    f = r.fit("percent", "coefficients")
    less, more = f.knife_edge["0.9"], f.knife_edge["1.1"]
    turned = [number(n) for n in r.paper if less[n] * f.fitted[n] < 0.0]
    turn = f" The sign of option {', '.join(turned)} changes." if turned else ""
    return (
        f"The fit is a knife edge: with all coefficients 10\u202f% smaller option 1 gives {fixed(less['option-1'], 2)} "
        f"and option 2 {fixed(less['option-2'], 2)}, 10\u202f% larger {fixed(more['option-1'], 2)} and "
        f"{fixed(more['option-2'], 2)}.{turn}"
    )


def edge_figure(result: BashkortostanReplication) -> Figure:
    """Return effects against the scale of the fitted coefficients."""
    r = result
    data = r.edge.assign(option=["Option " + number(n) for n in r.edge["scenario"]])
    f = r.fit("percent", "coefficients")
    low = f.knife_edge["0.9"]["option-2"]
    title = (
        "Ten percent off the coefficients turn the sign of option 2"
        if low * f.fitted["option-2"] < 0.0
        else "Effects change steeply with the scale of the coefficients"
    )
    return Figure(
        "knife-edge",
        FigureKind.LINES,
        title,
        "Effect on average annual growth, percent of baseline growth, against a factor on all nine fitted coefficients",
        "Simulated. At factor 1 stands the fit to the published effects, read as percent of baseline growth.",
        "Lines of the effects of four options against a factor on the fitted coefficients from 0.5 to 1.4; options 1, "
        "2 and 4 cross zero or change steeply near 1.",
        data[["factor", "option", "effect"]],
        {
            "x": "factor",
            "y": "effect",
            "series": "option",
            "x_title": "Factor on all knowledge coefficients",
            "y_title": "Effect, % of baseline growth",
        },
    )


def sections(result: BashkortostanReplication) -> tuple[Section, ...]:
    """Return the replication report: print beside ours, fits, limits, then the economy itself."""
    r = result
    te = r.economy.efficiency
    comparison: list[Block] = [
        r.table("comparison"),
        Notice(
            "The paper prints neither equations nor parameters of its economy beyond the production function, agents "
            "and markets. The other equations are reconstructed, and the matrix of 2012 rests in part on assumptions.",
            Nature.RECONSTRUCTED,
        ),
        Paragraph(
            f"Efficiency of the innovation space: {fixed(te.value, 3)}, {te.origin}. While efficiency stays where it "
            "is, the level of technology absorbs it and no effect depends on it."
        ),
    ]
    fits: list[Block] = [
        Paragraph(
            "The coefficients α, β and γ of the three producers were fitted to the four published effects by bounded "
            "least squares from several starts, in both readings of the unit: first three scales on the default "
            "coefficients, then all nine."
        ),
        r.table("fits"),
        r.table("coefficients"),
    ]
    sharp: list[Block] = [
        *(Paragraph(text) for text in limits(r)),
        edge_figure(r),
        r.table("knife-edge"),
        r.table("depreciation"),
        r.table("readings"),
    ]
    return (
        Section("comparison", "Published and simulated", tuple(comparison)),
        Section("fits", "Fitted coefficients", tuple(fits)),
        Section("limits", "What the fits can and cannot say", tuple(sharp)),
        *r.economy.sections(),
    )


def limits(result: BashkortostanReplication) -> list[str]:
    """Return why one reading fits and the other does not, and how much weight the fit bears."""
    r = result
    points, best = r.fit("points", "coefficients"), r.fit("percent", "coefficients")
    wanted = r.paper["option-3"] / r.paper["option-1"]
    ours = r.effects["option-3"] / r.effects["option-1"]
    years = len(r.economy.years) - 1
    level = {
        n: percent((1.0 + f.baseline_growth / 100.0) ** -years * _level(f, r, n) - 1.0, 1)
        for n, f in (("points", points), ("percent", best))
    }
    rate = min(r.rates, key=lambda d: r.rates[d][-1].rms)
    return [
        f"Why points are out of reach. The tax relief of option 3 moves far less money than the programmes of option "
        f"1, and with default assumptions its effect is {fixed(ours, 2)} of theirs; the published ratio is "
        f"{fixed(wanted, 2)}. A rouble of relief would have to work several times harder than a rouble of programmes. "
        f"Coefficients that lift option 3 lift options 1 and 4 first.",
        f"Why percent fits. The published effect of option 4 then means {level['percent']} more product in "
        f"{r.economy.years[-1]}, read as points {level['points']}: much for sums of this size.",
        "Why the fit is sharp. Money for innovation is taken from other uses, investment among them. Where the gain "
        "from knowledge just exceeds that loss, effects are small differences of large numbers. To either side of the "
        "present structure of spending something is lost; where first-order gain and loss cancel, that common loss "
        "is what makes options 1 and 2 so unequal in size.",
        f"What else decides it. How long lost investment is felt depends on depreciation. At a rate of "
        f"{percent(rate, 0)} the error with nine coefficients is {fixed(r.rates[rate][-1].rms, 4)}; at the default of "
        f"{percent(r.economy.model.spec.depreciation, 0)} it is {fixed(best.rms, 4)}.",
        f"What the coefficients mean. Other industries' implied gross returns are "
        f"{percent(best.returns['alpha'][k.OTHER], 1)} on R&D, {percent(best.returns['beta'][k.OTHER], 1)} on training "
        f"and {percent(best.returns['gamma'][k.OTHER], 1)} on innovative goods. {len(best.at_bound)} of nine "
        "coefficients end at a bound: four numbers say nothing about them.",
    ]


def _level(fit: Fit, r: BashkortostanReplication, reading: str) -> float:
    """Return the product of the last year under option 4, base year = 1, from its fitted effect on growth."""
    effect = fit.fitted["option-4"]
    growth = fit.baseline_growth * (1.0 + effect / 100.0) if reading == "percent" else fit.baseline_growth + effect
    return float((1.0 + growth / 100.0) ** (len(r.economy.years) - 1))
