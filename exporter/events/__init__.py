"""Kubernetes events, counted."""
