"""Contracts shared by every room: errors, status, checks, figures, tables, documents, provenance, labels.

No domain words live here, and nothing here imports another room.
"""
