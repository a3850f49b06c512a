"""Observing many clusters: one task each, and what is known about them."""
