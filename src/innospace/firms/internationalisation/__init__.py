"""The study of a firm panel: self-selection into trade, learning from it, complementarity, partners."""
