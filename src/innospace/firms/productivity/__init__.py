"""Productivity of firms: control functions, share regression, and plain benchmarks."""

from innospace.firms.productivity.verb import METHODS, productivity

__all__ = ["METHODS", "productivity"]
