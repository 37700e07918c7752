"""Firm panels: what trade and partnerships do to innovation."""
