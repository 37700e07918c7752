"""Frontiers with a structure over their rows: groups under one metafrontier."""
