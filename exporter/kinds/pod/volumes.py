"""Which persistent volume claims a pod mounts."""

from __future__ import annotations

from exporter.families.family import Row, Rows
from exporter.kinds.pod.kind import pods
from exporter.kinds.pod.object import Pod

_LABELS = ("volume", "persistentvolumeclaim", "ephemeral")


@pods.rows(*_LABELS, stability="stable")
def kube_pod_spec_volumes_persistentvolumeclaims_info(pod: Pod) -> Rows:
    """Which claim is behind a volume, and whether it goes with the pod; always 1."""
    return [(volume, claim, ephemeral, 1) for volume, claim, ephemeral, _ in _claims(pod)]


@pods.rows(*_LABELS, stability="stable")
def kube_pod_spec_volumes_persistentvolumeclaims_readonly(pod: Pod) -> Rows:
    """1 if the claim behind a volume is mounted for reading only."""
    return _claims(pod)


def _claims(pod: Pod) -> list[Row]:
    """(volume, claim, whether it is ephemeral, whether it is read-only)."""
    rows: list[Row] = []
    for volume in pod.spec.volumes:
        if (claim := volume.persistent_volume_claim) is not None:
            rows.append((volume.name, claim.claim_name, "false", int(claim.read_only)))
        elif volume.ephemeral is not None:
            # The name that the ephemeral volume controller gives to the claim it makes.
            name = f"{pod.metadata.name}-{volume.name}"
            rows.append((volume.name, name, "true", 0))

    return rows
