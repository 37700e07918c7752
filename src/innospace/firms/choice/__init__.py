"""Choice models: one decision, several joint decisions, decisions over time."""
