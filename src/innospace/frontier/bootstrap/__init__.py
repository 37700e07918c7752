"""The bootstrap of a fitted frontier: draws, refits in one array program, intervals."""

from innospace.frontier.bootstrap.refits import Refits
from innospace.frontier.bootstrap.result import FrontierBootstrap

__all__ = ["FrontierBootstrap", "Refits"]
