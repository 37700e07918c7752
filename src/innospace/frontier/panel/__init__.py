"""Frontiers of panels: inefficiency that lasts, changes over time, or is told apart from effects of the unit."""
