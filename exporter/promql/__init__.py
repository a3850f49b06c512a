"""What of Prometheus' query language is answered here: which series a selector chooses."""
