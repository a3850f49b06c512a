"""`kube-fleet-exporter check` and `clusters`: what there would be to read, without serving it."""
