"""Custom resources, shown as kube-state-metrics' CustomResourceStateMetrics documents say."""
