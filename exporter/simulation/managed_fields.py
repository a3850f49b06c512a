"""Who owns which fields of a pod: a large part of real pods that exporters have no use for."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from exporter.simulation.moments import moment


def managed_fields(at: datetime) -> list[dict[str, Any]]:
    """The `metadata.managedFields` of a pod that its controller made and a kubelet runs."""
    return [
        {
            "manager": "kube-controller-manager",
            "operation": "Update",
            "apiVersion": "v1",
            "time": moment(at),
            "fieldsType": "FieldsV1",
            "fieldsV1": _CONTROLLER_FIELDS,
        },
        {
            "manager": "kubelet",
            "operation": "Update",
            "apiVersion": "v1",
            "time": moment(at),
            "fieldsType": "FieldsV1",
            "fieldsV1": _KUBELET_FIELDS,
            "subresource": "status",
        },
    ]


_CONTROLLER_FIELDS: dict[str, Any] = {
    "f:metadata": {
        "f:generateName": {},
        "f:labels": {".": {}, "f:app.kubernetes.io/name": {}, "f:pod-template-hash": {}},
        "f:ownerReferences": {".": {}},
    },
    "f:spec": {
        "f:containers": {
            'k:{"name":"app"}': {
                ".": {},
                **{
                    f"f:{field}": {}
                    for field in ("env", "image", "imagePullPolicy", "livenessProbe", "name")
                },
                **{
                    f"f:{field}": {}
                    for field in ("ports", "readinessProbe", "resources", "volumeMounts")
                },
            }
        },
        "f:dnsPolicy": {},
        "f:restartPolicy": {},
        "f:schedulerName": {},
        "f:securityContext": {},
        "f:terminationGracePeriodSeconds": {},
        "f:volumes": {".": {}},
    },
}
_KUBELET_FIELDS: dict[str, Any] = {
    "f:status": {
        "f:conditions": {
            f'k:{{"type":"{kind}"}}': {
                ".": {},
                "f:lastProbeTime": {},
                "f:lastTransitionTime": {},
                "f:status": {},
                "f:type": {},
            }
            for kind in ("ContainersReady", "Initialized", "Ready")
        },
        "f:containerStatuses": {},
        "f:hostIP": {},
        "f:phase": {},
        "f:podIP": {},
        "f:startTime": {},
    }
}
