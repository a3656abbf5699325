"""Secrets as values, how they are recognised, and how they are masked in everything that is shown, logged or stored."""
