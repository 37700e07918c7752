"""Replication of the source paper's innovation-space estimates."""

from innospace.frontier.replication.replicate import replicate_innovation_space
from innospace.frontier.replication.result import ReplicationResult

__all__ = ["ReplicationResult", "replicate_innovation_space"]
