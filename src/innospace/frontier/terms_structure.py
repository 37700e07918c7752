"""Words of frontiers with a structure."""

from __future__ import annotations

from innospace.core.terms import Term
from innospace.frontier.structure.models import MODELS
from innospace.frontier.structure.search import WORDS

_NAMED = ("sigma_u_zero", "gamma_one", "index_unbounded")
"""Boundaries that an ordinary frontier has too."""

STRUCTURE = (
    *(Term(m.name, "", "", f"Frontier with a structure. {m.says}", "", m.source) for m in MODELS.values()),
    Term("structure", "", "", "Kind of structure beyond one frontier for all rows; as an equation: what it assumes."),
    Term("classes", "", "count", "Number of latent classes; as a table: log-likelihood and BIC by their number."),
    Term("class", "", "", "Likeliest class of a row; in a formula the regressors of class probabilities (class: q)."),
    Term("p_efficient", "", "fraction", "Posterior probability that a row is fully efficient."),
    Term("p_wide", "", "fraction", "Posterior probability that the noise of a row has the larger variance."),
    Term("logit_efficient", "", "log odds", "Log odds of being fully efficient against not, zero_inefficiency."),
    Term("logit_wide", "", "log odds", "Log odds of noise of the larger variance, contaminated_noise."),
    Term("logit_class", "", "log odds", "Log odds of a class (logit_class_2, ...) against class 1, latent_class."),
    Term(
        "lnsigma_v2_wide",
        "ln σ_v2²",
        "log squared units of the outcome",
        "The larger of two log-variances of noise, contaminated_noise.",
    ),
    Term("share", "", "fraction", "Mean prior probability of a class over the rows (share_1, ...)."),
    Term("selected", "", "", "Column of zeros and ones that says where the outcome is seen, selection."),
    Term("selected_share", "", "fraction", "Share of the rows used in which the outcome is seen, selection."),
    Term("select", "", "", "Part of a formula: regressors of the selection (select: z)."),
    Term("instruments", "", "", "Part of a formula: what moves endogenous regressors alone (instruments: z)."),
    Term("atanh_rho", "artanh ρ", "", "Correlation of selection and noise on a scale without limits, selection."),
    Term("rho", "ρ", "", "Correlation of selection and noise, selection."),
    Term("no_selection", "", "", "Likelihood ratio against no correlation of selection and noise.", "rho = 0"),
    Term("smallest_side", "", "fraction", "Check: share of the rows on the smaller side of a selection."),
    Term(
        "exogeneity",
        "",
        "",
        "Likelihood ratio against exogenous regressors: no coefficient of the control function differs from zero.",
        "eta = 0",
    ),
    Term(
        "eta",
        "η",
        "as the outcome",
        "Coefficient of the control function (eta:x), endogenous: what noise has in common with the part of a "
        "regressor that instruments do not move; zero when the regressor is exogenous.",
    ),
    Term(
        "poisson_counts",
        "",
        "",
        "Likelihood ratio against counts without noise beyond that of Poisson counts, counts.",
        "sigma_v = 0",
    ),
    Term("zero_counts", "", "fraction", "Share of the rows whose count is zero, counts."),
    Term("zero_expected", "", "fraction", "Share of zeros that the estimated model expects, counts."),
    Term(
        "zeros_as_expected",
        "",
        "standard deviations",
        "Check: zeros that were counted less those that the model expects.",
    ),
    Term("lnprecision", "", "", "Logarithms of the diagonal of L, where L'L inverts the covariance of reduced forms."),
    Term("precision", "", "", "Entries of L below its diagonal, where L'L inverts the covariance of reduced forms."),
    Term("first_stage_f", "F", "", "Smallest first-stage F statistic of the excluded instruments, endogenous."),
    Term(
        "instruments_strength",
        "",
        "",
        "Check: smallest first-stage F statistic of the instruments; below 10 they are weak.",
        "",
        "Staiger and Stock (1997)",
    ),
    Term("smallest_class", "", "fraction", "Check: share of the rows in the smallest class, by posterior."),
    Term("posterior", "", "", "Chart: how sure it is which class a row belongs to."),
    Term(
        "no_efficient_units",
        "",
        "",
        "Likelihood ratio against a frontier without fully efficient units; half of its distribution lies at zero.",
    ),
    *(Term(name, "", "", f"Boundary: {says}") for name, (says, _) in WORDS.items() if name not in _NAMED),
)
