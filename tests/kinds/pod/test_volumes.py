"""Which persistent volume claims a pod mounts."""

from __future__ import annotations

from exporter.kinds.pod import pods
from tests.kinds.series import series

POD = {
    "metadata": {"name": "web-0"},
    "spec": {
        "volumes": [
            {"name": "data", "persistentVolumeClaim": {"claimName": "db"}},
            {"name": "ro", "persistentVolumeClaim": {"claimName": "shared", "readOnly": True}},
            {"name": "scratch", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
            {"name": "tmp", "emptyDir": {}},
        ]
    },
}


def test_claims_are_shown_and_ephemeral_ones_under_the_name_they_are_made_with() -> None:
    assert series(pods, "kube_pod_spec_volumes_persistentvolumeclaims_info", POD) == [
        '{volume="data",persistentvolumeclaim="db",ephemeral="false"} 1',
        '{volume="ro",persistentvolumeclaim="shared",ephemeral="false"} 1',
        '{volume="scratch",persistentvolumeclaim="web-0-scratch",ephemeral="true"} 1',
    ]


def test_only_claims_mounted_for_reading_are_read_only() -> None:
    assert series(pods, "kube_pod_spec_volumes_persistentvolumeclaims_readonly", POD) == [
        '{volume="data",persistentvolumeclaim="db",ephemeral="false"} 0',
        '{volume="ro",persistentvolumeclaim="shared",ephemeral="false"} 1',
        '{volume="scratch",persistentvolumeclaim="web-0-scratch",ephemeral="true"} 0',
    ]
