"""Which clusters there are."""
