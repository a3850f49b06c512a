"""Text that Prometheus reads; knows nothing of Kubernetes."""
