"""The bootstrap of a fitted frontier: draws, refits in one array program, intervals."""

from innospace.frontier.bootstrap.refits import Refits
from innospace.frontier.bootstrap.result import FrontierBootstrap
from innospace.frontier.bootstrap.run import bootstrap

__all__ = ["FrontierBootstrap", "Refits", "bootstrap"]
