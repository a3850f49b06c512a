"""Talking to one API server; knows nothing of metrics."""
