"""Words of the agents: assumptions, calibrated numbers, moments, measures, instruments."""

from __future__ import annotations

from innospace.agents.assumptions import REASONS, Assumptions
from innospace.agents.network import MEASURES
from innospace.agents.policy import INSTRUMENTS
from innospace.agents.spec import AgentSpec
from innospace.agents.targets import HELD_OUT, MOMENTS
from innospace.agents.terms_results import RESULTS
from innospace.core.formula_text import plain
from innospace.core.terms import Term

_SOURCE = "reconstruction; space after Makarov, Ayvazyan, Afanasyev, Bakhtizin and Nanavyan (2016)"
_MEANINGS = {
    "fields": ("count", "Fields of science and technology, on a circle."),
    "size_dispersion": ("log units", "Standard deviation of the logarithm of size of agents."),
    "acceptance": ("fraction", "Share of meetings that become links in a region on the frontier."),
    "fit_effect": ("log odds", "Effect of fit (0 to 1) on cooperation."),
    "experience_effect": ("log odds", "Effect of past success beyond what fit foretold (-1 to 1) on cooperation."),
    "neighbour_effect": (
        "log odds",
        "Effect of neighbours' success beyond what was foreseen (-1 to 1) on cooperation.",
    ),
    "cost_effect": ("log odds", "Effect on cooperation when someone else bears all costs."),
    "success_rate": ("fraction", "Share of joint projects that succeed in a year at middling fit."),
    "success_fit": ("log odds", "Effect of fit on success of a project."),
    "end_after_success": ("fraction", "Chance that a link ends after a year of success."),
    "end_after_failure": ("fraction", "Chance that a link ends after a year of failure."),
    "memory": ("fraction", "Part of experience that is left after a year."),
    "reach": ("fraction", "Share of meetings with an organisation of another region, company of mean size."),
    "distance_km": ("km", "Distance at which meetings across regions fall to 1/e."),
    "openness_persistence": ("fraction", "Autocorrelation of regional changes of openness."),
    "organisations_exponent": ("exponent", "Where only V is known, S is in proportion to V to this power."),
    "project_cost": ("million roubles", "Cost of a joint project in a year."),
    "introduction_cost": ("million roubles", "Cost of one introduction by a cooperation centre."),
    "order_cost": ("million roubles", "Cost of one ordered project."),
    "introduction_effect": ("log odds", "Effect of a broker on cooperation."),
    "window": ("years", "Years over which innovations of the panel are averaged."),
}
_OWN = (
    Term(
        "openness", "θ", "log odds", "Log odds that a meeting of middling fit becomes a link, by region.", "", _SOURCE
    ),
    Term(
        "fit", "f", "fraction", "How well two partners fit: half closeness of fields, half of their own.", "", _SOURCE
    ),
    Term(
        "links",
        "L",
        "links",
        "Links in use: pairs of an R&D organisation and an innovative company that cooperate in a year; counted "
        "where the company is.",
        "",
        _SOURCE,
    ),
    Term(
        "duplication",
        "",
        "",
        "Several links find the same idea; it counts once. Links therefore give innovations less than in proportion.",
        "E[Q | L] = L^delta",
        "Karlin (1967)",
    ),
    Term(
        "growth",
        "g",
        "log points a year",
        "Growth of the share of the space in use up to the last year of the panel, calibrated.",
    ),
    Term("openness_sd", "", "log odds", "Standard deviation of regional changes of openness, calibrated."),
    Term(
        "dispersion",
        "",
        "variance",
        "Variance of the gamma factor (mean one) of a region's innovations in a year, calibrated; zero is Poisson.",
        "Var Q = m + dispersion m^2",
    ),
    Term(
        "follows_frontier",
        "",
        "slope",
        "Slope of log expected innovations of runs on those of the frontier; 1 is right.",
    ),
    Term("calibration_converged", "", "", "Whether the search for the calibrated numbers ended by itself."),
    Term("calibration_fit", "", "probability", "Tail probability of the distance between moments of panel and runs."),
    Term("held_out_moments", "", "standard deviations", "Largest distance of a moment that was not aimed at."),
    Term(
        "simulated_method_of_moments",
        "",
        "",
        "Numbers are chosen so that moments of simulated data come close to those of observed data.",
        "J = (m - m_s)' S^-1 (m - m_s) / (1 + 1/R)",
        "McFadden (1989)",
    ),
    Term(
        "common_random_numbers",
        "",
        "",
        "Runs that are compared share all random numbers that what differs does not touch.",
    ),
    Term("anyway", "", "links", "Co-funded links that would have been made without the money as well."),
    Term(
        "efficiency_gain",
        "",
        "fraction",
        "Technical efficiency with a policy less that without, in runs that share random numbers; offered to links.",
    ),
    Term("growth_after", "", "log points a year", "Growth of the share in use after the panel, assumed."),
)


def explain_terms() -> tuple[Term, ...]:
    """Return the words of the agents."""
    values = Assumptions().to_dict()
    assumed = (
        Term(n, "", unit, f"{meaning} Assumed: {values[n]:g}. {REASONS[n]}") for n, (unit, meaning) in _MEANINGS.items()
    )
    moments = (Term(n, "", "", f"{meaning}.") for n, meaning in {**MOMENTS, **HELD_OUT}.items())
    measures = (Term(n, "", unit, f"{meaning}.") for n, (unit, meaning) in MEASURES.items())
    instruments = (Term(n, "", "", meaning) for n, meaning in INSTRUMENTS.items())
    equations = (Term(e.name, "", "", e.meaning, plain(e.typst), _SOURCE, e.latex) for e in AgentSpec().equations())
    return (*_OWN, *assumed, *moments, *measures, *instruments, *equations, *RESULTS)
