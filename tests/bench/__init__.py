"""Measurements, each beside its peer or raw limit in the same run. Started by ``make bench``."""
