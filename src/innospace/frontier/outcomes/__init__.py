"""Several outcomes beside each other: a frontier for each type of innovation on one table."""

from innospace.frontier.outcomes.fit import fit_outcomes
from innospace.frontier.outcomes.result import OutcomesResult
from innospace.frontier.outcomes.spec import OutcomesSpec

__all__ = ["OutcomesResult", "OutcomesSpec", "fit_outcomes"]
