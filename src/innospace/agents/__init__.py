"""Agents: how cooperation of R&D organisations and innovative companies makes technologies. A reconstruction."""
