"""Secrets as values, how they are recognised, and how they are masked in everything that is shown, logged or stored."""

__all__ = ["MASK"]

MASK = "********"
"""What the server itself writes in place of a secret."""
