"""The innovation space: models (2) to (4), hypotheses, efficiency and used space by region and year."""

from innospace.frontier.space.fit import fit_space, simulate_space
from innospace.frontier.space.result import SpaceResult
from innospace.frontier.space.spec import SpaceSpec

__all__ = ["SpaceResult", "SpaceSpec", "fit_space", "simulate_space"]
