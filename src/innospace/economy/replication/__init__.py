"""Replication of the source paper's policy options for the Republic of Bashkortostan."""

from innospace.economy.replication.replicate import replicate_bashkortostan
from innospace.economy.replication.result import BashkortostanReplication

__all__ = ["BashkortostanReplication", "replicate_bashkortostan"]
