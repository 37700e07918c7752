"""Stochastic frontier analysis."""
