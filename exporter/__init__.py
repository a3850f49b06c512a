"""One async process that reads every cluster of a fleet and exposes one Prometheus page."""

__version__ = "0.1.0"
