"""One pod: how it comes from its owner's template, and the states it goes through."""

from __future__ import annotations

import hashlib
import random
from datetime import datetime, timedelta
from typing import Any

from exporter.simulation.managed_fields import managed_fields
from exporter.simulation.moments import moment

NAME_LETTERS = "bcdfghjklmnpqrstvwxz2456789"
"""What the API server makes names of (apimachinery's SafeEncodeString)."""

LOW_ON_MEMORY = "The node was low on resource: memory. Threshold quantity: 100Mi."
"""Why pods are evicted here."""


def suffix(chance: random.Random, length: int = 5) -> str:
    """The random end of a generated name."""
    return "".join(chance.choices(NAME_LETTERS, k=length))


def pod(
    name: str, namespace: str, template: dict[str, Any], owner: dict[str, Any], created: datetime
) -> dict[str, Any]:
    """
    A pod that its controller has just created: Pending, on no node.

    `template` is the `spec.template` of a workload, `owner` an ownerReference. Parts of the
    template are shared, not copied: change a pod only through the functions of this module.
    """
    return {
        "metadata": {
            "name": name,
            "generateName": name[:-5],
            "namespace": namespace,
            "creationTimestamp": moment(created),
            "labels": template["metadata"]["labels"],
            "annotations": template["metadata"].get("annotations", {}),
            "ownerReferences": [owner],
            "managedFields": managed_fields(created),
        },
        "spec": template["spec"],
        "status": {"phase": "Pending", "qosClass": "Burstable"},
    }


def unschedulable(given: dict[str, Any], message: str, at: datetime) -> dict[str, Any]:
    """Still Pending: the scheduler has found no node."""
    condition = {
        **_condition("PodScheduled", False, at),
        "reason": "Unschedulable",
        "message": message,
    }
    return _with_status(given, conditions=[condition])


def bound(given: dict[str, Any], node: str, node_address: str, at: datetime) -> dict[str, Any]:
    """On a node, its containers being created."""
    waiting = {"waiting": {"reason": "ContainerCreating"}}
    conditions = [
        _condition("PodReadyToStartContainers", False, at),
        _condition("Initialized", True, at),
        _not_ready("Ready", given, at),
        _not_ready("ContainersReady", given, at),
        _condition("PodScheduled", True, at),
    ]
    scheduled = {**given, "spec": {**given["spec"], "nodeName": node}}
    return _with_status(
        scheduled,
        conditions=conditions,
        hostIP=node_address,
        hostIPs=[{"ip": node_address}],
        startTime=moment(at),
        containerStatuses=[
            _container_status(given, container, waiting)
            for container in given["spec"]["containers"]
        ],
    )


def running(given: dict[str, Any], address: str, at: datetime) -> dict[str, Any]:
    """Running and Ready: every container has started, and init containers are done."""
    started = moment(at)
    spec = given["spec"]
    init = [
        {
            **_container_status(given, container, _terminated("Completed", 0, at, at), ready=True),
            "started": False,
        }
        for container in spec.get("initContainers", ())
    ]
    containers = [
        _container_status(given, container, {"running": {"startedAt": started}}, ready=True)
        for container in spec["containers"]
    ]
    return _with_status(
        given,
        phase="Running",
        conditions=_all_true(at),
        podIP=address,
        podIPs=[{"ip": address}],
        **({"initContainerStatuses": init} if init else {}),
        containerStatuses=containers,
    )


def restarted(
    given: dict[str, Any], reason: str, exit_code: int, at: datetime, restarts: int = 1
) -> dict[str, Any]:
    """Running again after the first container terminated `restarts` times more."""
    lived = at - timedelta(seconds=17)
    first, *others = given["status"]["containerStatuses"]
    count = first["restartCount"] + restarts
    again = {
        **first,
        "state": {"running": {"startedAt": moment(at)}},
        "lastState": _terminated(reason, exit_code, lived, at),
        "ready": True,
        "started": True,
        "restartCount": count,
        "containerID": _container_id(given, first["name"], count),
    }
    return _with_status(given, conditions=_all_true(at), containerStatuses=[again, *others])


def crash_looping(
    given: dict[str, Any], reason: str, exit_code: int, at: datetime
) -> dict[str, Any]:
    """The first container has terminated, and the kubelet waits before it starts it again."""
    first, *others = given["status"]["containerStatuses"]
    name = given["metadata"]["name"]
    message = f"back-off 5m0s restarting failed container={first['name']} pod={name}"
    crashed = {
        **first,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": message}},
        "lastState": _terminated(reason, exit_code, at - timedelta(seconds=17), at),
        "ready": False,
        "started": False,
    }
    return unready(_with_status(given, containerStatuses=[crashed, *others]), at)


def image_missing(given: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Bound, but the image of its first container cannot be pulled."""
    first, *others = given["status"]["containerStatuses"]
    message = f'Back-off pulling image "{first["image"]}"'
    waiting = {**first, "state": {"waiting": {"reason": "ImagePullBackOff", "message": message}}}
    return unready(_with_status(given, containerStatuses=[waiting, *others]), at)


def finished(
    given: dict[str, Any], started: datetime, at: datetime, *, well: bool
) -> dict[str, Any]:
    """A pod of a job whose containers have terminated."""
    state = _terminated("Completed" if well else "Error", 0 if well else 1, started, at)
    containers = [
        _container_status(given, container, state) for container in given["spec"]["containers"]
    ]
    for status in containers:
        status["started"] = False
    done = {"reason": "PodCompleted" if well else "PodFailed"}
    conditions = [
        _condition("PodReadyToStartContainers", False, at),
        {**_condition("Initialized", True, started), **done},
        {**_condition("Ready", False, at), **done},
        {**_condition("ContainersReady", False, at), **done},
        _condition("PodScheduled", True, started),
    ]
    return _with_status(
        given,
        phase="Succeeded" if well else "Failed",
        conditions=conditions,
        containerStatuses=containers,
    )


def evicted(given: dict[str, Any], message: str, at: datetime) -> dict[str, Any]:
    """Failed, because its node needed what it used."""
    disruption = {
        **_condition("DisruptionTarget", True, at),
        "reason": "TerminationByKubelet",
        "message": message,
    }
    status = {
        "phase": "Failed",
        "reason": "Evicted",
        "message": message,
        "startTime": given["status"].get("startTime", moment(at)),
        "conditions": [
            disruption,
            _condition("PodReadyToStartContainers", False, at),
            _condition("Initialized", True, at),
            {**_condition("Ready", False, at), "reason": "PodFailed"},
            {**_condition("ContainersReady", False, at), "reason": "PodFailed"},
            _condition("PodScheduled", True, at),
        ],
        "qosClass": given["status"]["qosClass"],
    }
    return {**given, "status": status}


def unready(given: dict[str, Any], at: datetime) -> dict[str, Any]:
    """No longer Ready: its containers are not, or its node is out of touch."""
    conditions = [
        _not_ready(condition["type"], given, at)
        if condition["type"] in ("Ready", "ContainersReady")
        else condition
        for condition in given["status"]["conditions"]
    ]
    return _with_status(given, conditions=conditions)


def ready_again(given: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Ready, if its containers are: its node is back in touch."""
    if not all(status["ready"] for status in given["status"]["containerStatuses"]):
        return given
    return _with_status(given, conditions=_all_true(at))


def terminating(given: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Deleted, with its grace period running."""
    grace = given["spec"].get("terminationGracePeriodSeconds", 30)
    metadata = {
        **given["metadata"],
        "deletionTimestamp": moment(at + timedelta(seconds=grace)),
        "deletionGracePeriodSeconds": grace,
    }
    return {**given, "metadata": metadata}


def pod_address(chance: random.Random) -> str:
    """An address out of the pod network."""
    return f"100.{chance.randint(64, 127)}.{chance.randint(0, 255)}.{chance.randint(2, 254)}"


def _with_status(given: dict[str, Any], **changes: object) -> dict[str, Any]:
    return {**given, "status": {**given["status"], **changes}}


def _condition(kind: str, true: bool, at: datetime) -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True" if true else "False",
        "lastProbeTime": None,
        "lastTransitionTime": moment(at),
    }


def _not_ready(kind: str, given: dict[str, Any], at: datetime) -> dict[str, Any]:
    names = " ".join(container["name"] for container in given["spec"]["containers"])
    message = f"containers with unready status: [{names}]"
    return {
        **_condition(kind, False, at),
        "reason": "ContainersNotReady",
        "message": message,
    }


def _all_true(at: datetime) -> list[dict[str, Any]]:
    kinds = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    return [_condition(kind, True, at) for kind in kinds]


def _container_status(
    given: dict[str, Any], container: dict[str, Any], state: dict[str, Any], *, ready: bool = False
) -> dict[str, Any]:
    image = container["image"]
    created = "waiting" not in state
    status = {
        "name": container["name"],
        "state": state,
        "lastState": {},
        "ready": ready,
        "restartCount": 0,
        "image": image,
        "imageID": f"{image.rpartition(':')[0]}@sha256:{_digest(image)}" if created else "",
        "started": ready,
        "allocatedResources": container["resources"].get("requests", {}),
        "resources": container["resources"],
    }
    if created:
        status["containerID"] = _container_id(given, container["name"], 0)
    return status


def _container_id(given: dict[str, Any], container: str, restarts: int) -> str:
    return f"containerd://{_digest(given['metadata']['name'], container, str(restarts))}"


def _digest(*of: str) -> str:
    return hashlib.sha256("/".join(of).encode()).hexdigest()


def _terminated(reason: str, exit_code: int, started: datetime, at: datetime) -> dict[str, Any]:
    return {
        "terminated": {
            "exitCode": exit_code,
            "reason": reason,
            "startedAt": moment(started),
            "finishedAt": moment(at),
        }
    }
