"""Secrets as values, and the masking of secrets in every text and value that is shown, logged or stored."""
