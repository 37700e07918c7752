"""What a table must hold for an engine to use it."""
