"""Models of the economy engine, one folder each."""
