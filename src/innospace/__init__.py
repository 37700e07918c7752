"""Workbench for the economics of regional innovation."""

__version__ = "0.1.0"
