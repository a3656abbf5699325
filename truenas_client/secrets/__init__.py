"""Secrets as values, and the masking of secrets in every text and value that is shown, logged or stored."""

__all__ = ["MASK"]

MASK = "********"
"""The mask that the server itself uses in job results (the facts of the wire, "Jobs")."""
