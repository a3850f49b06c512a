"""Tokens for the clouds' own Kubernetes, got as their command line tools would, without those."""
