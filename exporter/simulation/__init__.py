"""API servers without clusters: for the demo, for tests that need faults, for benchmarks."""
