"""Recorded series that several dashboards ask for in the same way."""

REQUESTED_SHARE = (
    "cluster_resource:kube_pod_container_resource_requests_per_kube_node_status_allocatable:ratio"
)


def requested_share(resource: str) -> str:
    """The share of what pods may have (allocatable) that they requested, by cluster."""
    return f'max by (cluster) ({REQUESTED_SHARE}{{cluster=~"$cluster", resource="{resource}"}})'
