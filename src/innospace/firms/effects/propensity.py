"""Treated and untreated rows with outcomes and an estimated propensity score: what every method here starts from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from innospace.core.checks import Check
from innospace.core.errors import DataError, SpecError, offenders
from innospace.core.labels import require_known
from innospace.core.table import Column, Table
from innospace.data import formula as language
from innospace.firms.choice.binary import BinaryFit, distribution, fit_binary, require_no_perfect_predictor
from innospace.firms.design import Design, design, require_binary, table_of
from innospace.firms.estimates import Array, Estimates, likelihood_covariances
from innospace.numerics.linear import intercept_column

if TYPE_CHECKING:
    import pandas as pd

    from innospace.data import Dataset

Booleans = NDArray[np.bool_]

LINKS = ("logit", "probit")
OVERLAP = 0.05
"""Largest share of rows outside the scores of the other group at which the overlap check passes."""
LABELS = ("firm", "id", "unit", "region", "year")
"""Columns that name a row in files of scores and pairs."""


@dataclass(frozen=True, slots=True)
class Score:
    """A propensity score ``p(x) = F(x'b)``.

    Attributes
    ----------
    link : str
        ``logit`` or ``probit``.
    fit : BinaryFit
    index : ndarray, shape (n,)
        ``x'b``: the log odds of a logit.
    values : ndarray, shape (n,)
        The probability of treatment.
    """

    link: str
    fit: BinaryFit
    index: Array
    values: Array

    @property
    def density(self) -> Array:
        """Derivative of the probability by the index, shape (n,)."""
        if self.link == "logit":
            return self.values * (1.0 - self.values)
        return np.asarray(np.exp(-0.5 * np.square(self.index)) / np.sqrt(2.0 * np.pi))

    @property
    def influence(self) -> Array:
        """Influence of every row on the coefficients, shape (n, k); outer products sum to a sandwich."""
        return np.asarray(np.linalg.solve(-self.fit.hessian, self.fit.scores.T).T)


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows of a study of one treatment.

    Attributes
    ----------
    design : Design
        The propensity model: its outcome is the treatment.
    treated : ndarray of bool, shape (n,)
    outcomes : mapping of str to ndarray, shape (n,)
    covariates : ndarray, shape (n, k)
        Columns of the propensity model without the constant.
    names : tuple of str
        Length k.
    score : Score
    """

    design: Design
    treated: Booleans
    outcomes: dict[str, Array]
    covariates: Array
    names: tuple[str, ...]
    score: Score

    @property
    def n(self) -> int:
        """Rows."""
        return len(self.treated)

    @property
    def estimates(self) -> Estimates:
        """Coefficients of the propensity model with their covariances."""
        fit = self.score.fit
        return Estimates(
            self.design.names, fit.theta, likelihood_covariances(fit.hessian, fit.scores, self.design.clusters)
        )

    def labels(self) -> dict[str, Any]:
        """Return columns that name the rows: position in the table given, and its labels."""
        frame = self.design.frame
        return {"row": self.design.kept + 1, **{c: frame[c] for c in LABELS if c in frame.columns}}


def sample(
    treatment: str,
    outcome: str | Sequence[str],
    data: Any,
    *,
    link: str = "logit",
    cluster: str | None = None,
    also: tuple[str, ...] = (),
) -> Sample:
    """Return checked rows with a fitted propensity score.

    Parameters
    ----------
    treatment : str
        ``treatment ~ covariates``; the treatment holds 0 and 1.
    outcome : str or sequence of str
        Columns, or transforms of columns (``log(sales)``).
    data : Dataset, frame or mapping of arrays
    link : str
        ``logit`` or ``probit``.
    cluster : str, optional
    also : tuple of str
        Further columns that must not be missing.

    Raises
    ------
    FormulaError, LabelError, DataError, SpecError
        Also with no treated or no untreated row, with a treatment that is constant, and on perfect separation.
    """
    require_known([link], LINKS, kind="link")
    outcomes = _outcome_formulas(outcome)
    used = tuple(n for f in outcomes for n in f.names)
    dataset = _numbers_for_truths(table_of(data))
    d = design(treatment, dataset, cluster=cluster, also=(*used, *also))
    require_binary(d.y, d.outcome)
    constant = intercept_column(d.x)
    shown = [j for j in range(len(d.names)) if j != constant]
    if not shown:
        raise SpecError(
            "The treatment formula has no covariates.",
            where=repr(treatment),
            allowed="treatment ~ covariates",
            remedy="Name what the groups should be alike in: size, productivity, industry before the treatment.",
        )
    require_no_perfect_predictor(d.y, d.x, d.names)
    fit = _fit(d, link, shown)
    index = d.x @ fit.theta
    return Sample(
        d,
        d.y == 1.0,
        {f.outcome.strip("`"): language.materialise(f, d.frame).y for f in outcomes},
        d.x[:, shown],
        tuple(d.names[j] for j in shown),
        Score(link, fit, index, distribution(index, link)),
    )


def _fit(d: Design, link: str, shown: Sequence[int]) -> BinaryFit:
    """Return the propensity model; separated groups are told as what they are here, a lack of overlap."""
    try:
        return fit_binary(d.y, d.x, link)
    except DataError as error:
        apart = [d.names[j] for j in shown if _apart(d.x[d.y == 1.0, j], d.x[d.y == 0.0, j])]
        told = f"{offenders(apart)} alone tells them apart; " if apart else "a combination of covariates does; "
        raise DataError(
            "There is no overlap: the covariates tell every treated row from every untreated one.",
            where=f"{told}{int(d.y.sum())} treated and {int(np.sum(d.y == 0.0))} untreated rows",
            allowed="covariates at whose values both treated and untreated rows are found",
            remedy="Leave out what decides the treatment by itself or comes after it; else the groups cannot be "
            "compared.",
        ) from error


def _apart(one: Array, other: Array) -> bool:
    return bool(one.min() > other.max() or one.max() < other.min())


def _outcome_formulas(outcome: str | Sequence[str]) -> tuple[language.ParsedFormula, ...]:
    names = [outcome] if isinstance(outcome, str) else list(outcome)
    if not names:
        raise SpecError("There is no outcome.", allowed="one column or several", remedy="Give outcome=.")
    twice = [n for n in dict.fromkeys(names) if names.count(n) > 1]
    if twice:
        raise SpecError(f"Outcome {offenders(twice)} is named twice.", remedy="Name every outcome once.")
    ticked = [n if n.replace("_", "a").isalnum() or "(" in n or "`" in n else f"`{n}`" for n in names]
    return tuple(language.parse(f"{n} ~ 1") for n in ticked)


def _numbers_for_truths(dataset: Dataset) -> Dataset:
    """Return the dataset with columns of true and false as 1 and 0, which formulas take for numbers."""
    from pandas.api.types import is_bool_dtype

    truths = [c for c in dataset.frame.columns if is_bool_dtype(dataset.frame[c].dtype)]
    if not truths:
        return dataset
    return dataset.with_frame(
        dataset.frame.astype(dict.fromkeys(truths, "Float64")).astype(dict.fromkeys(truths, float))
    )


@dataclass(frozen=True, slots=True)
class Overlap:
    """How far the scores of both groups cover each other.

    Attributes
    ----------
    low, high : float
        Common support: from the larger minimum to the smaller maximum.
    outside : float
        Share of all rows outside of it.
    treated_outside, control_outside : float
        Share of the treated beyond the scores of the untreated, and the other way round.
    smallest, largest : float
        Extremes of the score.
    """

    low: float
    high: float
    outside: float
    treated_outside: float
    control_outside: float
    smallest: float
    largest: float


def overlap(score: Array, treated: Booleans) -> Overlap:
    """Compare the ranges of the scores of both groups."""
    t, c = score[treated], score[~treated]
    low, high = max(t.min(), c.min()), min(t.max(), c.max())
    return Overlap(
        float(low),
        float(high),
        float(np.mean((score < low) | (score > high))),
        float(np.mean((t < c.min()) | (t > c.max()))),
        float(np.mean((c < t.min()) | (c > t.max()))),
        float(score.min()),
        float(score.max()),
    )


def overlap_check(found: Overlap, estimand: str) -> Check:
    """Return the check that few rows of the population of the effect lie beyond the scores of the other group."""
    beyond = {"att": found.treated_outside, "atc": found.control_outside}.get(estimand, found.outside)
    return Check.at_most(
        "overlap",
        beyond,
        OVERLAP,
        "Share of the rows that the effect is about whose propensity score no row of the other group reaches: for them "
        "there is nothing to compare with.",
        "Use common_support=True, a caliper or trim=, and say for whom the effect then holds.",
    )


def overlap_numbers(found: Overlap) -> dict[str, float]:
    """Return the numbers of the overlap by the names of the glossary."""
    return {
        "share_outside_support": found.outside,
        "treated_outside_support": found.treated_outside,
        "smallest_score": found.smallest,
        "largest_score": found.largest,
    }


ESTIMANDS = {"att": "the treated", "atc": "the untreated", "ate": "all", "ato": "the overlap of both groups"}
"""For whom each effect holds."""


def row_frame(s: Sample, weights: Array) -> pd.DataFrame:
    """Return score and weight of every row used, with its labels."""
    import pandas as pd

    return pd.DataFrame(
        {**s.labels(), "treated": s.treated.astype(np.int8), "score": s.score.values, "weight": weights}
    )


def errors_table(method: str, kinds: dict[str, Array], outcomes: Sequence[str], notes: dict[str, str]) -> Table:
    """Return the standard error of every kind for every outcome; what a kind allows for stands beside it."""
    import pandas as pd

    rows = [
        {"outcome": o, "kind": kind, "std_error": errors[j], "allows_for": notes[kind]}
        for j, o in enumerate(outcomes)
        for kind, errors in kinds.items()
    ]
    columns = (
        Column("outcome", "Outcome"),
        Column("kind", "Standard error"),
        Column("std_error", "Value", "fixed:4"),
        Column("allows_for", "Allows for"),
    )
    return Table(f"{method}-errors", "Standard errors of every kind", pd.DataFrame(rows), columns)
