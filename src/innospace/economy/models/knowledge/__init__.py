"""The knowledge economy of a region: seven agents, nine product and two labour markets, TE in production."""
