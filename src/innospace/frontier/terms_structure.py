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
